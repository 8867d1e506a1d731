"""Gathering articles from files and folders, with every problem reported in its place and no id taken twice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.choose import FORMAT_OF_SUFFIX, reader_for_file, reader_for_format
from corpus.readers.source import Source


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
        if path.is_dir():
            files += sorted(file for file in path.rglob("*") if _is_readable(file, below=path))
        else:
            files.append(path)
    return list({file.absolute(): file for file in files}.values())


def read_files(
    files: Sequence[Path], *, differing_origin: Callable[[Article], str | None], replace: bool
) -> Iterator[Found | UnreadableArticle]:
    """Every article of the files, in order; what cannot be read is yielded as an error in its place.

    An id that two files give is an error that names both: within one run always, and against the library unless
    `replace` is set. `differing_origin` says which file the library has another article of this id from.
    """
    taken: dict[str, str] = {}
    for file in files:
        origin = str(file.absolute())
        for item in _read_file(file):
            if isinstance(item, UnreadableArticle):
                yield item
                continue
            former = taken.get(item.id) or (None if replace else _other(differing_origin(item), file))
            if former is not None:
                yield _clash(item.id, file, former)
                continue
            taken[item.id] = f"{file}"
            yield Found(item, origin)


def read_stream(stream: BinaryIO, *, format_name: str, default_id: str) -> Iterator[Found | UnreadableArticle]:
    """Every article of standard input. Raises ValueError for an unknown format."""
    reader = reader_for_format(format_name)
    for item in reader(stream, source=Source(name="standard input", default_id=default_id)):
        yield item if isinstance(item, UnreadableArticle) else Found(item, None)


def _read_file(file: Path) -> Iterator[Article | UnreadableArticle]:
    try:
        reader = reader_for_file(str(file))
        with file.open("rb") as stream:
            yield from reader(stream, source=Source(name=str(file), default_id=file.stem))
    except UnreadableArticle as error:
        yield error
    except OSError as error:
        yield UnreadableArticle(error.strerror or str(error), source=str(file))


def _other(origin: str | None, file: Path) -> str | None:
    """The file an id was read from before, if that is another one that still exists."""
    if origin is None or origin == str(file.absolute()) or not Path(origin).exists():
        return None
    return None if Path(origin).samefile(file) else origin


def _clash(article_id: str, file: Path, former: str) -> UnreadableArticle:
    return UnreadableArticle(
        f"its id '{article_id}' is already that of {former}; name the id in the file or rename one of the two, "
        "or replace the other with --replace",
        source=str(file),
        field="id",
    )


def _is_readable(file: Path, *, below: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(below).parts)
    return not hidden and file.suffix.lower() in FORMAT_OF_SUFFIX and file.is_file()
