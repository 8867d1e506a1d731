"""The page in a real browser, against scripted answers."""

from typing import Any, Literal
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser


def address(base_url: str, question: str) -> str:
    return f"{base_url}/?{urlencode({'q': question})}"


def test_the_first_page_waits_for_a_question_with_the_cursor_in_its_field(page: Page, base_url: str) -> None:
    page.goto(base_url)
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#answer")).to_be_empty()


def test_marked_words_equal_their_quotes_after_characters_outside_the_basic_plane(page: Page, base_url: str) -> None:
    result = checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    checks.assert_marks_equal_quotes(page, result)
    assert page.locator("#passages mark").count() == 2


def test_a_quote_that_is_not_at_its_place_is_said_and_never_marked(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.DIFFERING)
    expect(page.locator("#passage-1 .note")).to_have_text(
        "Citation 1 does not match this passage, so it is not marked."
    )
    assert page.locator("mark").count() == 0


def test_a_citation_without_its_passage_still_shows_its_quote(page: Page, base_url: str) -> None:
    result = checks.ask_by_keyboard(page, base_url, replies.ALONE)
    checks.assert_marks_equal_quotes(page, result)


def test_a_card_names_title_publisher_and_the_day_as_published(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    card = page.locator("#passage-1")
    expect(card.get_by_role("heading")).to_have_text(replies.WALL["title"])
    expect(card.locator(".source")).to_have_text("The Salthaven Courier·16 January 2024")
    expect(page.locator("#passages > details > summary")).to_have_text("1 passage found but not cited")


def test_copies_contradictions_and_a_model_that_failed_are_told(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.SEVERAL)
    copies = page.locator("#passage-1 .note")
    expect(copies).to_have_text(f"Also in Coast & Country, {replies.TRAP['publisher']}")
    first = replies.copy(replies.BUDGET, replies.FILLER)
    expect(copies.get_by_role("link").first).to_have_attribute(
        "href", f"/read/{first['article_id']}?revision={first['revision']}&start={first['start']}&end={first['end']}"
    )
    expect(page.locator("#answer .note")).to_have_text("The articles cited seem to contradict each other.")
    expect(page.locator("#answer .facts")).to_contain_text("not by small-model: it cannot be reached")


def test_an_answer_is_asked_followed_and_opened_with_the_keyboard_alone(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=f"Citation 1: {replies.WALL['title']}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#passage-1")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Back to citation 1 in the answer")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#cited")).to_be_focused()
    expect(page.locator("#cited")).to_have_text(replies.CAUSE)


def test_back_from_a_marker_returns_to_the_answer(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    page.get_by_role("link", name="Back to citation 2 in the answer").click()
    expect(page.locator("#ref-2")).to_be_focused()
    assert page.url == address(base_url, replies.ANSWERED)


def test_the_address_carries_the_question_through_reload_and_history(page: Page, base_url: str) -> None:
    page.goto(address(base_url, replies.ANSWERED))
    expect(page.locator(".asked")).to_have_text(replies.ANSWERED)
    page.reload()
    expect(page.locator(".asked")).to_have_text(replies.ANSWERED)
    expect(page.get_by_label("Your question")).to_have_value(replies.ANSWERED)
    page.get_by_label("Your question").fill(replies.UNANSWERED)
    page.keyboard.press("Enter")
    expect(page.locator(".asked")).to_have_text(replies.UNANSWERED)
    assert page.url == address(base_url, replies.UNANSWERED)
    page.go_back()
    expect(page.locator(".asked")).to_have_text(replies.ANSWERED)


def test_an_abstention_gives_its_reason_and_the_nearest_passages(page: Page, base_url: str) -> None:
    result = checks.ask_by_keyboard(page, base_url, replies.UNANSWERED)
    expect(page.locator("#answer")).to_contain_text("The articles do not answer this.")
    expect(page.locator("#answer")).to_contain_text(result["abstention"]["reason"])
    expect(page.get_by_role("heading", name="Nearest passages")).to_be_visible()
    assert page.locator(".passage").count() == len(result["passages"])
    assert page.locator("mark").count() == 0


def test_a_refused_question_says_which_field_and_why(page: Page, base_url: str, watch: Watch) -> None:
    watch.expected_statuses.add(422)
    checks.ask_by_keyboard(page, base_url, replies.REFUSED)
    expect(page.get_by_role("alert")).to_contain_text("The question was not accepted")
    expect(page.get_by_role("alert")).to_contain_text("<b>The question was not accepted</b>: 1 fields")
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text("question: at most 2000 characters")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_an_unavailable_server_can_be_asked_again(page: Page, base_url: str, watch: Watch) -> None:
    watch.expected_statuses.add(503)
    checks.ask_by_keyboard(page, base_url, replies.UNAVAILABLE)
    expect(page.get_by_role("alert")).to_contain_text("The index is not ready")
    with page.expect_response(f"{base_url}/v1/ask"):
        page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Your question")).to_be_focused()


def test_an_empty_question_is_refused_without_a_request(page: Page, base_url: str) -> None:
    page.goto(base_url)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Write a question first.")
    expect(page.get_by_label("Your question")).to_be_focused()
    assert page.url == f"{base_url}/"


def test_a_newer_question_cancels_the_one_in_flight(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_label("Your question").fill(replies.SLOW)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#answer")).to_have_text("Searching the articles…")
    with page.expect_event("requestfailed") as cancelled:
        page.get_by_label("Your question").fill(replies.ANSWERED)
        page.keyboard.press("Enter")
    assert cancelled.value.post_data_json == {"question": replies.SLOW, "explain": True}
    expect(page.locator(".asked")).to_have_text(replies.ANSWERED)
    page.wait_for_timeout(replies.SLOW_SECONDS * 1000)
    expect(page.locator(".asked")).to_have_text(replies.ANSWERED)


def test_hostile_markup_is_shown_as_text_and_never_runs(page: Page, base_url: str) -> None:
    result = checks.ask_by_keyboard(page, base_url, replies.HOSTILE)
    checks.assert_marks_equal_quotes(page, result)
    expect(page.locator(".passage h3")).to_have_text(replies.TRAP["title"])
    expect(page.locator(".answer-text")).to_contain_text("[9]")
    page.get_by_role("link", name="Open in article at 1").click()
    expect(page.locator("h1")).to_have_text(replies.TRAP["title"])
    expect(page.get_by_role("link", name="Original article")).to_have_count(0)
    assert page.locator("img, b, script:not([src]), [onerror]").count() == 0
    assert page.evaluate("document.documentElement.dataset.ran") is None


@pytest.mark.parametrize("place", [*replies.CITED, replies.ACROSS, *replies.TRAPPED])
def test_the_reader_marks_the_cited_words_in_the_whole_text(page: Page, base_url: str, place: dict[str, Any]) -> None:
    checks.assert_reader_marks(page, base_url, place, replies.ARTICLES[place["article_id"]]["text"])


def test_the_reader_names_skipped_parts_and_links_the_original(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/read/{quote(replies.WALL['id'])}")
    expect(page.locator(".reason")).to_have_text("Skipped: share prompt")
    expect(page.locator(".skipped")).to_have_text("Share this story on your favourite network")
    original = page.get_by_role("link", name="Original article")
    expect(original).to_have_attribute("href", replies.WALL["url"])
    expect(original).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize("query", ["start=5", "start=5&end=5", "start=0&end=999999", "start=-1&end=4", "start=a&end=b"])
def test_a_place_outside_the_text_is_said_and_not_marked(page: Page, base_url: str, query: str) -> None:
    page.goto(f"{base_url}/read/{replies.BUDGET['id']}?{query}")
    expect(page.locator(".note")).to_contain_text("The cited place is not in this revision")
    assert page.locator("mark").count() == 0


def test_an_unknown_article_is_an_error(page: Page, base_url: str, watch: Watch) -> None:
    watch.expected_statuses.add(404)
    page.goto(f"{base_url}/read/nowhere")
    expect(page.get_by_role("alert")).to_contain_text("There is no such article")


@pytest.mark.parametrize("question", [replies.ANSWERED, replies.HOSTILE, replies.UNANSWERED])
def test_nothing_scrolls_sideways_at_360_pixels(page: Page, base_url: str, question: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    checks.ask_by_keyboard(page, base_url, question)
    checks.assert_no_sideways_scroll(page)
    page.locator(".passage .actions a").first.click()
    expect(page.locator("#cited")).to_be_visible()
    checks.assert_no_sideways_scroll(page)


def test_a_marker_stays_on_the_line_of_the_words_it_belongs_to(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    for width in range(300, 420, 4):
        page.set_viewport_size({"width": width, "height": 800})
        apart: list[float] = page.evaluate(
            """() => [...document.querySelectorAll('.answer-text .marker')].map(marker => {
                const [before, last] = [marker.previousSibling, document.createRange()];
                last.setStart(before, before.length - 1);
                last.setEnd(before, before.length);
                const middle = box => (box.top + box.bottom) / 2;
                return Math.abs(middle(last.getBoundingClientRect()) - middle(marker.getBoundingClientRect()));
            })"""
        )
        assert max(apart) < 12, width


def test_a_finger_that_asks_puts_the_keyboard_of_the_phone_away(page: Page, base_url: str) -> None:
    page.context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.goto(base_url)
    page.get_by_label("Your question").fill(replies.ANSWERED)
    page.keyboard.press("Enter")
    expect(page.locator(".answer-text")).to_be_visible()
    expect(page.get_by_label("Your question")).not_to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes_apply_and_are_readable(
    page: Page, base_url: str, watch: Watch, scheme: Literal["light", "dark"]
) -> None:
    watch.expected_statuses.add(422)
    page.emulate_media(color_scheme=scheme)
    for question in (replies.ANSWERED, replies.UNANSWERED, replies.REFUSED):
        checks.ask_by_keyboard(page, base_url, question)
        assert (checks.background(page) < 0.05) is (scheme == "dark")
        checks.assert_readable(page)
    page.goto(f"{base_url}/read/{quote(replies.WALL['id'])}?{urlencode({'start': 3, 'end': 9})}")
    expect(page.locator("#cited")).to_be_visible()
    checks.assert_readable(page)
