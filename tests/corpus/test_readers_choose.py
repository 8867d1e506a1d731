"""One table maps suffixes and format names to readers."""

import pytest

from corpus.errors import UnreadableArticle
from corpus.readers.choose import FORMAT_OF_SUFFIX, READERS, reader_for_file, reader_for_format


@pytest.mark.parametrize(("suffix", "format_name"), list(FORMAT_OF_SUFFIX.items()))
def test_every_suffix_has_its_reader_in_any_case(suffix: str, format_name: str) -> None:
    assert reader_for_file(f"a/b.c{suffix.upper()}") is reader_for_format(format_name) is READERS[format_name]


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.jsonl.gz", ".txt"])
def test_another_suffix_is_an_error_that_lists_what_is_read(name: str) -> None:
    with pytest.raises(UnreadableArticle, match=r"\.txt \.text \.md .*\.ndjson") as caught:
        reader_for_file(name)
    assert caught.value.source == name


def test_another_format_is_an_error_that_lists_the_formats() -> None:
    with pytest.raises(ValueError, match="text, markdown, html, jsonl"):
        reader_for_format("pdf")
