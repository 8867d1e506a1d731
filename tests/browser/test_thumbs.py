"""A reader's thumbs on the page: which was sent last, and whether it was kept."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import checks, replies, scripted
from tests.browser.conftest import Watch
from tests.browser.feedback import CITED, FEEDBACK, NOTHING, RIGHT, SHOWN, WRONG, press, pressed

pytestmark = pytest.mark.browser


def test_a_thumb_by_keyboard_sends_the_exact_citations_and_is_told(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    assert pressed(page) == ["false", "false"]
    said = press(page, RIGHT)
    assert said == {"question": replies.ANSWERED, "abstained": False, "citations": CITED, "helpful": True}
    expect(page.get_by_role("status")).to_have_text("Kept: this is right.")
    expect(page.get_by_role("button", name=RIGHT)).to_be_focused()
    assert pressed(page) == ["true", "false"]
    expect(page.get_by_role("form", name="Correction")).to_be_hidden()


def test_a_thumb_on_an_abstention_says_that_it_is_one(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.UNANSWERED)
    expected = {"question": replies.UNANSWERED, "abstained": True, "citations": [], "helpful": False}
    assert press(page, WRONG) == expected
    expect(page.get_by_label(SHOWN)).to_be_visible()
    expect(page.get_by_label(NOTHING)).to_have_count(0)


def test_a_reply_of_an_empty_library_has_no_thumbs(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.EMPTY)
    expect(page.locator(".thumb")).to_have_count(0)


def test_the_same_thumb_is_sent_once_and_another_replaces_it(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    sent = list[bool]()
    page.on("request", lambda one: sent.append(checks.body_of(one)["helpful"]) if "feedback" in one.url else None)
    press(page, RIGHT)
    page.get_by_role("button", name=RIGHT).click()
    press(page, WRONG)
    assert pressed(page) == ["false", "true"]
    press(page, RIGHT)
    assert sent == [True, False, True]
    assert pressed(page) == ["true", "false"]
    expect(page.get_by_role("form", name="Correction")).to_be_hidden()


def test_of_thumbs_pressed_in_haste_the_last_is_kept_last(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    sent = list[Route]()

    def hold_the_first(route: Route) -> None:
        sent.append(route)
        if len(sent) > 1:
            route.continue_()

    page.route(FEEDBACK, hold_the_first)
    page.get_by_role("button", name=RIGHT).click()
    page.get_by_role("button", name=WRONG).click()
    expect(page.get_by_role("status")).to_have_text("Sending your feedback…")
    assert len(sent) == 1, "the second waits for the first"
    sent[0].continue_()
    expect(page.get_by_role("button", name=WRONG)).to_have_attribute("aria-pressed", "true")
    assert [checks.body_of(one.request)["helpful"] for one in sent] == [True, False]


def test_a_thumb_that_may_be_lost_is_told_and_can_be_sent_again(page: Page, base_url: str, watch: Watch) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    press(page, RIGHT)
    page.route(FEEDBACK, lambda route: route.abort())
    page.get_by_role("button", name=WRONG).click()
    alert = page.locator("#feedback").get_by_role("alert")
    expect(alert).to_contain_text("It is not certain that your feedback was kept.")
    expect(page.get_by_role("status")).to_be_empty(timeout=1_000)
    assert pressed(page) == ["true", "false"]
    page.unroute(FEEDBACK)
    assert press(page, RIGHT)["helpful"] is True, "nobody knows which of the two was kept"
    expect(alert).to_have_count(0)
    page.route(FEEDBACK, lambda route: route.abort())
    page.get_by_role("button", name=WRONG).click()
    expect(alert).to_have_count(1)
    page.unroute(FEEDBACK)
    assert press(page, "Try again")["helpful"] is False
    expect(page.get_by_role("button", name=WRONG)).to_be_focused()
    assert pressed(page) == ["false", "true"]
    watch.complaints = [one for one in watch.complaints if "ERR_FAILED" not in one]


def test_a_thumb_that_nobody_answers_in_time_is_told_as_such(page: Page, base_url: str) -> None:
    page.add_init_script("const soon = AbortSignal.timeout(50); AbortSignal.timeout = () => soon;")
    page.route(FEEDBACK, lambda _: None)
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    page.get_by_role("button", name=RIGHT).click()
    alert = page.locator("#feedback").get_by_role("alert")
    expect(alert).to_contain_text("It is not certain that your feedback was kept.")
    expect(alert).to_contain_text("No answer came in time.")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()


def test_a_refusal_that_comes_late_does_not_take_the_key_that_was_given_since(
    page: Page, base_url: str, watch: Watch
) -> None:
    watch.expected_statuses.add(401)
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    held = list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route(FEEDBACK, hold)
    page.get_by_role("button", name=RIGHT).click()
    page.route("**/v1/ask", lambda route: route.fulfill(status=401, json={"title": "A key is needed"}), times=1)
    question = page.get_by_label("Your question")
    question.fill(replies.UNANSWERED)
    question.press("Enter")
    key = page.get_by_label("API key")
    key.fill(replies.KEY)
    key.press("Enter")
    expect(page.get_by_text("No passage says enough")).to_be_visible()
    with page.expect_response(FEEDBACK):
        held[0].fulfill(status=401, json={"title": "A key is needed"})
    with page.expect_request("**/v1/ask") as sent:
        question.fill(replies.ANSWERED)
        question.press("Enter")
    assert sent.value.headers["authorization"] == f"Bearer {replies.KEY}"


def test_a_key_is_asked_for_where_feedback_needs_one(page: Page, watch: Watch) -> None:
    watch.expected_statuses.add(401)
    with scripted.serving(scripted.scripted_app(key=replies.KEY)) as locked:
        page.goto(f"{locked}/?{urlencode({'q': replies.ANSWERED})}")
        page.get_by_label("API key").fill(replies.KEY)
        page.get_by_label("API key").press("Enter")
        expect(page.locator(".answer-text")).to_be_visible()
        page.evaluate("sessionStorage.clear()")
        page.get_by_role("button", name=WRONG).click()
        feedback = page.locator("#feedback")
        expect(feedback.get_by_role("alert")).to_contain_text("Your feedback was not kept.A key is needed.")
        page.get_by_label("Follow-up question").fill(replies.FOLLOW_UP)
        page.keyboard.press("Enter")
        expect(page.get_by_label("API key")).to_have_count(2)
        checks.assert_accessible(page)
        feedback.get_by_label("API key").fill(replies.KEY)
        with page.expect_request(FEEDBACK) as sent:
            feedback.get_by_label("API key").press("Enter")
        assert sent.value.headers["authorization"] == f"Bearer {replies.KEY}"
        expect(page.get_by_role("button", name=WRONG)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name=WRONG)).to_be_focused()
