"""States of the page beside an answer: in parts, broken off, no articles, no server, no key."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies, scripted
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bare() -> Iterator[str]:
    with scripted.serving(scripted.scripted_app(articles=False)) as url:
        yield url


@pytest.fixture(scope="module")
def locked() -> Iterator[str]:
    with scripted.serving(scripted.scripted_app(key=replies.KEY)) as url:
        yield url


def ask(page: Page, base_url: str, question: str) -> None:
    page.goto(base_url)
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_the_passages_are_there_while_the_answer_is_written(page: Page, base_url: str) -> None:
    ask(page, base_url, replies.STREAMED)
    expect(page.locator("#answer")).to_have_text("Writing the answer…")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("heading", name="Passages found")).to_be_visible()
    expect(page.locator(".passage")).to_have_count(3)
    expect(page.locator("#answer .answer-text")).to_contain_text(replies.CAUSE)
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("heading", name="Cited passages")).to_be_visible()
    checks.assert_marks_equal_quotes(page, replies.RESULTS[replies.STREAMED])


def test_a_reply_in_parts_is_cancelled_by_a_newer_question(page: Page, base_url: str) -> None:
    ask(page, base_url, replies.STREAMED)
    expect(page.get_by_role("heading", name="Passages found")).to_be_visible()
    page.get_by_label("Your question").fill(replies.UNANSWERED)
    page.keyboard.press("Enter")
    expect(page.locator(".asked")).to_have_text(replies.UNANSWERED)
    page.wait_for_timeout(replies.WRITING_SECONDS * 1000)
    expect(page.locator(".asked")).to_have_text(replies.UNANSWERED)
    expect(page.get_by_role("heading", name="Nearest passages")).to_be_visible()


@pytest.mark.parametrize(
    ("question", "said"),
    [(replies.BROKEN_OFF, "The reply broke off."), (replies.FAILING, "The model failed")],
)
def test_a_reply_that_fails_on_the_way_is_an_error_that_can_be_asked_again(
    page: Page, base_url: str, question: str, said: str
) -> None:
    ask(page, base_url, question)
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.locator(".passage")).to_have_count(0)
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")


def test_a_library_without_articles_says_how_to_add_some(page: Page, bare: str) -> None:
    page.goto(bare)
    expect(page.get_by_role("heading", name="There are no articles yet")).to_be_visible()
    expect(page.get_by_text("byline add FOLDER")).to_be_visible()
    expect(page.locator("#welcome")).to_be_hidden()
    page.get_by_label("Your question").fill(replies.EMPTY)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("There are no articles yet.")
    expect(page.get_by_text("byline add FOLDER")).to_be_visible()
    page.locator("#filters > summary").click()
    expect(page.get_by_text("No article names its publisher.")).to_be_visible()


def test_a_library_with_articles_says_nothing_of_adding(page: Page, base_url: str) -> None:
    with page.expect_response(f"{base_url}/v1/articles?limit=1"):
        page.goto(base_url)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()


def test_a_server_that_asks_to_wait_is_heard(page: Page, base_url: str, watch: Watch) -> None:
    watch.expected_statuses.add(503)
    ask(page, base_url, replies.UNAVAILABLE)
    expect(page.get_by_role("alert")).to_contain_text("The server asks to wait for 2 seconds.")


def test_a_server_that_went_down_is_told_and_asked_again(page: Page, watch: Watch) -> None:
    with scripted.serving(scripted.scripted_app()) as url:
        page.goto(url)
        expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(replies.ANSWERED)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The server could not be reached.")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("The server could not be reached.")
    watch.complaints = [one for one in watch.complaints if "ERR_CONNECTION_REFUSED" not in one]


def test_a_key_is_asked_for_sent_and_kept_for_this_tab_only(page: Page, locked: str, watch: Watch) -> None:
    watch.expected_statuses.add(401)
    page.goto(f"{locked}/?{urlencode({'q': replies.ANSWERED})}")
    field = page.get_by_label("API key")
    expect(page.get_by_role("alert")).to_contain_text("A key is needed")
    field.fill("wrong")
    field.press("Enter")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    with page.expect_request(f"{locked}/v1/ask") as sent:
        field.fill(f" {replies.KEY} ")
        page.get_by_role("button", name="Use this key").click()
    assert sent.value.headers["authorization"] == f"Bearer {replies.KEY}"
    expect(page.locator(".answer-text")).to_be_visible()
    page.get_by_role("link", name="Open in article").first.click()
    expect(page.locator("#cited")).to_have_text(replies.CAUSE)
    held = "[document.cookie, ...Object.values(localStorage), location.href].join()"
    assert replies.KEY not in page.evaluate(held)
    other = page.context.new_page()
    other.goto(f"{locked}/read/{quote(replies.WALL['id'])}")
    expect(other.get_by_label("API key")).to_be_visible()


@pytest.mark.parametrize(
    ("key", "said"), [("", "Give a key first."), ("käse", "of ASCII only"), ("a b", "of ASCII only")]
)
def test_what_cannot_be_a_key_is_refused_at_its_field(
    page: Page, locked: str, watch: Watch, key: str, said: str
) -> None:
    watch.expected_statuses.add(401)
    page.goto(locked)
    field = page.get_by_label("API key")
    field.fill(key)
    field.press("Enter")
    expect(page.locator("#api-key-error")).to_contain_text(said)
    expect(field).to_be_focused()


def test_the_first_page_is_itself_once_it_has_a_key(page: Page, locked: str, watch: Watch) -> None:
    watch.expected_statuses.add(401)
    page.goto(locked)
    page.get_by_label("API key").fill(replies.KEY)
    page.get_by_label("API key").press("Enter")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_refused_key_is_not_sent_again(page: Page, locked: str, watch: Watch) -> None:
    watch.expected_statuses.add(401)
    page.goto(locked)
    page.get_by_label("API key").fill("wrong")
    with page.expect_response(f"{locked}/v1/articles?limit=1") as refused:
        page.get_by_label("API key").press("Enter")
    assert refused.value.request.headers["authorization"] == "Bearer wrong"
    expect(page.get_by_label("API key")).to_have_value("")
    with page.expect_request(f"{locked}/v1/articles?limit=1") as sent:
        page.reload()
    assert "authorization" not in sent.value.headers
