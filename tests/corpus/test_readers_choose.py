"""One table maps suffixes and format names to readers."""

import re

import pytest

from corpus.errors import UnreadableArticle
from corpus.readers.choose import FORMAT_OF_SUFFIX, READERS, format_of_file, is_read, reader_for_format, stem_of
from tests.docs.pages import ROOT, read


@pytest.mark.parametrize(("suffix", "format_name"), list(FORMAT_OF_SUFFIX.items()))
def test_every_suffix_has_its_reader_in_any_case(suffix: str, format_name: str) -> None:
    name = f"a/b.c{suffix.upper()}"
    assert (format_of_file(name), stem_of(name), is_read(name)) == (format_name, "b.c", True)
    assert reader_for_format(format_name) is READERS[format_name]


@pytest.mark.parametrize("name", ["a.odt", "a", "a.pdf.gz", "a.gz", "a.tar.gz", ".txt"])
def test_another_suffix_is_an_error_that_lists_what_is_read(name: str) -> None:
    with pytest.raises(UnreadableArticle, match=r"\.txt \.text \.md .*\.ndjson") as caught:
        format_of_file(name)
    assert not is_read(name)
    assert caught.value.source == name


def test_another_format_is_an_error_that_lists_the_formats() -> None:
    with pytest.raises(ValueError, match="text, markdown, html, jsonl, pdf"):
        reader_for_format("odt")


def test_the_page_lists_every_suffix_that_is_read_uncompressed() -> None:
    section = read(ROOT / "docs" / "articles.md").partition("\n## Formats\n")[2].partition("\n## ")[0]
    files = " ".join(re.findall(r"^\| [^|]+ \| ([^|]+) \|", section, re.MULTILINE))
    read_plain = [suffix for suffix, name in FORMAT_OF_SUFFIX.items() if not name.endswith(".gz")]
    assert re.findall(r"`(\.[\w.]+)`", files) == read_plain
