"""The files that paths stand for, however many, in order and each once."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from corpus.readers.choose import is_read
from corpus.scratch import Scratch, as_bytes, as_text

_TABLES = """
CREATE TABLE files (
    absolute BLOB PRIMARY KEY,
    named    INTEGER NOT NULL,
    unlisted INTEGER NOT NULL,
    place    BLOB NOT NULL,
    file     BLOB NOT NULL,
    bytes    INTEGER NOT NULL
) WITHOUT ROWID;
"""


_KINDS = 20
"""Names of files are a stranger's: so many kinds are told apart."""
_OTHERS = "others"


class Listing:
    """The files named, and in each folder named all readable formats below it, hidden ones left out, in order.

    A file that is reached twice is listed once. A path that does not exist and a folder that cannot be listed are
    listed too: reading it says so. The list is on disk where it is long, and is to be closed.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._db = Scratch(_TABLES)
        self.passed_over = Counter[str]()
        """Files of other formats below the folders, by suffix; those of kinds that come late count as one kind."""
        for number, path in enumerate(paths):
            if is_folder(path):
                self._add_below(number, path)
            else:
                self._add(number, path, size=_size(path) or 0)

    def __iter__(self) -> Iterator[Path]:
        """The files named first come first; those of a folder in order of their paths, part by part."""
        for (file,) in self._db.rows("SELECT file FROM files ORDER BY named, unlisted, place"):
            yield Path(as_text(file))

    def __len__(self) -> int:
        """How many they are."""
        return sum(count for (count,) in self._db.rows("SELECT count(*) FROM files"))

    @property
    def bytes(self) -> int:
        """How much there is to read."""
        return sum(total for (total,) in self._db.rows("SELECT coalesce(sum(bytes), 0) FROM files"))

    def close(self) -> None:
        """Frees the disk."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _add_below(self, number: int, folder: Path) -> None:
        above = len(folder.parts)
        for file, size in self._below(folder):
            # no name holds NUL, and it comes before every other character: paths are in order as their parts are
            place = "\0".join(file.parts[above:])
            self._add(number, file, place=place, size=size or 0, unlisted=size is None)

    def _below(self, folder: Path) -> Iterator[tuple[Path, int | None]]:
        """The readable files below a folder with their sizes, and the folders that cannot be listed with None."""
        folders = [folder]
        while folders:
            place = folders.pop()
            try:
                with os.scandir(place) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(place / entry.name)
                        elif not is_read(entry.name):
                            self._pass_over(entry.name)
                        elif (size := _size(place / entry.name)) is not None:
                            yield place / entry.name, size
            except OSError:
                yield place, None

    def _pass_over(self, name: str) -> None:
        kind = Path(name).suffix.lower()
        known = kind in self.passed_over or len(self.passed_over) < _KINDS
        self.passed_over[kind if known else _OTHERS] += 1

    def _add(self, number: int, file: Path, *, place: str = "", size: int, unlisted: bool = False) -> None:
        absolute, shown = as_bytes(str(file.absolute())), as_bytes(str(file))
        self._db.change(
            "INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?, ?)",
            *(absolute, number, unlisted, as_bytes(place), shown, size),
        )


def is_folder(path: Path) -> bool:
    """Whether it is one, as far as it can be seen: opening any other path says what it is."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _size(file: Path) -> int | None:
    """Bytes of a regular file, also one that a link leads to; None for everything else."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None
