"""Word documents: paragraphs, headings and tables as they are read, and what the document says of itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers.docx import read_docx
from tests.corpus.made import archive, docx, paragraph, table
from tests.corpus.reading import read_one, refusal

TEXT = "The council approved the bridge on Monday."


def test_paragraphs_headings_and_rows_are_lines_in_their_order() -> None:
    body = (
        paragraph("Bridge approved", style="Heading1"),
        paragraph(TEXT),
        table(("Year", "Euros"), ("2019", "four million")),
        paragraph(""),
        paragraph("Opponents plan to appeal."),
    )
    article = read_one(read_docx, docx(*body))
    lines = ["Bridge approved", TEXT, "Year\tEuros", "2019\tfour million", "Opponents plan to appeal."]
    assert article.text.split("\n") == lines
    assert (article.id, article.title) == ("bridge", "Bridge approved")


def test_a_document_says_who_made_it_when_and_what_it_is_called() -> None:
    content = docx(paragraph(TEXT), title="A bridge", creator="Jane Doe", created="2019-03-05T09:00:00Z")
    article = read_one(read_docx, content)
    assert (article.title, article.author) == ("A bridge", "Jane Doe")
    # the day on which it was made is not the day on which it appeared
    assert article.published_at is None


def test_what_a_document_states_that_is_no_date_is_none() -> None:
    article = read_one(read_docx, docx(paragraph(TEXT), created="some day"))
    assert (article.title, article.author, article.published_at) == ("bridge", None, None)


@pytest.mark.parametrize(
    ("unread", "words"),
    [
        (paragraph("Nobody sees this.", run="<w:vanish/>"), ""),
        ("<w:p><w:del><w:r><w:delText>It was struck out.</w:delText></w:r></w:del></w:p>", ""),
        ("<w:p><w:r><w:instrText>HYPERLINK example</w:instrText></w:r></w:p>", ""),
        (f"<mc:AlternateContent><mc:Fallback>{paragraph('Said twice.')}</mc:Fallback></mc:AlternateContent>", ""),
        (paragraph("Seen.", run='<w:vanish w:val="0"/>'), "\nSeen."),
        ("<w:p><w:r><w:t>One</w:t><w:br/><w:t>line,</w:t><w:tab/><w:t>tab</w:t></w:r></w:p>", "\nOne line,\ttab"),
    ],
    ids=["hidden", "deleted", "field", "fallback", "not hidden", "breaks"],
)
def test_what_a_reader_does_not_see_is_no_text(unread: str, words: str) -> None:
    assert read_one(read_docx, docx(paragraph(TEXT), unread)).text == TEXT + words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"The harbour reopened.", "it is no archive"),
        (archive({"word/styles.xml": b"<a/>"}), "no word/document.xml"),
        (archive({"word/document.xml": b"<a>"}), "not valid XML"),
        (docx(paragraph(" ")), "it holds no text"),
        (docx(paragraph(TEXT))[:-30], "it is no archive"),
    ],
)
def test_what_is_no_word_document_is_refused(content: bytes, words: str) -> None:
    assert words in refusal(read_docx, content).reason


@settings(max_examples=50, deadline=None, database=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), min_size=1))
def test_every_paragraph_comes_back_as_it_was_written(texts: list[str]) -> None:
    assert read_one(read_docx, docx(*map(paragraph, texts))).text == "\n".join(texts)
