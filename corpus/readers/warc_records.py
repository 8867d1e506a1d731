"""Finds the records of a web archive, also behind broken ones, in one pass over a stream.

Lengths that an archive states are believed only where the next record begins: the archive library's own iterator
ends at the first lie.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO

from corpus.readers.gz import TooExpansive, check_expansion
from corpus.readers.rewinding import Rewinding
from corpus.readers.source import MAX_DOCUMENT_BYTES

_START, _NEXT = b"WARC/", b"\nWARC/"
_LINE_END, _HEAD_END = b"\r\n", b"\r\n\r\n"
_MOST_HEAD = 64 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]{0,8}([0-9]{1,15})[ \t]{0,8}\r\n", re.IGNORECASE)
_GZIP = b"\x1f\x8b\x08"
_NO_RECORD = "it does not begin as a record does"
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record, with the number and the byte of the file where it begins."""

    number: int
    offset: int
    content: bytes
    """Its headers and its block."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read, and why."""

    number: int
    offset: int
    reason: str


def records_of(stream: BinaryIO) -> Iterator[Record | Broken]:
    """Every record, in order. The offset of one that is compressed with others is theirs."""
    file = Rewinding(stream.read)
    numbers = count(1)
    if file.peek(len(_GZIP)) != _GZIP:
        yield from _records(file, numbers, None)
        return
    sound, end = True, 0
    while file.find(_GZIP):
        offset = file.offset
        # three bytes in the midst of what is damaged can look like the beginning of a member, and expand to nothing
        expected = sound and offset == end
        member = _Member(file)
        plain = Rewinding(member.read)
        try:
            if plain.peek(len(_START)) == _START:
                yield from _records(plain, numbers, offset)
            else:
                yield Broken(next(numbers), offset, _NO_RECORD)
                while member.read(_CHUNK_BYTES):
                    pass
        except (zlib.error, EOFError, TooExpansive) as error:
            if expected or member.begun:
                yield Broken(next(numbers), offset, f"its gzip is damaged: {error}")
        sound, end = member.ended, file.offset


def _records(plain: Rewinding, numbers: Iterator[int], member: int | None) -> Iterator[Record | Broken]:
    while plain.skip_blank():
        offset = plain.offset if member is None else member
        head = plain.peek(_MOST_HEAD)
        end = head.find(_HEAD_END)
        stated = _LENGTH.search(head, 0, end + len(_HEAD_END)) if end >= 0 else None
        if not head.startswith(_START) or stated is None:
            yield Broken(next(numbers), offset, _NO_RECORD)
            plain.take(1)
            if not _find_next(plain):
                return
            continue
        length = end + len(_HEAD_END) + int(stated[1])
        content = plain.take(min(length, MAX_DOCUMENT_BYTES))
        if length <= MAX_DOCUMENT_BYTES and len(content) == length and plain.peek(2) in {_LINE_END, b""}:
            yield Record(next(numbers), offset, content)
            continue
        if length > MAX_DOCUMENT_BYTES and len(content) == MAX_DOCUMENT_BYTES:
            reason = f"it is larger than {MAX_DOCUMENT_BYTES} bytes, the most one document may have"
        else:
            reason = "its Content-Length does not lead to the next record"
        yield Broken(next(numbers), offset, reason)
        plain.put_back(content[end:])
        if not _find_next(plain):
            return


def _find_next(plain: Rewinding) -> bool:
    found = plain.find(_NEXT)
    if found:
        plain.take(1)
    return found


class _Member:
    """What one member of a gzip file holds; what stands behind it stays in the file."""

    def __init__(self, file: Rewinding) -> None:
        self._file = file
        self._zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._begin, self._expanded = file.offset, 0
        self.begun = self.ended = False

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end. Raises zlib.error, EOFError or TooExpansive.

        After an error the file stands where another member may begin.
        """
        while not self.ended:
            compressed = self._zlib.unconsumed_tail or self._file.take(_CHUNK_BYTES)
            try:
                plain = self._zlib.decompress(compressed, size)
                self._expanded += len(plain)
                check_expansion(self._file.offset - self._begin, self._expanded)
            except (zlib.error, TooExpansive):
                self._file.put_back(compressed)
                self._file.take(1 if self._file.offset <= self._begin else 0)
                raise
            self.begun = self.begun or bool(plain)
            if self._zlib.eof:
                self.ended = True
                self._file.put_back(self._zlib.unused_data)
            elif not compressed:
                raise EOFError("it ends too early")
            if plain:
                return plain
        return b""
