"""Reads web archives (WARC): each page that a server answered with becomes an article, the rest is passed over."""

import hashlib
import logging
import zlib
from collections.abc import Iterator
from email.message import Message
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.readers.html import page_article
from corpus.readers.source import MAX_DOCUMENT_BYTES, Source
from corpus.readers.warc_records import Broken, Record, records_of

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_READABLE_ID, _HASHED_ID = 120, 10
"""Characters of an address, and of its hash, in an article's id."""
_ANY_ZLIB = 47
"""Tells zlib to take what gzip and what zlib makes, with the longest window."""

logging.getLogger("warcio").addHandler(logging.NullHandler())  # what it finds wrong is raised, not printed


def read_warc(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """An article for each answer of status 200 with an HTML page, compressed or not.

    `url` is the address it was fetched from, and the id is made from that. A broken record is an error that names its
    number and its byte; the next one is searched for.
    """
    # imports that a process without such files does without
    from warcio.exceptions import ArchiveLoadFailed  # noqa: PLC0415
    from warcio.recordloader import ArcWarcRecordLoader  # noqa: PLC0415
    from warcio.statusandheaders import StatusAndHeadersParserException  # noqa: PLC0415

    loader = ArcWarcRecordLoader(verify_http=False)
    found = 0
    for record in records_of(stream):
        item: Article | UnreadableArticle | None = None
        if isinstance(record, Broken):
            item = _error(record, record.reason, source)
        else:
            try:
                said = loader.parse_record_stream(BytesIO(record.content), known_format="warc")
                page = _page(said)
            except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, AttributeError, ValueError):
                item = _error(record, "its headers are none that can be read", source)
            else:
                if page is None:
                    continue
                if found >= source.after:
                    item = _read(record, said, page, source)
        found += 1
        if item is not None and found > source.after:
            yield item
    if not found:
        yield UnreadableArticle("it holds no page that a server answered with", source=source.name)


def _page(said: "ArcWarcRecord") -> Message | None:
    """What the server said of a page; None for every other record."""
    if said.rec_type != "response" or said.http_headers is None or said.http_headers.get_statuscode() != "200":
        return None
    told = Message()
    for name in ("content-type", "content-encoding"):
        told[name] = said.http_headers.get_header(name) or ""
    return told if told.get_content_type() in _PAGES else None


def _read(record: Record, said: "ArcWarcRecord", page: Message, source: Source) -> Article | UnreadableArticle:
    try:
        address = said.rec_headers.get_header("WARC-Target-URI") or ""
        if not address.startswith(("http://", "https://")):
            raise UnreadableArticle("it does not say from where it is", source=source.name)
        content = _plain(_unchunked(said), page["content-encoding"].strip().lower(), source)
        charset = page.get_content_charset()
        return page_article(content, source=source, id=_id_of(address), charset=charset, url=address)
    except UnreadableArticle as error:
        return _error(record, error.reason, source, field=error.field)
    except MemoryError:
        return _error(record, "there is not enough memory to read it", source)


def _unchunked(said: "ArcWarcRecord") -> bytes:
    from warcio.bufferedreaders import ChunkedDataReader  # noqa: PLC0415 - as above

    chunked = (said.http_headers.get_header("transfer-encoding") or "").strip().lower() == "chunked"
    stream = ChunkedDataReader(said.raw_stream) if chunked else said.raw_stream
    parts = []
    # what is stored is no longer than a record may be
    while part := stream.read(MAX_DOCUMENT_BYTES):
        parts.append(part)
    return b"".join(parts)


def _plain(content: bytes, encoding: str, source: Source) -> bytes:
    """The page, as the server compressed it to send it."""
    if encoding in {"", "identity"}:
        return content
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise UnreadableArticle(f"it is compressed by '{encoding}', which is not read", source=source.name)
    try:
        plain = _inflated(content, _ANY_ZLIB)
    except zlib.error:
        try:
            # servers send bare deflate as well
            plain = _inflated(content, -zlib.MAX_WBITS)
        except zlib.error as error:
            raise UnreadableArticle(f"its {encoding} cannot be expanded", source=source.name) from error
    if len(plain) > MAX_DOCUMENT_BYTES:
        reason = f"it is larger than {MAX_DOCUMENT_BYTES} bytes, the most one document may have"
        raise UnreadableArticle(reason, source=source.name)
    return plain


def _inflated(content: bytes, window: int) -> bytes:
    return zlib.decompressobj(window).decompress(content, MAX_DOCUMENT_BYTES + 1)


def _id_of(address: str) -> str:
    """Readable, and different for different addresses."""
    _, _, place = address.partition("://")
    readable = "".join(c if c.isalnum() or c in "._" else "-" for c in place[:_READABLE_ID])
    return f"{readable}-{hashlib.sha256(address.encode(errors='surrogatepass')).hexdigest()[:_HASHED_ID]}"


def _error(record: Record | Broken, reason: str, source: Source, *, field: str | None = None) -> UnreadableArticle:
    place = f"record {record.number}, at byte {record.offset}"
    return UnreadableArticle(f"{place}: {reason}", source=source.name, field=field)
