"""Reading one stream with the reader of its format, in this process."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.choose import reader_for_format
from corpus.readers.source import Source

Item = Article | UnreadableArticle


class Reading(Protocol):
    """Reads a stream, here or elsewhere."""

    def __call__(self, stream: BinaryIO, *, format_name: str, source: Source) -> Iterator[tuple[Item, int]]:
        """Every article in its order, what cannot be read in its place, each with the bytes of the stream read by then.

        They are 0 where the stream does not tell. Raises ValueError for an unknown format.
        """
        ...


def read_here(stream: BinaryIO, *, format_name: str, source: Source) -> Iterator[tuple[Item, int]]:
    """A Reading by this process, which a hostile file can fill or stop: for what is trusted."""
    reader = reader_for_format(format_name)
    tells = stream.seekable()
    for item in reader(stream, source=source):
        yield item, stream.tell() if tells else 0
