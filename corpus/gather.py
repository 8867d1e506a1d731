"""Gathering articles from files and folders, with every problem reported in its place and no id taken twice."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.choose import FORMAT_OF_SUFFIX, reader_for_file, reader_for_format
from corpus.readers.source import Source

_STDIN = "standard input"


@dataclass(frozen=True, slots=True)
class Found:
    """An article and the file it came from."""

    article: Article
    origin: str | None
    """Absolute path; None for standard input."""


def list_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and in each folder named all readable formats below it, hidden ones left out, in order.

    A file that is reached twice is returned once. A path that does not exist is returned too: reading it says so.
    """
    files: list[Path] = []
    for path in paths:
        if _is_folder(path):
            files += _below(path)
        else:
            files.append(path)
    return list({file.absolute(): file for file in files}.values())


def read_files(
    files: Sequence[Path],
    *,
    differing_origin: Callable[[Article], str | None],
    replace: bool,
    taken: dict[str, str] | None = None,
) -> Iterator[Found | UnreadableArticle]:
    """Every article of the files, in order; what cannot be read is yielded as an error in its place.

    An id that two files give is an error that names both: within one run always, and against the library unless
    `replace` is set. `differing_origin` says where the library has another article of this id from. Ids are noted in
    `taken` with where they are from.
    """
    taken = {} if taken is None else taken
    for file in files:
        # a path need not be UTF-8, what SQLite stores must be
        origin = str(file.absolute()).encode(errors="backslashreplace").decode()
        for item in _read_file(file):
            if isinstance(item, UnreadableArticle):
                yield item
                continue
            if item.id in taken:
                yield _clash(item.id, str(file), taken[item.id])
                continue
            former = None if replace else _other(differing_origin(item), file)
            if former is not None:
                yield _clash(item.id, str(file), former, replaceable=True)
                continue
            taken[item.id] = f"{file}"
            yield Found(item, origin)


def read_stream(
    stream: BinaryIO, *, format_name: str, default_id: str, taken: dict[str, str]
) -> Iterator[Found | UnreadableArticle]:
    """Every article of standard input; an id that is `taken` is an error in its place.

    Raises ValueError for an unknown format.
    """
    reader = reader_for_format(format_name)
    for item in reader(stream, source=Source(name=_STDIN, default_id=default_id)):
        if isinstance(item, UnreadableArticle):
            yield item
        elif item.id in taken:
            yield _clash(item.id, _STDIN, taken[item.id])
        else:
            taken[item.id] = _STDIN
            yield Found(item, None)


def _read_file(file: Path) -> Iterator[Article | UnreadableArticle]:
    try:
        if _is_folder(file):
            raise UnreadableArticle("the files in this folder cannot be listed", source=str(file))
        if file.exists() and not file.is_file():
            # a pipe or a device may have no end
            raise UnreadableArticle("it is not a regular file", source=str(file))
        reader = reader_for_file(str(file))
        with file.open("rb") as stream:
            yield from reader(stream, source=Source(name=str(file), default_id=file.stem))
    except UnreadableArticle as error:
        yield error
    except OSError as error:
        yield UnreadableArticle(error.strerror or str(error), source=str(file))


def _other(origin: str | None, file: Path) -> str | None:
    """Where the other article of this id is from: what is no path is said as it is, a file counts while it exists."""
    if origin is None or origin == str(file.absolute()):
        return None
    if not Path(origin).is_absolute():
        return origin
    return origin if Path(origin).exists() and not Path(origin).samefile(file) else None


def _clash(article_id: str, source: str, former: str, *, replaceable: bool = False) -> UnreadableArticle:
    way_out = "name the id in the file or rename one of the two" + ", or replace the other with --replace" * replaceable
    return UnreadableArticle(f"its id '{article_id}' is already that of {former}; {way_out}", source=source, field="id")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # opening it says why


def _below(folder: Path) -> list[Path]:
    """The readable files below a folder, in order, and then the folders below it that cannot be listed."""
    unlisted: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename)))
    files = [Path(place) / name for place, _, names in walk for name in names]
    return sorted(file for file in files if _is_readable(file, below=folder)) + unlisted


def _is_readable(file: Path, *, below: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(below).parts)
    return not hidden and file.suffix.lower() in FORMAT_OF_SUFFIX and file.is_file()
