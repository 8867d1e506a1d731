"""The routes for articles, publishers and passages: read, store, remove, list."""

from functools import partial
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from corpus.library.records import PutResult
from indexing.ahead import Stop
from indexing.ingest import Draft, Stored
from service.compose import Parts
from service.core.cancellation import Cancellation
from service.http.heads import QUERY_BEGUN
from service.http.problems import WrongField, responses
from service.http.state import Core, Shared, Writes
from service.http.submitted import article_of
from service.schemas.articles import ArticleLine, ArticleOut, ArticlesOut, PublisherOut, PublishersOut, PutOut
from service.schemas.fields import ArticleId
from service.schemas.passages import PassageDetail
from service.schemas.requests import ArticleIn, ListQuery, PublishersQuery, RevisionQuery

router = APIRouter(
    prefix="/v1",
    tags=["articles"],
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
)
_NOT_FOUND = responses(HTTPStatus.NOT_FOUND)
_STORED = {201: {"model": PutOut}, **responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)}


async def _article_id(request: Request, article_id: Annotated[ArticleId, Path(description="The article's id.")]) -> str:
    """The id in the path, in which bytes that are no text are not taken for others."""
    try:
        unquote_to_bytes(request.scope["raw_path"]).decode()
    except UnicodeDecodeError as error:
        raise WrongField("article_id", "it is not UTF-8") from error
    return article_id


async def _without_query(request: Request) -> None:
    """Refuses an id with a question mark that was not encoded: another article would be replaced or removed."""
    if request.url.query or QUERY_BEGUN in request.scope.get("extensions", {}):
        raise WrongField("article_id", "nothing is taken here behind a '?'; one that belongs to the id is written %3F")


_Id = Annotated[str, Depends(_article_id)]
_ALONE = [Depends(_without_query)]


@router.get("/articles")
def articles(core: Core, page: Annotated[ListQuery, Query()]) -> ArticlesOut:
    """The stored articles in order of id, a page at a time."""
    found = core.articles(after=page.after, limit=page.limit + 1)
    lines = [ArticleLine.of(summary) for summary in found[: page.limit]]
    return ArticlesOut(articles=lines, next=lines[-1].id if len(found) > page.limit else None)


@router.get("/publishers")
def publishers(core: Core, page: Annotated[PublishersQuery, Query()]) -> PublishersOut:
    """The publishers that articles can be filtered by, in order of name, with how many articles each has."""
    found = core.publishers(after=page.after, limit=page.limit + 1)
    shown = [PublisherOut.of(count) for count in found[: page.limit]]
    return PublishersOut(publishers=shown, next=shown[-1].name if len(found) > page.limit else None)


@router.get("/articles/{article_id}", responses=_NOT_FOUND)
def article(article_id: _Id, core: Core, wanted: Annotated[RevisionQuery, Query()]) -> ArticleOut:
    """An article's text and description. A former revision stays readable after an update or removal."""
    return ArticleOut.of(core.article(article_id, revision=wanted.revision))


@router.put("/articles/{article_id}", responses=_STORED, dependencies=_ALONE)
async def put_article(
    article_id: _Id, body: ArticleIn, *, request: Request, answer: Response, shared: Shared, writes: Writes
) -> PutOut:
    """Stores an article, in the place of its former revision if there is one.

    When the response comes, the article is on disk and the next question finds it. Of a client that hangs up before,
    nothing is stored, or all of it.
    """
    cancellation = Cancellation()
    work = partial(_store, shared, article_id, body, cancellation)
    stored = await writes.run(work, receive=request.receive, cancellation=cancellation)
    if stored.result is PutResult.CREATED:
        answer.status_code = HTTPStatus.CREATED
    return PutOut(id=article_id, revision=stored.draft.article.revision, result=stored.result, passages=stored.passages)


@router.delete("/articles/{article_id}", status_code=HTTPStatus.NO_CONTENT, responses=_NOT_FOUND, dependencies=_ALONE)
async def delete_article(article_id: _Id, request: Request, shared: Shared, writes: Writes) -> None:
    """Takes an article out of search and listing at once; citations of it can still be checked."""
    await writes.run(partial(_remove, shared, article_id), receive=request.receive)


@router.get("/passages/{passage_id}", responses=_NOT_FOUND)
def passage(passage_id: Annotated[int, Path(ge=1, le=2**63 - 1)], core: Core) -> PassageDetail:
    """A passage by its id, also one that is no longer searchable."""
    return PassageDetail.of_row(core.passage(passage_id))


def _store(shared: Parts, article_id: str, body: ArticleIn, cancellation: Cancellation) -> Stored:
    draft, stop = Draft(article_of(article_id, body, reading=shared.reading)), Stop()
    with cancellation.waking(stop.ask):
        stored = shared.ingester.put(draft, stop=stop)
    shared.keep_up()
    return stored


def _remove(shared: Parts, article_id: str) -> None:
    shared.remove(article_id)
    shared.keep_up()
