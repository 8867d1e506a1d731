"""Files read by a cluster before they are asked for."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corpus.errors import UnreadableArticle
from corpus.readers.choose import HOLDING_MANY, format_of_file, stem_of
from corpus.readers.reading import Item, Reading
from corpus.readers.source import MAX_DOCUMENT_BYTES, Source
from corpus.readers.wire import Order
from indexing.ahead import Pending, in_order
from indexing.spread.cluster import Cluster
from indexing.spread.preparing import nothing
from indexing.spread.wire import FileOrder, FileRead, reading_order, to_files

_FILES, _BYTES = 32, 4 * 1024 * 1024
"""Of one order: a worker takes about a second for pages of these."""
_AHEAD = 2
"""Orders for each worker."""


@dataclass(frozen=True, slots=True)
class _Listed:
    file: Path
    order: FileOrder | None
    """None for what is read here."""


class SpreadReading:
    """A Reading that has the files of `ahead` read by a cluster, and the rest by `here`.

    Files of many articles are streams without end for all that is known, and are read here; so is a file that a worker
    does not see, or sees in another size, as where there is no shared file system.
    """

    def __init__(self, cluster: Cluster, *, here: Reading) -> None:
        self._cluster = cluster
        self._here = here
        self._read: tuple[str, FileRead] | None = None

    def ahead(self, files: Iterable[Path]) -> Iterator[Path]:
        """The files, each to be read before the next one is taken. Raises ClusterFailed."""
        most = _AHEAD * self._cluster.workers
        for group, answer in in_order(_groups(files), self._begun, most=most):
            found = iter(to_files(answer) if answer else ())
            for listed in group:
                self._read = None if listed.order is None else (listed.order.order.source.name, next(found))
                yield listed.file

    def __call__(self, stream: BinaryIO, *, format_name: str, source: Source) -> Iterator[tuple[Item, int]]:
        """What a worker has found in the file, or what is found in it now."""
        name, read = self._read or (None, None)
        if read is None or name != source.name or read.size != os.fstat(stream.fileno()).st_size:
            yield from self._here(stream, format_name=format_name, source=source)
            return
        for progress in read.items:
            if progress.item is not None:
                yield progress.item, progress.read

    def _begun(self, group: list[_Listed]) -> Pending[bytes]:
        orders = [listed.order for listed in group if listed.order is not None]
        return self._cluster.begin(reading_order(orders)) if orders else nothing()


def _groups(files: Iterable[Path]) -> Iterator[list[_Listed]]:
    """Some files at a time, in order."""
    waiting, size = list[_Listed](), 0
    for file in files:
        bytes_of = _size(file)
        if waiting and size + bytes_of > _BYTES:
            yield waiting
            waiting, size = [], 0
        waiting.append(_Listed(file, _order(file) if 0 < bytes_of <= MAX_DOCUMENT_BYTES else None))
        size += bytes_of
        if len(waiting) >= _FILES:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _order(file: Path) -> FileOrder | None:
    try:
        format_name = format_of_file(str(file))
    except UnreadableArticle:
        return None
    if format_name in HOLDING_MANY:
        return None
    return FileOrder(str(file.absolute()), Order(format_name, Source(name=str(file), default_id=stem_of(str(file)))))


def _size(file: Path) -> int:
    """Bytes of a regular file; 0 for what is none, which is told of when it is read."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        return 0
