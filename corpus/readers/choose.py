"""Chooses the reader for a file name or a named format."""

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from corpus.errors import UnreadableArticle
from corpus.readers.html import read_html
from corpus.readers.jsonl import read_jsonl
from corpus.readers.markdown import read_markdown
from corpus.readers.source import Reader
from corpus.readers.text import read_text

READERS: Mapping[str, Reader] = MappingProxyType(
    {"text": read_text, "markdown": read_markdown, "html": read_html, "jsonl": read_jsonl}
)
"""Every reader by the name of its format."""

FORMAT_OF_SUFFIX: Mapping[str, str] = MappingProxyType(
    {
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
)
"""The format a file name's suffix stands for, in lower case."""


def reader_for_format(name: str) -> Reader:
    """The reader of a format in READERS; ValueError names them all."""
    if name not in READERS:
        raise ValueError(f"there is no format '{name}'; the formats are: {', '.join(READERS)}")
    return READERS[name]


def reader_for_file(name: str) -> Reader:
    """The reader for a file's name or path, by its suffix in any case; UnreadableArticle lists the suffixes read."""
    suffix = PurePath(name).suffix
    known = FORMAT_OF_SUFFIX.get(suffix.lower())
    if known is None:
        what = f"files ending in '{suffix}' are not read" if suffix else "a file without a suffix is not read"
        raise UnreadableArticle(f"{what}; these are: {' '.join(FORMAT_OF_SUFFIX)}", source=name)
    return READERS[known]
