"""Filters of the page: chosen at their fields, sent with the question, kept in the address."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser
COURIER = "The Salthaven Courier"
FILTERED = {"q": replies.ANSWERED, "from": "2024-01-01", "to": "2024-02-29", "publisher": [COURIER, "Coast & Country"]}
BODY = {
    "question": replies.ANSWERED,
    "explain": True,
    "filters": {
        "published_from": "2024-01-01",
        "published_to": "2024-02-29",
        "publishers": [COURIER, "Coast & Country"],
    },
}


def open_filters(page: Page) -> None:
    page.locator("#filters > summary").click()
    expect(page.get_by_role("checkbox", name="Coast & Country")).to_be_visible()


def asked(page: Page, base_url: str) -> checks.Json:
    with page.expect_request(f"{base_url}/v1/ask") as sent:
        page.get_by_role("button", name="Ask").click()
    return checks.body_of(sent.value)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_opens_the_filters_stays_where_it_was_pressed(page: Page, base_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(base_url)
    summary = page.locator("#filters > summary")
    before = summary.bounding_box()
    open_filters(page)
    after = summary.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] == pytest.approx(before["y"], abs=1)
    assert after["x"] == pytest.approx(before["x"], abs=1)


def test_chosen_filters_are_sent_shown_and_kept_in_the_address(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_label("Your question").fill(replies.ANSWERED)
    open_filters(page)
    page.get_by_role("button", name="More publishers").click()
    page.get_by_role("checkbox", name=COURIER).check()
    page.get_by_role("checkbox", name="Coast & Country").check()
    page.get_by_label("Published from").fill("2024-01-01")
    page.get_by_label("Published to").fill("2024-02-29")
    assert asked(page, base_url) == BODY
    scope = f"{COURIER}, Coast & Country, 1 January 2024 to 29 February 2024"
    expect(page.locator("#filters > summary")).to_have_text(f"Filters: {scope}")
    expect(page.locator("#answer .searched")).to_have_text(f"Searched in: {scope}")
    assert parse_qs(urlsplit(page.url).query) == {
        key: value if isinstance(value, list) else [value] for key, value in FILTERED.items()
    }


def test_an_address_with_filters_asks_with_them_and_fills_their_fields(page: Page, base_url: str) -> None:
    with page.expect_request(f"{base_url}/v1/ask") as sent:
        page.goto(f"{base_url}/?{urlencode(FILTERED, doseq=True)}")
    assert checks.body_of(sent.value) == BODY
    open_filters(page)
    expect(page.get_by_label("Published from")).to_have_value("2024-01-01")
    expect(page.get_by_label("Published to")).to_have_value("2024-02-29")
    expect(page.get_by_role("checkbox", name=COURIER)).to_be_checked()
    expect(page.get_by_role("checkbox", name="Markup Daily")).not_to_be_checked()
    with page.expect_request(f"{base_url}/v1/ask") as again:
        page.reload()
    assert checks.body_of(again.value) == BODY


def test_back_restores_the_filters_of_the_question_before(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode(FILTERED, doseq=True)}")
    expect(page.locator("#answer .searched")).to_be_visible()
    open_filters(page)
    page.get_by_role("button", name="Clear filters").click()
    assert asked(page, base_url) == {"question": replies.ANSWERED, "explain": True}
    expect(page.locator("#answer .searched")).to_have_count(0)
    page.go_back()
    expect(page.locator("#answer .searched")).to_be_visible()
    expect(page.get_by_role("checkbox", name=COURIER)).to_be_checked()


def test_publishers_are_listed_by_name_with_their_articles_page_by_page(page: Page, base_url: str) -> None:
    page.goto(base_url)
    open_filters(page)
    expect(page.locator(".choice")).to_have_text(["<i>Markup Daily</i>2 articles", "Coast & Country1 article"])
    page.get_by_role("button", name="More publishers").click()
    expect(page.locator(".choice").last).to_have_text(f"{COURIER}12 articles")
    expect(page.get_by_role("button", name="More publishers")).to_have_count(0)


def test_a_publisher_that_is_not_in_the_library_stays_chosen_and_is_told(page: Page, base_url: str) -> None:
    page.goto(f"{base_url}/?{urlencode({'q': replies.ANSWERED, 'publisher': 'Nobody'})}")
    open_filters(page)
    page.get_by_role("button", name="More publishers").click()
    expect(page.locator(".choice").first).to_have_text("Nobodynot in the library")
    expect(page.get_by_role("checkbox", name="Nobody")).to_be_checked()


def test_a_period_that_ends_before_it_begins_is_refused_at_its_field_without_a_request(
    page: Page, base_url: str
) -> None:
    page.goto(base_url)
    page.get_by_label("Your question").fill(replies.ANSWERED)
    open_filters(page)
    page.get_by_label("Published from").fill("2024-02-01")
    page.get_by_label("Published to").fill("2024-01-01")
    page.get_by_role("button", name="Ask").click()
    last = page.get_by_label("Published to")
    expect(last).to_have_accessible_description("The last day is before the first.")
    expect(last).to_be_focused()
    expect(last).to_have_attribute("aria-invalid", "true")
    assert page.url == f"{base_url}/"
    last.fill("2024-03-01")
    expect(last).to_have_accessible_description("")


def test_a_half_written_date_is_refused_at_its_field(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_label("Your question").fill(replies.ANSWERED)
    open_filters(page)
    page.get_by_label("Published from").press("1")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_label("Published from")).to_have_accessible_description("Write a whole date, or none.")


def test_what_the_server_says_of_a_filter_stands_at_its_field(page: Page, base_url: str, watch: Watch) -> None:
    watch.expected_statuses.add(422)
    with page.expect_request(f"{base_url}/v1/ask") as sent:
        page.goto(f"{base_url}/?{urlencode({'q': replies.WRONG_FILTERS, 'from': 'soon'})}")
    assert checks.body_of(sent.value)["filters"] == {"published_from": "soon"}
    expect(page.get_by_label("Published from")).to_have_accessible_description("'soon' is not a date")
    expect(page.get_by_label("Published from")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("A filter is wrong.")


def test_more_publishers_than_an_address_can_name_are_refused_at_their_field(page: Page, base_url: str) -> None:
    names = [f"{number} {'x' * 900}" for number in range(50)]
    page.goto(f"{base_url}/?{urlencode({'q': replies.ANSWERED, 'publisher': names}, doseq=True)}")
    expect(page.locator(".asked")).to_be_visible()
    before = page.url
    page.get_by_label("Your question").fill("🌊" * 600)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("group", name="Publishers")).to_have_accessible_description(
        "These are too many for one address."
    )
    assert page.url == before
