"""The tools: search and fetch as connectors expect them, and ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, ValidationError

from service.core.cancellation import NEVER, Cancellation
from service.core.engine import Engine
from service.keys.key import masked
from service.mcp.documents import document, result_of
from service.mcp.errors import InvalidArguments
from service.replying import reply_to
from service.schemas.documents import DocumentOut, FetchIn, ResultsOut
from service.schemas.replies import AskOut
from service.schemas.requests import AskIn, SearchTerms

Arguments = TypeVar("Arguments", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Offered(Generic[Arguments]):
    """One tool: what it takes, what it gives, and how."""

    title: str
    description: str
    takes: type[Arguments]
    gives: type[BaseModel]
    answer: Callable[[Engine, Arguments, Cancellation], BaseModel]


def _search(core: Engine, asked: SearchTerms, _: Cancellation) -> ResultsOut:
    hits = core.search(asked.query, k=asked.k, filters=asked.filters.to_filters())
    return ResultsOut(results=[result_of(hit) for hit in hits])


def _fetch(core: Engine, wanted: FetchIn, _: Cancellation) -> DocumentOut:
    return document(core, wanted.id)


def _ask(core: Engine, asked: AskIn, cancellation: Cancellation) -> AskOut:
    return AskOut.of(reply_to(asked, core, cancellation=cancellation))


TOOLS: Mapping[str, Offered[Any]] = MappingProxyType(
    {
        "search": Offered(
            "Search the news articles",
            "Finds the passages of the stored news articles that fit a query best. Each result has the passage's words"
            " and an id for `fetch`. The filters are on the day of publication, the publisher and the article.",
            SearchTerms,
            ResultsOut,
            _search,
        ),
        "fetch": Offered(
            "Read an article",
            "The whole article in which a result of `search` stands, in the revision that was found; `metadata` says"
            " where the passage begins and ends in `text`.",
            FetchIn,
            DocumentOut,
            _fetch,
        ),
        "ask": Offered(
            "Answer from the news articles",
            "Answers a question from the stored news articles in exact sentences, each with a citation, or says that"
            " the articles do not answer it. Give the conversation before as `history` for a follow-up question.",
            AskIn,
            AskOut,
            _ask,
        ),
    }
)
"""By name."""


def listing() -> list[Tool]:
    """The tools as the protocol lists them."""
    return [
        Tool(
            name=name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.takes.model_json_schema(),
            output_schema=tool.gives.model_json_schema(mode="serialization"),
            annotations=ToolAnnotations(
                title=tool.title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )
        for name, tool in TOOLS.items()
    ]


def call(
    core: Engine, tool: Offered[Any], arguments: Mapping[str, Any], *, cancellation: Cancellation = NEVER
) -> CallToolResult:
    """The outcome, as one text item with the JSON and as the same structure.

    Raises InvalidArguments, Cancelled, and what the core raises.
    """
    try:
        asked = tool.takes.model_validate(arguments)
    except ValidationError as error:
        raise InvalidArguments(error) from error
    found = tool.answer(core, asked, cancellation)
    return CallToolResult(
        content=[TextContent(text=found.model_dump_json())], structured_content=found.model_dump(mode="json")
    )


def refused(message: str) -> CallToolResult:
    """An error, which the agent can read and act on; a key that was sent in a wrong place is not repeated."""
    return CallToolResult(content=[TextContent(text=masked(message))], is_error=True)
