"""PDF: paragraphs out of lines, what the document says of itself, and no word that it does not have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.readers.pdf import read_pdf
from corpus.readers.pdf_paragraphs import paragraphs
from tests.corpus.made import pdf
from tests.corpus.reading import read_one, refusal

LINES = (
    "Council approves bridge",
    "The council approved the bridge on Monday after a debate that lasted until",
    "midnight. It will cost four million euros, and the mayor said that the town has",
    "waited ten years.",
    "Opponents plan to appeal to the regional court, as their lawyer told reporters in",
    "front of the town hall.",
)
PARAGRAPHS = [LINES[0], " ".join(LINES[1:4]), " ".join(LINES[4:])]


def test_lines_are_joined_to_paragraphs_and_a_short_one_ends_its_own() -> None:
    assert read_one(read_pdf, pdf(LINES)).text.split("\n") == PARAGRAPHS


def test_a_document_says_who_made_it_when_and_what_it_is_called() -> None:
    said = {"Title": "Bridge  approved", "Author": "Jane Doe", "CreationDate": "D:20190305233000-05'00'"}
    article = read_one(read_pdf, pdf(LINES, info=said))
    assert (article.id, article.title, article.author) == ("bridge", "Bridge approved", "Jane Doe")
    # the day on which it was made is not the day on which it appeared
    assert article.published_at is None


@pytest.mark.parametrize("said", [None, {"CreationDate": "some day", "Title": " "}])
def test_a_document_that_says_nothing_of_itself_gets_its_headline_and_no_date(said: dict[str, str] | None) -> None:
    article = read_one(read_pdf, pdf(LINES, info=said))
    assert (article.title, article.author, article.published_at) == (LINES[0], None, None)


def test_a_paragraph_goes_on_over_the_end_of_a_page_and_another_begins_anew() -> None:
    article = read_one(read_pdf, pdf(LINES[:2], LINES[2:4], LINES[4:]))
    assert article.text.split("\n") == PARAGRAPHS


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("The govern-", "ment of the town met. The government had nothing to say about it."), "The government of"),
        (("A well-", "known engineer spoke of the old piers, which would not survive it."), "A well-known engineer"),
        (("A law that the council had made for 2018-", "2019 was changed."), "2018- 2019"),
        (("The go\u00advern\u00ad", "ment met, as it does on every Monday of the whole year."), "go\u00advernment met"),
    ],
    ids=["the word stands elsewhere", "it does not", "no letters", "soft"],
)
def test_a_hyphen_at_the_end_of_a_line_goes_only_if_the_word_without_it_is_known(
    lines: tuple[str, str], words: str
) -> None:
    (whole,) = paragraphs(["\n".join(lines)])
    assert words in whole


def test_pages_without_text_are_told_of() -> None:
    assert "its pages may be pictures" in refusal(read_pdf, pdf((), ())).reason


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"The harbour reopened.", "it is no PDF"),
        (b"%PDF-1.4\nThe harbour reopened.", "this PDF is cut off or damaged"),
    ],
)
def test_what_is_no_pdf_is_refused(content: bytes, words: str) -> None:
    assert words in refusal(read_pdf, content).reason


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.lists(st.text("aB .-\u00ad", max_size=8), max_size=6), max_size=4))
def test_joining_keeps_every_letter_in_its_order_and_adds_none(pages: list[list[str]]) -> None:
    made = list(paragraphs(["\n".join(page) for page in pages]))
    assert all(text and text == " ".join(text.split()) for text in made)

    def letters(text: str) -> str:
        return "".join(c for c in text if c.isalpha())

    assert letters("".join(made)) == letters("".join(line for page in pages for line in page))
