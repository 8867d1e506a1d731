"""What a passage's card offers: its citation to copy, and why it ranked where it did."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies

pytestmark = pytest.mark.browser
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COPYING = "Document.prototype.execCommand = () => false"


def copied(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def assert_is_citation(page: Page, text: str, base_url: str) -> None:
    quote, source, address = text.split("\n")
    assert quote == f"“{replies.CAUSE}”"
    assert source == f"{replies.WALL['title']}. The Salthaven Courier, 16 January 2024"
    assert address.startswith(f"{base_url}/read/")
    cited = replies.CITED[0]
    assert parse_qs(urlsplit(address).query) == {key: [str(cited[key])] for key in ("revision", "start", "end")}
    page.goto(address)
    expect(page.locator("#cited")).to_have_text(replies.CAUSE)


def test_a_citation_is_copied_with_its_words_source_and_stable_address(page: Page, base_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    button = page.locator("#passage-1").get_by_role("button", name=f"Copy citation: {replies.WALL['title']}")
    button.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Citation 1 was copied.")
    expect(button).to_be_focused()
    assert_is_citation(page, copied(page), base_url)


def test_each_of_several_citations_of_a_card_has_its_own_button(page: Page, base_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    checks.ask_by_keyboard(page, base_url, replies.HOSTILE)
    page.get_by_role("button", name="Copy citation 2").click()
    expect(page.get_by_role("status")).to_have_text("Citation 2 was copied.")
    assert copied(page).startswith(f"“{replies.TRAPPED[1]['quote']}”\n{replies.TRAP['title']}. <i>Markup Daily</i>")


def test_a_browser_without_a_clipboard_copies_by_a_selection(page: Page, base_url: str) -> None:
    page.add_init_script(NO_CLIPBOARD)
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    page.evaluate("document.addEventListener('copy', () => { window.copied = document.activeElement.value })")
    page.locator("#passage-1").get_by_role("button", name="Copy citation").click()
    expect(page.get_by_role("status")).to_have_text("Citation 1 was copied.")
    expect(page.locator("textarea")).to_have_count(0)
    assert_is_citation(page, page.evaluate("window.copied"), base_url)


def test_a_browser_that_copies_nothing_shows_the_citation_selected(page: Page, base_url: str) -> None:
    page.add_init_script(f"{NO_CLIPBOARD}; {NO_COPYING}")
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    button = page.locator("#passage-1").get_by_role("button", name="Copy citation")
    button.click()
    button.click()
    expect(page.get_by_role("status")).to_contain_text("does not allow copying")
    field = page.get_by_label("Citation to copy")
    expect(field).to_be_focused()
    assert page.evaluate("document.activeElement.selectionEnd > 0")
    assert_is_citation(page, field.input_value(), base_url)


def test_evidence_tells_why_a_passage_ranked_where_it_did(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.WHY)
    cited, other = page.locator("#passage-1 .why"), page.locator("#passage-2 .why")
    expect(cited.locator("dl")).to_be_hidden()
    cited.locator("summary").press("Enter")
    expect(cited.locator("summary")).to_have_text("Why this rank: 2 of 3")
    expect(cited.locator("dl > div")).to_have_text(
        [
            "By meaningRank 2, cosine 0.712",
            "By wordsRank 1, BM25 12.35",
            "Both together0.981 of 1",
            "Re-ranked0.664, which decided its rank",
            "Words it sharessea, wall, fail",
        ]
    )
    other.locator("summary").click()
    expect(other.locator("dd")).to_have_text(
        [
            "Not among the nearest",
            "Rank 9, BM25 1.50",
            "0.200 of 1",
            "No, as it was not among the best",
            replies.FOUND_BY_WORDS["matched"][0],
        ]
    )
    assert page.evaluate("document.documentElement.dataset.ran") is None


def test_a_passage_without_evidence_shows_none(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.WHY)
    page.locator(".uncited > summary").click()
    expect(page.locator("#passage-3")).to_be_visible()
    expect(page.locator("#passage-3 .why")).to_have_count(0)
