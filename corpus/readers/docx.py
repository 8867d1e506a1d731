"""Reads Word documents (.docx): paragraphs, headings and tables as text, a paragraph or a row of a table a line.

Two parts of the archive are read, each as a stream and no further than a document may go. python-docx would load every
part with all its pictures, and leaves the bounds to its caller.
"""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, Protocol, TypeVar
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from corpus.article import Article
from corpus.boilerplate import mark_boilerplate
from corpus.errors import UnreadableArticle
from corpus.readers.decode import read_bytes
from corpus.readers.docx_text import DocumentText
from corpus.readers.fields import headline_of, make_article, one_line
from corpus.readers.source import MAX_DOCUMENT_BYTES, Source, one_article

_DOCUMENT, _PROPERTIES = "word/document.xml", "docProps/core.xml"
_CHUNK_BYTES = 64 * 1024
_NAMES = {
    "{http://purl.org/dc/elements/1.1/}title": "title",
    "{http://purl.org/dc/elements/1.1/}creator": "creator",
}
_Result_co = TypeVar("_Result_co", covariant=True)
_Result = TypeVar("_Result")


class _Target(Protocol[_Result_co]):
    """What a parser tells of elements and text as it meets them."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...
    def close(self) -> _Result_co: ...


def read_docx(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """One article. Its title is the document's own property, else its first heading or headline, else the default id.

    It has no date: the day on which a document was made, often a template's, is not the day on which it appeared.
    """
    return one_article(lambda: _read(stream, source))


def _read(stream: BinaryIO, source: Source) -> Article:
    try:
        return _document(read_bytes(stream, source=source), source)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        # zipfile has no base of its own for what archives may be: encrypted, of odd methods, with places beyond the end
        raise UnreadableArticle(f"it is no archive that can be read: {error}", source=source.name) from error


def _document(data: bytes, source: Source) -> Article:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        if _DOCUMENT not in names:
            raise UnreadableArticle("it is no Word document: it has no word/document.xml", source=source.name)
        found = _parsed(archive, _DOCUMENT, DocumentText(), source)
        said = _parsed(archive, _PROPERTIES, _Properties(), source) if _PROPERTIES in names else {}
    if not found.text.strip():
        raise UnreadableArticle("it holds no text", source=source.name)
    title = one_line(said.get("title")) or one_line(found.heading) or headline_of(found.text) or source.default_id
    return make_article(
        source,
        id=source.default_id,
        text=found.text,
        title=title,
        author=said.get("creator"),
        skipped=mark_boilerplate(found.text, title=title),
    )


def _parsed(archive: zipfile.ZipFile, name: str, target: _Target[_Result], source: Source) -> _Result:
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    length = 0
    try:
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK_BYTES):
                length += len(chunk)
                if length > MAX_DOCUMENT_BYTES:
                    reason = f"{name} is larger than {MAX_DOCUMENT_BYTES} bytes, the most one document may have"
                    raise UnreadableArticle(reason, source=source.name)
                parser.feed(chunk)
        result: _Result = parser.close()
    except DefusedXmlException as error:
        raise UnreadableArticle(f"{name} declares a document type, which is not read", source=source.name) from error
    except ParseError as error:
        raise UnreadableArticle(f"{name} is not valid XML: {error}", source=source.name) from error
    return result


class _Properties:
    """What a document says of itself."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._inside: str | None = None

    def start(self, tag: str, _: dict[str, str]) -> None:
        self._inside = _NAMES.get(tag)

    def end(self, _: str) -> None:
        self._inside = None

    def data(self, text: str) -> None:
        if self._inside is not None:
            self._found[self._inside] = self._found.get(self._inside, "") + text

    def close(self) -> dict[str, str]:
        return self._found
