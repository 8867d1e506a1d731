"""What the reader tests share: bytes in, articles or errors out."""

from io import BytesIO

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.source import Reader, Source

SOURCE = Source(name="shelf/bridge.txt", default_id="bridge")


def read_all(reader: Reader, content: bytes | str) -> list[Article | UnreadableArticle]:
    data = content.encode() if isinstance(content, str) else content
    return list(reader(BytesIO(data), source=SOURCE))


def read_one(reader: Reader, content: bytes | str) -> Article:
    (item,) = read_all(reader, content)
    assert isinstance(item, Article), item
    return item


def refusal(reader: Reader, content: bytes | str) -> UnreadableArticle:
    (item,) = read_all(reader, content)
    assert isinstance(item, UnreadableArticle), item
    assert item.source == SOURCE.name
    return item


def skipped_words(article: Article) -> list[tuple[str, str]]:
    return [(skip.reason.value, skip.span.of(article.text)) for skip in article.skipped]
