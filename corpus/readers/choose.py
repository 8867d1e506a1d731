"""Chooses the reader for a file name or a named format."""

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from corpus.errors import UnreadableArticle
from corpus.readers.docx import read_docx
from corpus.readers.gz import gunzipped
from corpus.readers.html import read_html
from corpus.readers.jsonl import read_jsonl
from corpus.readers.markdown import read_markdown
from corpus.readers.pdf import read_pdf
from corpus.readers.source import Reader
from corpus.readers.text import read_text
from corpus.readers.warc import read_warc

_GZ = ".gz"
_TEXTS: Mapping[str, Reader] = {"text": read_text, "markdown": read_markdown, "html": read_html, "jsonl": read_jsonl}
READERS: Mapping[str, Reader] = MappingProxyType(
    {**_TEXTS, "pdf": read_pdf, "docx": read_docx, "warc": read_warc}
    | {name + _GZ: gunzipped(reader) for name, reader in _TEXTS.items()}
)
"""Every reader by the name of its format."""

HOLDING_MANY = frozenset({"jsonl", "jsonl.gz", "warc"})
"""The formats that hold many articles, whose readers go on after one that breaks a process."""

_SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
FORMAT_OF_SUFFIX: Mapping[str, str] = MappingProxyType(
    _SUFFIXES
    | {".pdf": "pdf", ".docx": "docx", ".warc": "warc", ".warc.gz": "warc"}
    | {suffix + _GZ: name + _GZ for suffix, name in _SUFFIXES.items()}
)
"""The format a file name's suffix stands for, in lower case."""


def reader_for_format(name: str) -> Reader:
    """The reader of a format in READERS; ValueError names them all."""
    if name not in READERS:
        raise ValueError(f"there is no format '{name}'; the formats are: {', '.join(READERS)}")
    return READERS[name]


def format_of_file(name: str) -> str:
    """The format of a file's name or path, by its suffix in any case; UnreadableArticle lists the suffixes read."""
    suffix = _suffix(name)
    known = FORMAT_OF_SUFFIX.get(suffix.lower())
    if known is None:
        what = f"files ending in '{suffix}' are not read" if suffix else "a file without a suffix is not read"
        raise UnreadableArticle(f"{what}; these are: {' '.join(FORMAT_OF_SUFFIX)}", source=name)
    return known


def is_read(name: str) -> bool:
    """Whether there is a reader for files of this name."""
    return _suffix(name).lower() in FORMAT_OF_SUFFIX


def stem_of(name: str) -> str:
    """A file's name without the suffix that tells its format."""
    path = PurePath(name)
    return path.name.removesuffix(_suffix(name))


def _suffix(name: str) -> str:
    """Of `a.html.gz` both suffixes, of any other name the last."""
    path = PurePath(name)
    return "".join(path.suffixes[-2:]) if path.suffix.lower() == _GZ else path.suffix
