"""What every reader is given, and the protocol it fulfils."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from corpus.article import Article
from corpus.errors import UnreadableArticle

MAX_DOCUMENT_BYTES = 32 * 1024 * 1024
"""The largest single document read into memory; a JSONL file may be longer, its lines may not."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where bytes come from: a display name for messages, and the id an article gets if it names none."""

    name: str
    default_id: str
    after: int = 0
    """How many articles and errors of the stream are passed over: a reader of many is told where another broke off."""


class Reader(Protocol):
    """Reads every article of one stream.

    A part that cannot be read is yielded as an UnreadableArticle in its place, so that the rest goes in; a reader
    raises nothing else for bad content but MemoryError. One whose format holds many articles honours `source.after`.
    """

    def __call__(self, stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
        """Reads from the stream's present position to its end."""
        ...


def one_article(read: Callable[[], Article]) -> Iterator[Article | UnreadableArticle]:
    """What a reader of a format that holds one article yields: what `read` makes of it, or raises."""
    try:
        article: Article | UnreadableArticle = read()
    except UnreadableArticle as error:
        article = error
    yield article
