"""Gathering articles from files and folders, with every problem reported in its place and no id taken twice."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.listing import Listing, is_folder
from corpus.readers.choose import format_of_file, stem_of
from corpus.readers.reading import Item, Reading, read_here
from corpus.readers.source import Source
from corpus.seen import Seen

_MOST_ERRORS = 1000
_STDIN = "standard input"


@dataclass(frozen=True, slots=True)
class Found:
    """An article and the file it came from."""

    article: Article
    origin: str | None
    """Absolute path; None for standard input."""
    read: int
    """Bytes read up to here, of all files; 0 where the stream does not tell."""


def list_files(paths: Iterable[Path]) -> list[Path]:
    """The files of a Listing, for those who have few."""
    with Listing(paths) as listing:
        return list(listing)


def read_files(
    files: Iterable[Path],
    *,
    differing_origin: Callable[[Article], str | None],
    replace: bool,
    taken: Seen,
    reading: Reading = read_here,
) -> Iterator[Found | UnreadableArticle]:
    """Every article of the files, in order; what cannot be read is yielded as an error in its place.

    An id that two files give is an error that names both: within one run always, and against the library unless
    `replace` is set. `differing_origin` says where the library has another article of this id from. Ids are noted in
    `taken` with where they are from. `reading` reads them, by default in this process.
    """
    others = _nowhere if replace else differing_origin
    before = 0
    for file in files:
        # a path need not be UTF-8, what SQLite stores must be
        origin = str(file.absolute()).encode(errors="backslashreplace").decode()
        size = 0
        for item, size in _once(_read_file(file, reading), str(file), taken, differing_origin=others):
            yield item if isinstance(item, UnreadableArticle) else Found(item, origin, before + size)
        before += size


def read_stream(
    stream: BinaryIO,
    *,
    format_name: str,
    default_id: str,
    taken: Seen,
    before: int = 0,
    reading: Reading = read_here,
) -> Iterator[Found | UnreadableArticle]:
    """Every article of standard input; an id that is `taken` is an error in its place.

    `before` bytes were read of files. `reading` reads it, by default in this process.

    Raises ValueError for an unknown format.
    """
    source = Source(name=_STDIN, default_id=default_id)
    items = _while_readable(reading(stream, format_name=format_name, source=source), source)
    told = ((_with_remedy(item, "change the id that it states, or give one with --id"), read) for item, read in items)
    for item, read in _once(told, _STDIN, taken, differing_origin=_nowhere):
        yield item if isinstance(item, UnreadableArticle) else Found(item, None, before + read)


def _nowhere(_: Article) -> None:
    """No other article is minded."""


def _once(
    items: Iterator[tuple[Item, int]],
    source: str,
    taken: Seen,
    *,
    differing_origin: Callable[[Article], str | None],
) -> Iterator[tuple[Item, int]]:
    """The items of one source, with an error in the place of an article whose id is that of another."""
    for number, (item, read) in enumerate(items, start=1):
        if isinstance(item, UnreadableArticle):
            yield item, read
        elif (taken_by := taken.source_of(item.id)) == source and number > 1:
            yield _repeated(item.id, source, number), read
        elif taken_by is not None:
            yield _clash(item.id, source, taken_by), read
        elif (former := _other(differing_origin(item), Path(source))) is not None:
            yield _clash(item.id, source, former, replaceable=True), read
        else:
            taken.take(item.id, source)
            yield item, read


def _read_file(file: Path, reading: Reading) -> Iterator[tuple[Article | UnreadableArticle, int]]:
    try:
        if is_folder(file):
            raise UnreadableArticle("the files in this folder cannot be listed", source=str(file))
        if not file.exists() and not file.is_symlink():
            raise UnreadableArticle("No such file or directory", source=str(file))
        if file.exists() and not file.is_file():
            # a pipe or a device may have no end
            raise UnreadableArticle("it is not a regular file", source=str(file))
        format_name = format_of_file(str(file))
        with file.open("rb") as stream:
            source = Source(name=str(file), default_id=stem_of(str(file)))
            for item, read in _while_readable(reading(stream, format_name=format_name, source=source), source):
                yield _with_remedy(item, "rename the file, or change the id that it states"), read
    except UnreadableArticle as error:
        yield error, 0
    except OSError as error:
        yield UnreadableArticle(error.strerror or str(error), source=str(file)), 0


def _while_readable(items: Iterator[tuple[Item, int]], source: Source) -> Iterator[tuple[Item, int]]:
    """The items of one file, up to as many errors in a row as a file has that holds no articles."""
    errors = 0
    for item, read in items:
        yield item, read
        errors = errors + 1 if isinstance(item, UnreadableArticle) else 0
        if errors == _MOST_ERRORS:
            reason = f"the rest of it is not read, as {errors:,} articles of it in a row could not be"
            yield UnreadableArticle(reason, source=source.name), read
            return


def _other(origin: str | None, file: Path) -> str | None:
    """Where the other article of this id is from: what is no path is said as it is, a file counts while it exists."""
    if origin is None or origin == str(file.absolute()):
        return None
    if not Path(origin).is_absolute():
        return origin
    return origin if Path(origin).exists() and not Path(origin).samefile(file) else None


def _repeated(article_id: str, source: str, number: int) -> UnreadableArticle:
    reason = f"article {number:,} in it has the id '{article_id}' of an earlier one; give each an id of its own"
    return UnreadableArticle(reason, source=source, field="id")


def _with_remedy(item: Item, remedy: str) -> Item:
    """What is wrong with an id that a whole file has, with what to do about it."""
    if not isinstance(item, UnreadableArticle) or item.field != "id" or item.line is not None:
        return item
    return UnreadableArticle(f"{item.reason}; {remedy}", source=item.source, field="id")


def _clash(article_id: str, source: str, former: str, *, replaceable: bool = False) -> UnreadableArticle:
    way_out = "name the id in the file or rename one of the two" + ", or replace the other with --replace" * replaceable
    return UnreadableArticle(f"its id '{article_id}' is already that of {former}; {way_out}", source=source, field="id")
