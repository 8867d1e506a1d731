"""Chooses the reader for a file name or a named format."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Format:
    """Who reads a format, and the suffixes of its files."""

    reader: Reader
    suffixes: tuple[str, ...]
    holds_many: bool = False
    """Its files hold many articles, and its reader honours `source.after`."""
    is_text: bool = False
    """Its files are kept as they are or compressed by gzip; what is no text compresses itself."""

    def gzipped(self) -> "_Format":
        """The same for compressed files."""
        return replace(self, reader=gunzipped(self.reader), suffixes=tuple(suffix + _GZ for suffix in self.suffixes))


_FORMATS = {
    "text": _Format(read_text, (".txt", ".text"), is_text=True),
    "markdown": _Format(read_markdown, (".md", ".markdown"), is_text=True),
    "html": _Format(read_html, (".html", ".htm", ".xhtml"), is_text=True),
    "jsonl": _Format(read_jsonl, (".jsonl", ".ndjson"), holds_many=True, is_text=True),
    "pdf": _Format(read_pdf, (".pdf",)),
    "docx": _Format(read_docx, (".docx",)),
    "warc": _Format(read_warc, (".warc", ".warc.gz"), holds_many=True),
}
_ALL = _FORMATS | {name + _GZ: one.gzipped() for name, one in _FORMATS.items() if one.is_text}

READERS: Mapping[str, Reader] = MappingProxyType({name: one.reader for name, one in _ALL.items()})
"""Every reader by the name of its format."""

HOLDING_MANY = frozenset(name for name, one in _ALL.items() if one.holds_many)
"""The formats that hold many articles, whose readers go on after one that breaks a process."""

FORMAT_OF_SUFFIX: Mapping[str, str] = MappingProxyType(
    {suffix: name for name, one in _ALL.items() for suffix in one.suffixes}
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
