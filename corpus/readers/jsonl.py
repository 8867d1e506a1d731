"""Reads JSONL line by line, so that a file of any length needs the memory of its longest line."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from corpus.article import Article
from corpus.errors import FieldError, UnreadableArticle
from corpus.readers.decode import decode_utf8
from corpus.readers.json_records import parse_record, to_article
from corpus.readers.source import MAX_DOCUMENT_BYTES, Source

_CHUNK_BYTES = 1024 * 1024


def read_jsonl(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """One article a line, ours `{"id", "text", ...}` or BEIR's `{"_id", "title", "text"}`; blank lines are ignored.

    A line that cannot be read yields an UnreadableArticle with its number; a file of blank lines yields one without.
    """
    found = 0
    for number, line in _lines(stream):
        if line is not None and not line.strip():
            continue
        found += 1
        if found <= source.after:
            continue
        if line is None:
            reason = f"it is longer than {MAX_DOCUMENT_BYTES} bytes, the most one line may have"
            yield UnreadableArticle(reason, source=source.name, line=number)
        elif number == 1 and b"\x00" in line:
            yield UnreadableArticle(f"it is a binary file (byte {line.index(0)} is NUL)", source=source.name)
            return
        else:
            yield _read(line, source, number)
    if not found:
        yield UnreadableArticle("it holds no article", source=source.name)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Every line with its number from 1; None for a line that is too long to be read."""
    number = 0
    while line := stream.readline(MAX_DOCUMENT_BYTES + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line.rstrip(b"\r\n")) <= MAX_DOCUMENT_BYTES:
            yield number, line
        else:
            while line and not line.endswith(b"\n"):
                line = stream.readline(_CHUNK_BYTES)
            yield number, None


def _read(line: bytes, source: Source, number: int) -> Article | UnreadableArticle:
    try:
        record = parse_record(decode_utf8(line, source=source, line=number))
        return to_article(record, source=source, line=number)
    except MemoryError:
        return UnreadableArticle("there is not enough memory to read it", source=source.name, line=number)
    except FieldError as error:
        return UnreadableArticle(error.reason, source=source.name, line=number, field=error.field)
    except UnreadableArticle as error:
        return error
    except ValueError as error:
        return UnreadableArticle(str(error), source=source.name, line=number)
