"""`byline add`: articles from files, folders or standard input into the library."""

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from corpus.article import Article
from corpus.articles import shipped_articles
from corpus.errors import UnreadableArticle
from corpus.gather import Found, list_files, read_files, read_stream
from corpus.library.records import PutResult
from corpus.readers.choose import READERS
from indexing.ingest import Draft, Stored
from service.cli.context import ERR, OUT, Json, one_line, parts_of, print_json
from service.compose import Parts

_STDIN = "-"


def add(
    context: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(help="Files, folders, or - for standard input.")] = None,
    *,
    shipped: Annotated[bool, typer.Option("--shipped", help="Add the five articles that come with Byline.")] = False,
    format_name: Annotated[
        str, typer.Option("--format", help=f"Format of standard input: {', '.join(READERS)}.")
    ] = "text",
    article_id: Annotated[
        str, typer.Option("--id", help="Id of an article on standard input that does not name one.")
    ] = "stdin",
    replace: Annotated[
        bool, typer.Option("--replace", help="Let a file replace an article that came from another file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Add articles. What cannot be read is reported and the rest goes in; then the exit status is 1."""
    named = [*(paths or []), *([str(shipped_articles())] if shipped else [])]
    if not named:
        raise typer.BadParameter("name a file, a folder or -, or give --shipped")
    if "" in named:
        raise typer.BadParameter("a path is empty")
    if format_name not in READERS:
        raise typer.BadParameter(f"{format_name!r} is none of {', '.join(READERS)}", param_hint="--format")
    files = list_files([Path(name) for name in named if name != _STDIN])
    with parts_of(context) as parts:
        ingester = parts.ingester
        outcome = _Outcome()
        with _progress(quiet=as_json) as progress:
            task = progress.add_task("Adding", total=None if _STDIN in named else len(files))
            taken: dict[str, str] = {}
            found = _found(parts, files, replace=replace, taken=taken)
            if _STDIN in named:
                piped = read_stream(sys.stdin.buffer, format_name=format_name, default_id=article_id, taken=taken)
                found = chain(found, piped)
            try:
                for stored in ingester.put_all(outcome.drafts(found)):
                    outcome.stored.append(stored)
                    progress.update(task, completed=len(outcome.stored) + len(outcome.failed))
                progress.update(task, total=len(outcome.stored) + len(outcome.failed))
                parts.compact_if_due()
            finally:
                progress.stop()
                # what went in before an error stays in, so it is told of whatever comes
                outcome.report(as_json=as_json)
    if outcome.failed:
        raise typer.Exit(1)


class _Outcome:
    """What went in and what did not."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self.failed: list[UnreadableArticle] = []

    def drafts(self, found: Iterable[Found | UnreadableArticle]) -> Iterator[Draft]:
        """The readable articles; the others are told of at once and kept for the report."""
        for item in found:
            if isinstance(item, UnreadableArticle):
                self.failed.append(item)
                ERR.print(f"not added: {one_line(str(item))}", style="red", markup=False)
            else:
                yield Draft(item.article, item.origin)

    def report(self, *, as_json: bool) -> None:
        """A summary, or every outcome as JSON."""
        if as_json:
            added: list[dict[str, object]] = [
                {
                    "id": stored.draft.article.id,
                    "revision": stored.draft.article.revision,
                    "result": stored.result,
                    "passages": stored.passages,
                }
                for stored in self.stored
            ]
            failed: list[dict[str, object]] = [
                {"source": error.source, "line": error.line, "field": error.field, "reason": error.reason}
                for error in self.failed
            ]
            print_json({"added": added, "failed": failed})
            return
        counts = {result: sum(stored.result is result for stored in self.stored) for result in PutResult}
        OUT.print(
            f"{counts[PutResult.CREATED]} added, {counts[PutResult.UPDATED]} updated, "
            f"{counts[PutResult.UNCHANGED]} unchanged, {len(self.failed)} not readable; "
            f"{sum(stored.passages for stored in self.stored)} passages"
        )


def _found(
    parts: Parts, files: list[Path], *, replace: bool, taken: dict[str, str]
) -> Iterator[Found | UnreadableArticle]:
    def differing_origin(article: Article) -> str | None:
        with parts.library.snapshot() as snapshot:
            if snapshot.holds(article) or not snapshot.has(article.id):
                return None
            return snapshot.origin(article.id) or "an article that was not added from a file"

    return read_files(files, differing_origin=differing_origin, replace=replace, taken=taken)


def _progress(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=ERR, disable=quiet or not ERR.is_terminal)
