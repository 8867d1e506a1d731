"""Reads PDF documents: the text of their pages, its lines joined to paragraphs, a paragraph a line."""

import logging
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from corpus.article import Article
from corpus.boilerplate import mark_boilerplate
from corpus.errors import UnreadableArticle
from corpus.readers.decode import read_bytes
from corpus.readers.fields import headline_of, make_article, one_line
from corpus.readers.pdf_paragraphs import paragraphs
from corpus.readers.source import MAX_DOCUMENT_BYTES, Source, one_article

if TYPE_CHECKING:
    from pypdf import PdfReader

_MARK = b"%PDF-"
_MARK_WITHIN = 1024
"""Bytes in which it has to stand, as readers of PDF do it."""
_UNSTORABLE = {0: "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
"""What a font may say that a letter is, and no text can hold."""

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # what it finds wrong is raised, not printed


def read_pdf(stream: BinaryIO, *, source: Source) -> Iterator[Article | UnreadableArticle]:
    """One article. Its title is the document's own, else a first line that looks like a headline, else the default id.

    It has no date: the day on which a document was made, often a template's, is not the day on which it appeared. What
    pages say in pictures is not read, nor is a document that asks for a password.
    """
    return one_article(lambda: _read(read_bytes(stream, source=source), source))


def _read(data: bytes, source: Source) -> Article:
    # 0.2 s of imports that a process which reads no PDF does without
    from pypdf import PdfReader  # noqa: PLC0415
    from pypdf.errors import DependencyError, FileNotDecryptedError  # noqa: PLC0415

    if _MARK not in data[:_MARK_WITHIN]:
        raise UnreadableArticle("it is no PDF: it does not begin as one", source=source.name)
    try:
        reader = PdfReader(BytesIO(data))
        pages = _pages(reader, source)
        title, author = _described(reader)
    except (UnreadableArticle, MemoryError):
        raise
    except (DependencyError, FileNotDecryptedError) as error:
        raise UnreadableArticle("it is encrypted", source=source.name) from error
    except Exception as error:  # damage can trip any part of the library, which has no common base for it
        raise UnreadableArticle(
            f"this PDF is cut off or damaged ({type(error).__name__})", source=source.name
        ) from error
    text = "\n".join(paragraphs(pages))
    if not text.strip():
        raise UnreadableArticle("no text was found in this PDF; its pages may be pictures", source=source.name)
    title = title or headline_of(text) or source.default_id
    return make_article(
        source,
        id=source.default_id,
        text=text,
        title=title,
        author=author,
        skipped=mark_boilerplate(text, title=title),
    )


def _pages(reader: "PdfReader", source: Source) -> list[str]:
    pages, length = [], 0
    for page in reader.pages:
        pages.append(page.extract_text().translate(_UNSTORABLE))
        length += len(pages[-1])
        if length > MAX_DOCUMENT_BYTES:
            reason = f"its text is longer than {MAX_DOCUMENT_BYTES} characters, the most one document may have"
            raise UnreadableArticle(reason, source=source.name)
    return pages


def _described(reader: "PdfReader") -> tuple[str | None, str | None]:
    """Title and author, each as far as the document tells."""
    said = reader.metadata
    if said is None:
        return None, None
    title, author = (one_line(text and str(text).translate(_UNSTORABLE)) for text in (said.title, said.author))
    return title, author
