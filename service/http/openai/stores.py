"""The library as a vector store: searched, described, and its articles read as files."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response

from service.core.engine import Engine
from service.core.errors import AskError
from service.http.openai.errors import responses
from service.http.state import Core, Queue
from service.schemas.openai.merging import merged
from service.schemas.openai.names import STORE, STORE_NAMES, article_id_of
from service.schemas.openai.search import StoreHit, StoreSearchIn, StoreSearchOut
from service.schemas.openai.stores import FileContentOut, FileOut, FilesOut, FilesQuery, StoreOut, StoresOut
from service.schemas.requests import RevisionQuery

router = APIRouter(
    prefix="/v1/vector_stores",
    tags=["openai"],
    responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
)


async def _known_store(
    vector_store_id: Annotated[str, Path(description=f"`{STORE}`: one library is one store.", examples=[STORE])],
) -> None:
    if vector_store_id not in STORE_NAMES:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no vector store '{vector_store_id[:80]}'; there is {STORE}")


async def _article_id(file_id: Annotated[str, Path(description="As search results have it.")]) -> str:
    article_id = article_id_of(file_id)
    if article_id is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no file '{file_id[:80]}'")
    return article_id


_IN_STORE = [Depends(_known_store)]
_ArticleOfFile = Annotated[str, Depends(_article_id)]


@router.get("")
def stores(
    core: Core, after: Annotated[str | None, Query(description="The last id of the page before.")] = None
) -> StoresOut:
    """The stores: the one library."""
    found = [] if after in STORE_NAMES else [_store(core)]
    end = STORE if found else None
    return StoresOut(data=found, first_id=end, last_id=end)


@router.get("/{vector_store_id}", dependencies=_IN_STORE)
def store(core: Core) -> StoreOut:
    """The library: how many articles it holds, and its size."""
    return _store(core)


@router.post(
    "/{vector_store_id}/search",
    dependencies=_IN_STORE,
    response_model=StoreSearchOut,
    responses=responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
async def search(body: StoreSearchIn, core: Core, queue: Queue, request: Request) -> Response:
    """The passages that fit a query best, or several queries."""
    reply = await queue.run(partial(_found, core, body), receive=request.receive)
    return Response(reply, media_type="application/json")


@router.get("/{vector_store_id}/files", dependencies=_IN_STORE)
def files(core: Core, page: Annotated[FilesQuery, Query()]) -> FilesOut:
    """The articles, a page at a time."""
    after = article_id_of(page.after) if page.after else ""
    if after is None:
        raise AskError("after", f"no file has the id '{page.after[:80]}'")
    lines = core.articles(after=after, limit=page.limit + 1) if page.filter == "completed" else []
    found = [FileOut.of(core.article(line.id, revision=line.revision)) for line in lines[: page.limit]]
    return FilesOut(
        data=found,
        first_id=found[0].id if found else None,
        last_id=found[-1].id if found else None,
        has_more=len(lines) > page.limit,
    )


@router.get("/{vector_store_id}/files/{file_id}", dependencies=_IN_STORE)
def file(article_id: _ArticleOfFile, core: Core, wanted: Annotated[RevisionQuery, Query()]) -> FileOut:
    """An article's description."""
    return FileOut.of(core.article(article_id, revision=wanted.revision))


@router.get("/{vector_store_id}/files/{file_id}/content", dependencies=_IN_STORE)
def content(article_id: _ArticleOfFile, core: Core, wanted: Annotated[RevisionQuery, Query()]) -> FileContentOut:
    """An article's text, in which `start` and `end` of search results count."""
    text = core.article(article_id, revision=wanted.revision).article.text
    return FileContentOut(data=[{"type": "text", "text": text}])


def _found(core: Engine, asked: StoreSearchIn) -> bytes:
    filters = asked.to_filters()
    found = [core.search(query, k=asked.max_num_results, filters=filters) for query in asked.query]
    best = merged(found, most=asked.max_num_results, threshold=asked.threshold)
    page = StoreSearchOut(search_query=asked.query, data=[StoreHit.of(hit) for hit in best])
    return page.model_dump_json().encode()


def _store(core: Engine) -> StoreOut:
    return StoreOut.of(articles=core.counts().articles, size=core.size())
