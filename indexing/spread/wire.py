"""What travels between this process and the workers of a cluster: a line of JSON, then lines or numbers as they are.

Our own values as plain bytes both ways, so that no more of a worker's answer is ever believed than a line of JSON says.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corpus.article import Article, Span
from corpus.library.identity import Identity
from corpus.library.records import PieceCodes
from corpus.readers.wire import Order, Progress, order_line, to_order, to_told, told_line
from indexing.encoders.backend import Backend, Precision
from indexing.preparing import Prepared
from indexing.spread.versions import Versions, versions

_NUMBER = np.dtype("<f2")


@dataclass(frozen=True, slots=True)
class Encoding:
    """Which encoder a worker is to have."""

    encoder: str
    backend: Backend
    precision: Precision
    cache: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class FileOrder:
    """A file to be read whole: where every worker should find it, and what its readers are told."""

    path: str
    order: Order


@dataclass(frozen=True, slots=True)
class FileRead:
    """What was found in a file."""

    size: int | None
    """Bytes; None where the worker has no such file."""
    items: tuple[Progress, ...]


def reading_order(files: Sequence[FileOrder]) -> bytes:
    """Asks a worker to read files."""
    head = {"versions": versions(), "read": [file.path for file in files]}
    return _line(head) + b"".join(order_line(file.order) for file in files)


def preparing_order(encoding: Encoding, articles: Sequence[Article]) -> bytes:
    """Asks a worker to split and encode articles."""
    head = {"versions": versions(), "prepare": asdict(encoding)}
    return _line(head) + b"".join(told_line(Progress(0, article)) for article in articles)


def versions_in(order: bytes) -> Versions:
    """Of who gave an order; none where an earlier Byline did."""
    head = json.loads(order.partition(b"\n")[0].decode("utf-8", "surrogatepass"))
    return tuple((name, version) for name, version in head.get("versions", ()))


def to_work(order: bytes) -> list[FileOrder] | tuple[Encoding, list[Article]]:
    """What an order asks for."""
    head, lines = _parted(order)
    if "read" in head:
        return [FileOrder(path, to_order(line)) for path, line in zip(head["read"], lines, strict=True)]
    told = head["prepare"]
    encoding = Encoding(
        told["encoder"],
        Backend(told["backend"]),
        Precision(told["precision"]),
        told["cache"],
        Identity(**told["identity"]),
    )
    items = [_progress(line).item for line in lines]
    return encoding, [item for item in items if isinstance(item, Article)]


def files_told(files: Sequence[FileRead]) -> bytes:
    """What a worker says of files."""
    head = {"files": [[file.size, len(file.items)] for file in files]}
    return _line(head) + b"".join(told_line(item) for file in files for item in file.items)


def to_files(answer: bytes) -> list[FileRead]:
    """The same, as it was."""
    head, lines = _parted(answer)
    rest = iter(lines)
    return [FileRead(size, tuple(_progress(next(rest)) for _ in range(count))) for size, count in head["files"]]


def prepared_told(articles: Sequence[Prepared]) -> bytes:
    """What a worker made of articles."""
    head = {
        "articles": [[[span.start, span.end] for span in article.spans] for article in articles],
        "dim": articles[0].vectors.shape[1] if articles else 0,
        "pieces": [[len(each.codes), len(each.places)] for article in articles for each in article.pieces],
    }
    vectors = b"".join(article.vectors.astype(_NUMBER).tobytes() for article in articles)
    pieces = b"".join(each.codes + each.places for article in articles for each in article.pieces)
    return _line(head) + vectors + pieces


def to_prepared(answer: bytes) -> list[Prepared]:
    """The same, as it was. Raises ValueError for an answer that has too little or too much."""
    line, _, rest = answer.partition(b"\n")
    head = json.loads(line)
    dim, sizes = head["dim"], iter(head["pieces"])
    count = sum(map(len, head["articles"]))
    at = count * dim * _NUMBER.itemsize
    vectors = np.frombuffer(rest, _NUMBER, count=count * dim).reshape(count, dim).astype(np.float16)
    found, row = list[Prepared](), 0
    for spans in head["articles"]:
        pieces = []
        for codes, places in (next(sizes) for _ in spans):
            pieces.append(PieceCodes(rest[at : at + codes], rest[at + codes : at + codes + places]))
            at += codes + places
        these = tuple(Span(start, end) for start, end in spans)
        found.append(Prepared(these, vectors[row : row + len(spans)], tuple(pieces)))
        row += len(spans)
    if at != len(rest):
        raise ValueError(f"an answer of {len(rest)} bytes has {at} by its own account")
    return found


def _parted(message: bytes) -> tuple[dict[str, Any], list[bytes]]:
    head, *lines = message.removesuffix(b"\n").split(b"\n")
    return json.loads(head.decode("utf-8", "surrogatepass")), lines


def _line(head: dict[str, Any]) -> bytes:
    # names of files need not be UTF-8
    return json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _progress(line: bytes) -> Progress:
    told = to_told(line)
    if not isinstance(told, Progress):
        raise ValueError("this is no line of a reading process")
    return told
