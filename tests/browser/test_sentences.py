"""The page cuts a text into sentences that stand where it says, and all words are in one."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bare_page(chromium: Browser, base_url: str) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(base_url)
    yield page
    context.close()


def sentences(page: Page, text: str, start: int = 0) -> list[dict[str, Any]]:
    """What the page cuts a text into, and the exact words of all of it."""
    found: list[dict[str, Any]] = page.evaluate(
        """async passage => (await import("/static/sentences.js")).sentencesOf(passage)""",
        {"text": text, "start": start},
    )
    return found


TEXTS = st.lists(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from(["🌊", ". ", "! ", "\n\n", " ", "A. ", "”", "e\u0301", "\u2028", "👷🏽"]),
    max_size=60,
).map("".join)


@given(text=TEXTS, start=st.integers(0, 10**6))
@settings(deadline=None, max_examples=60)
def test_every_sentence_stands_where_it_says_and_all_words_are_in_one(bare_page: Page, text: str, start: int) -> None:
    found = sentences(bare_page, text, start)
    for one in found:
        assert text[one["start"] - start : one["end"] - start] == one["text"]
    assert [one["start"] for one in found] == sorted(one["start"] for one in found)
    covered = {at for one in found for at in range(one["start"] - start, one["end"] - start)}
    assert not [text[at] for at in range(len(text)) if at not in covered and text[at].isalnum()]


def test_the_stop_of_an_abbreviation_ends_no_sentence(bare_page: Page) -> None:
    text = "Gen. Robert B. Abrams met Mr. Kim. He left the U.S. Army in 2019! 😮 “It was time,” he said.\n\nThe end."
    assert [one["text"] for one in sentences(bare_page, text)] == [
        "Gen. Robert B. Abrams met Mr. Kim. He left the U.S. Army in 2019!",
        "😮 “It was time,” he said.",
        "The end.",
    ]
