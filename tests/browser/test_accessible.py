"""Every state of the page, at two widths and in both colour schemes: nothing in it keeps people out."""

from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies, scripted
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser
PHONE = 390
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]


@pytest.fixture(scope="module")
def others() -> Iterator[dict[str, str]]:
    """A server without articles and one that wants a key."""
    with (
        scripted.serving(scripted.scripted_app(articles=False)) as bare,
        scripted.serving(scripted.scripted_app(key=replies.KEY)) as locked,
    ):
        yield {"bare": bare, "locked": locked}


def first(page: Page, base_url: str) -> None:
    page.goto(base_url)
    expect(page.locator("#welcome")).to_be_visible()


def answer_with_evidence(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.WHY)
    page.locator(".uncited > summary").click()
    for summary in page.locator(".why > summary").all():
        summary.click()
    page.get_by_role("button", name="Copy citation").first.click()
    expect(page.get_by_role("status")).not_to_be_empty()


def abstention(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.UNANSWERED)


def loading(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode({'q': replies.SLOW})}")
    expect(page.locator("#answer")).to_have_text("Searching the articles…")


def passages_before_the_answer(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode({'q': replies.STREAMED})}")
    expect(page.get_by_role("heading", name="Passages found")).to_be_visible()


def thread(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode({'q': replies.ANSWERED})}#{urlencode({'then': replies.FOLLOW_UP})}")
    expect(page.locator("#answer-2 .answer-text")).to_be_visible()
    page.get_by_role("button", name="Follow up").click()
    expect(page.locator("#next-error")).not_to_be_empty()


def thumb_up(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.UNANSWERED)
    page.get_by_role("button", name="This is right").click()
    expect(page.locator(".thumb.up")).to_have_attribute("aria-pressed", "true")


def correction(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    page.get_by_role("button", name="This is wrong").click()
    page.get_by_label("The answer stands in the passages").check()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#sentences-error")).not_to_be_empty()
    for summary in page.locator(".correction summary").all():
        summary.click()


def correction_not_kept(page: Page, base_url: str) -> None:
    correction(page, base_url)
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Comment").fill(replies.TOO_EARLY)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def correction_kept(page: Page, base_url: str) -> None:
    correction(page, base_url)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("button", name="Change it")).to_be_visible()


def wrong_filter(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode({'q': replies.WRONG_FILTERS, 'from': '2024-01-01', 'publisher': 'Nobody'})}")
    expect(page.locator("#from-error")).not_to_be_empty()
    expect(page.get_by_role("checkbox", name="Nobody")).to_be_checked()


def unavailable(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.UNAVAILABLE)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def copied_by_hand(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode({'q': replies.ANSWERED})}")
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false"
    )
    page.get_by_role("button", name="Copy citation").first.click()
    expect(page.get_by_label("Citation to copy")).to_be_visible()


def reader(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/read/{quote(replies.WALL['id'])}?{urlencode({'start': 3, 'end': 90})}")
    expect(page.locator("#cited")).to_be_visible()


def empty_library(page: Page, base_url: str) -> None:
    page.goto(base_url)
    expect(page.locator("#empty")).to_be_visible()


def wrong_key(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_label("API key").press("Enter")
    expect(page.locator("#api-key-error")).not_to_be_empty()


STATES: dict[str, list[Callable[[Page, str], None]]] = {
    "": [
        first,
        answer_with_evidence,
        abstention,
        loading,
        passages_before_the_answer,
        thread,
        thumb_up,
        correction,
        correction_not_kept,
        correction_kept,
        wrong_filter,
        unavailable,
        copied_by_hand,
        reader,
    ],
    "bare": [empty_library],
    "locked": [wrong_key],
}


def test_the_check_finds_a_field_that_lost_its_name(page: Page, base_url: str) -> None:
    first(page, base_url)
    page.evaluate("document.querySelector('label[for=question]').remove()")
    with pytest.raises(AssertionError, match="label"):
        checks.assert_accessible(page)


@pytest.mark.parametrize("width", [1280, PHONE])
@pytest.mark.parametrize(
    ("server", "state"),
    [pytest.param(server, state, id=state.__name__) for server, states in STATES.items() for state in states],
)
def test_nothing_serious_is_found_and_nothing_scrolls_sideways(
    page: Page,
    base_url: str,
    *,
    others: dict[str, str],
    watch: Watch,
    server: str,
    state: Callable[[Page, str], None],
    width: int,
) -> None:
    watch.expected_statuses |= {401, 422, 503}
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(reduced_motion="reduce")
    state(page, others.get(server, base_url))
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        checks.assert_accessible(page)
    checks.assert_no_sideways_scroll(page)
    if width == PHONE:
        checks.assert_large_for_fingers(page)
