"""Reads what gzip has compressed, within bounds of what it may expand to."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.source import MAX_DOCUMENT_BYTES, Reader, Source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_EXPANSION = 100
"""Times its own size that a compressed file may expand to, beyond one document: text comes to 3 to 20 times, a bomb to
1,000."""


class TooExpansive(Exception):
    """What is compressed expands to more than text does."""

    def __init__(self) -> None:
        super().__init__(f"it expands to more than {MAX_EXPANSION} times its size")


def gunzipped(reader: Reader) -> Reader:
    """The same reader for files that are compressed; what stands before damage is read."""

    def read(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
        try:
            yield from reader(io.BufferedReader(_Expanded(stream)), source=source)
        except TooExpansive as error:
            yield UnreadableArticle(str(error), source=source.name)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            yield UnreadableArticle(f"it is not valid gzip: {error}", source=source.name)

    return read


def check_expansion(compressed: int, expanded: int) -> None:
    """TooExpansive if so many bytes may not become so many."""
    if expanded > MAX_DOCUMENT_BYTES + MAX_EXPANSION * compressed + 1:
        raise TooExpansive


class _Counted:
    """A stream that counts what is read of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.count += len(data)
        return data


class _Expanded(io.RawIOBase):
    """What is compressed, read once from its beginning."""

    def __init__(self, stream: BinaryIO) -> None:
        self._compressed = _Counted(stream)
        self._gzip = gzip.GzipFile(fileobj=self._compressed, mode="rb")  # type: ignore[call-overload]
        self._expanded = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        count: int = self._gzip.readinto(buffer)
        self._expanded += count
        check_expansion(self._compressed.count, self._expanded)
        return count
