"""`byline add`: articles from files, folders or standard input into the library."""

import os
import stat
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from corpus.article import Article
from corpus.articles import shipped_articles
from corpus.errors import UnreadableArticle
from corpus.gather import Found, read_files, read_stream
from corpus.library.records import PutResult
from corpus.listing import Listing
from corpus.readers.choose import READERS
from corpus.readers.reading import Reading
from corpus.seen import Seen
from indexing.ingest import Draft, Ingester, Stored
from service.cli.added import JsonReport, Tally
from service.cli.context import ERR, OUT, Json, parts_of
from service.cli.interrupts import INTERRUPTED, interrupt_postponed
from service.cli.progress import AddProgress
from service.cli.shown import one_line
from service.cli.streams import standard_input
from service.compose import Parts

_STDIN = "-"
_INDEXED_TOGETHER = 2048
"""New passages after which indexes are brought up to date while adding goes on: a service that runs meanwhile holds in
memory what no index has."""


class AddEngine(StrEnum):
    """What reads, splits and encodes."""

    LOCAL = "local"
    """This process, and a process that reads."""
    RAY = "ray"


def add(
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Files, folders, or - for standard input.")
    ] = None,
    *,
    shipped: Annotated[bool, typer.Option("--shipped", help="Add the five articles that come with Byline.")] = False,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"Format of standard input: {', '.join(READERS)}.",
            autocompletion=lambda: list(READERS),
        ),
    ] = "text",
    article_id: Annotated[
        str, typer.Option("--id", metavar="ID", help="Id of an article on standard input that does not name one.")
    ] = "stdin",
    replace: Annotated[
        bool, typer.Option("--replace", help="Let a file replace an article that came from another file.")
    ] = False,
    engine: Annotated[
        AddEngine, typer.Option("--engine", help="Where articles are read and encoded: here, or on a Ray cluster.")
    ] = AddEngine.LOCAL,
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The Ray cluster, such as 10.0.0.1:6379.",
            show_default="one started on this machine",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add articles from files, folders or standard input.

    What cannot be read is reported and the rest goes in; then the exit status is 1.
    """
    # not the folder, of which what is no article would be told of
    named = [*(paths or []), *(map(str, sorted(shipped_articles().glob("*.md"))) if shipped else ())]
    if not named:
        raise typer.BadParameter("name a file, a folder or -, or give --shipped")
    if "" in named:
        raise typer.BadParameter("a path is empty")
    if format_name not in READERS:
        raise typer.BadParameter(f"{format_name!r} is none of {', '.join(READERS)}", param_hint="--format")
    if ray_address is not None and engine is not AddEngine.RAY:
        raise typer.BadParameter("it is for --engine ray", param_hint="--ray-address")
    with (
        parts_of(context) as parts,
        Listing(Path(name) for name in named if name != _STDIN) as listing,
        Seen() as taken,
        _engine(parts, listing, engine, ray_address=ray_address) as (ingester, files, reading),
    ):
        if listing.passed_over:
            ERR.print(f"passed over: {_told(listing.passed_over)}", markup=False)
        piped = _STDIN in named
        found = read_files(
            files,
            differing_origin=_differing_origin(parts),
            replace=replace,
            taken=taken,
            reading=reading,
        )
        if piped:
            stream = standard_input()
            read = read_stream(
                stream,
                format_name=format_name,
                default_id=article_id,
                taken=taken,
                before=listing.bytes,
                reading=parts.reading,
            )
            found = chain(found, read)
        outcome = _Outcome(as_json=as_json)
        with AddProgress(total=_total(listing, piped=piped), console=ERR, quiet=as_json) as progress:
            try:
                indexed = 0
                for store in ingester.commits(outcome.drafts(found)):
                    # what is stored is told of as well, also in JSON
                    with interrupt_postponed():
                        for stored in store():
                            progress.advance(read=outcome.stored(stored), passages=stored.passages)
                    if outcome.new_passages - indexed >= _INDEXED_TOGETHER:
                        indexed = outcome.new_passages
                        parts.keep_up(in_other_process=True)
                # another process has to start first, which little is not worth
                parts.keep_up(in_other_process=indexed > 0)
            except KeyboardInterrupt:
                ERR.print("interrupted: what went in stays in, and the same command goes on from there")
                raise typer.Exit(INTERRUPTED) from None
            finally:
                # what went in before an error stays in, so it is told of whatever comes
                progress.stop()
                outcome.report()
    if outcome.failed:
        raise typer.Exit(1)


@contextmanager
def _engine(
    parts: Parts, listing: Listing, engine: AddEngine, *, ray_address: str | None
) -> Iterator[tuple[Ingester, Iterable[Path], Reading]]:
    """What takes articles in, the files as it is to be given them, and what reads these."""
    if engine is AddEngine.LOCAL:
        yield parts.ingester, listing, parts.reading
        return
    # most commands do without
    from service.spreading import spread  # noqa: PLC0415

    with spread(parts, ray_address) as (ingester, reading):
        yield ingester, reading.ahead(listing), reading


class _Outcome:
    """What went in and what did not, told of as it happens."""

    def __init__(self, *, as_json: bool) -> None:
        self._tally = Tally()
        self._json = JsonReport(sys.stdout.buffer) if as_json else None
        self._read = deque[int]()
        self.new_passages = 0

    @property
    def failed(self) -> int:
        """How many could not be read."""
        return self._tally.failed

    def drafts(self, found: Iterable[Found | UnreadableArticle]) -> Iterator[Draft]:
        """The readable articles; the others are told of at once."""
        for item in found:
            if isinstance(item, UnreadableArticle):
                self._tally.unreadable(item)
                if self._json is not None:
                    self._json.unreadable(item)
                ERR.print(f"not added: {one_line(str(item))}", style="red", markup=False)
            else:
                # reading is a few batches ahead of storing
                self._read.append(item.read)
                yield Draft(item.article, item.origin)

    def stored(self, stored: Stored) -> int:
        """Takes note of the next article in the order of reading, and gives the bytes read up to it."""
        self._tally.stored(stored)
        self.new_passages += 0 if stored.result is PutResult.UNCHANGED else stored.passages
        if self._json is not None:
            self._json.stored(stored)
        return self._read.popleft()

    def report(self) -> None:
        """A summary, or what completes the JSON."""
        if self._json is None:
            OUT.print(str(self._tally))
        else:
            self._json.finish()


def _told(passed_over: Counter[str]) -> str:
    count = passed_over.total()
    kinds = ", ".join(sorted(one_line(kind) or "without a suffix" for kind in passed_over))
    return f"{count:,} {'file' if count == 1 else 'files'} of no format that is read ({kinds})"


def _differing_origin(parts: Parts) -> Callable[[Article], str | None]:
    def differing_origin(article: Article) -> str | None:
        with parts.library.snapshot() as snapshot:
            if snapshot.holds(article) or not snapshot.has(article.id):
                return None
            return snapshot.origin(article.id) or "an article that was not added from a file"

    return differing_origin


def _total(listing: Listing, *, piped: bool) -> int | None:
    """Bytes to read; None for a pipe, which may have no end."""
    if not piped:
        return listing.bytes
    found = os.fstat(standard_input().fileno())
    return listing.bytes + found.st_size if stat.S_ISREG(found.st_mode) else None
