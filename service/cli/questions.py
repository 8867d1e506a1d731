"""`byline ask` and `search`: questions on the command line."""

from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from corpus.article import why_unstorable
from corpus.library.records import Filters, PassageRow
from service.cli.context import OUT, Json, parts_of, print_json
from service.cli.shown import printable
from service.core.abstention import NO_ARTICLES, NO_MATCHES
from service.core.values import Abstention, Generation, Hit, Reply
from service.schemas.passages import SearchOut, passages_out
from service.schemas.replies import AskOut
from service.schemas.requests import PASSAGES

_Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Published from this day on.")
]
_LastDay = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Published up to this day.")
]
_Publishers = Annotated[
    list[str] | None, typer.Option("--publisher", metavar="NAME", help="Of this publisher; may be repeated.")
]
_Articles = Annotated[
    list[str] | None, typer.Option("--article", metavar="ID", help="In this article; may be repeated.")
]


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In words, in quotes.")],
    *,
    k: Annotated[int, typer.Option("-k", "--k", metavar="N", help="Passages returned, 1 to 100.")] = PASSAGES,
    published_from: _Day = None,
    published_to: _LastDay = None,
    publisher: _Publishers = None,
    article: _Articles = None,
    history: Annotated[
        list[str] | None,
        typer.Option(metavar="QUESTION", help="An earlier question that this one follows up; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer a question from the articles, with citations.

    Where they do not answer it, that is said, and the nearest passages are printed.
    """
    filters = _filters(published_from, published_to, publisher, article)
    with parts_of(context) as parts:
        reply = parts.engine.ask(question, k=k, filters=filters, history=history or ())
    if as_json:
        print_json(AskOut.of(reply))
    else:
        print_reply(reply)


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a question, in quotes.")],
    *,
    k: Annotated[int, typer.Option("-k", "--k", metavar="N", help="Passages returned, 1 to 100.")] = 10,
    published_from: _Day = None,
    published_to: _LastDay = None,
    publisher: _Publishers = None,
    article: _Articles = None,
    as_json: Json = False,
) -> None:
    """Print the passages that fit a query best."""
    filters = _filters(published_from, published_to, publisher, article)
    with parts_of(context) as parts:
        hits = parts.engine.search(query, k=k, filters=filters)
    if as_json:
        print_json(SearchOut(passages=passages_out(hits)))
        return
    for number, hit in enumerate(hits, start=1):
        _print_hit(number, hit)
    if not hits:
        OUT.print(f"nothing found: {NO_MATCHES if filters else NO_ARTICLES}")


def print_reply(reply: Reply) -> None:
    """An answer with its citations, or the abstention with the nearest passages."""
    if isinstance(reply.outcome, Abstention):
        OUT.print(Text(f"No answer: {reply.outcome.reason}.", style="yellow"))
        for number, hit in enumerate(reply.hits, start=1):
            _print_hit(number, hit)
        _print_generation(reply.generation)
        return
    if reply.outcome.differ:
        OUT.print(Text("The articles seem to contradict each other:", style="yellow"))
    if reply.generation is not None and reply.generation.used:
        OUT.print(Text(printable(reply.outcome.text), style="bold"))
    else:
        for citation in reply.outcome.citations:
            OUT.print(Text(f"{printable(citation.quote)} [{citation.marker}]", style="bold"))
    _print_generation(reply.generation)
    OUT.print()
    for citation in reply.outcome.citations:
        row = citation.passage
        OUT.print(Text(printable(f"[{citation.marker}] {_origin(row)}")))
        place = f"    {row.article_id} {citation.span.start}:{citation.span.end} in revision {row.revision}"
        OUT.print(Text(printable(place), style="dim"))
        if reply.generation is not None and reply.generation.used:
            OUT.print(Text(printable(f"    “{citation.quote}”")))


def _print_generation(generation: Generation | None) -> None:
    if generation is None:
        return
    said = f"by {generation.model}" if generation.used else f"not by {generation.model}: {generation.reason}"
    OUT.print(Text(printable(said), style="dim"))
    for dropped in generation.dropped:
        OUT.print(Text(printable(f"left out, as {dropped.reason}: {dropped.text}"), style="dim"))


def _print_hit(number: int, hit: Hit) -> None:
    row = hit.passage
    OUT.print(Text(printable(f"\n{number}. {_origin(row)}"), style="bold"))
    OUT.print(Text(printable(f"{row.article_id} {row.span.start}:{row.span.end}, score {hit.score:.3f}"), style="dim"))
    OUT.print(Text(printable(row.text)))
    if hit.also_in:
        copies = ", ".join(f"{copy.article_id} {copy.span.start}:{copy.span.end}" for copy in hit.also_in)
        OUT.print(Text(printable(f"also in {copies}"), style="dim"))


def _origin(row: PassageRow) -> str:
    facts = (row.title, row.publisher, str(row.published_at) if row.published_at else None)
    return ", ".join(fact for fact in facts if fact)


def _filters(
    first: datetime | None, last: datetime | None, publishers: list[str] | None, articles: list[str] | None
) -> Filters:
    if first is not None and last is not None and first > last:
        said = f"{first.date()} is after {last.date()} of --published-to"
        raise typer.BadParameter(said, param_hint="--published-from")
    for option, names in (("--publisher", publishers), ("--article", articles)):
        for name in names or ():
            reason = why_unstorable(name)
            if reason is not None:
                raise typer.BadParameter(reason, param_hint=option)
    return Filters(
        published_from=None if first is None else first.date(),
        published_to=None if last is None else last.date(),
        publishers=tuple(publishers or ()),
        article_ids=tuple(articles or ()),
    )
