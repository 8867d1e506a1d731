"""Threads on the page: follow-ups with what was said before, kept apart, and kept in the address."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser


def follow_up(page: Page, question: str) -> None:
    page.get_by_label("Follow-up question").fill(question)
    page.keyboard.press("Enter")


def thread(base_url: str, question: str, *follow_ups: str) -> str:
    fragment = urlencode([("then", one) for one in follow_ups])
    return f"{base_url}/?{urlencode({'q': question})}" + (f"#{fragment}" if fragment else "")


def test_a_follow_up_carries_the_turns_before_and_stands_below_them(page: Page, base_url: str) -> None:
    first = checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    with page.expect_request(f"{base_url}/v1/ask") as sent:
        follow_up(page, replies.FOLLOW_UP)
    history = [
        {"role": "user", "content": replies.ANSWERED},
        {"role": "assistant", "content": first["answer"]["text"]},
    ]
    assert checks.body_of(sent.value) == {"question": replies.FOLLOW_UP, "explain": True, "history": history}
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED, replies.FOLLOW_UP])
    expect(page.locator("#answer-2 .searched")).to_have_text(f"Searched for: {replies.REWRITTEN}")
    expect(page.locator("#answer .searched")).to_have_count(0)
    expect(page.locator("#answer-2")).to_be_focused()
    expect(page.locator("#answer-2")).to_be_in_viewport()
    expect(page.get_by_label("Follow-up question")).to_have_value("")


def test_the_answer_to_a_follow_up_comes_to_the_top_of_the_window(page: Page, base_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    follow_up(page, replies.FOLLOW_UP)
    expect(page.locator("#answer-2 .answer-text")).to_be_visible()
    place = page.locator("#answer-2").bounding_box()
    assert place is not None
    assert 0 <= place["y"] < 100


def test_an_abstention_is_a_turn_too(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.UNANSWERED)
    with page.expect_request(f"{base_url}/v1/ask") as sent:
        follow_up(page, replies.ANSWERED)
    said = checks.body_of(sent.value)["history"][1]["content"]
    assert said == "The articles do not answer this."


def test_no_two_elements_of_a_thread_share_an_id_and_each_marker_stays_in_its_turn(page: Page, base_url: str) -> None:
    page.goto(thread(base_url, replies.ANSWERED, replies.FOLLOW_UP, replies.ANSWERED))
    expect(page.locator(".asked")).to_have_count(3)
    expect(page.locator("#answer-3 .answer-text")).to_be_visible()
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids))
    page.locator("#answer-3").get_by_role("link", name="Citation 1").click()
    expect(page.locator("#turn-3-passage-1")).to_be_focused()
    page.locator("#passages-2").get_by_role("link", name="Back to citation 1 in the answer").click()
    expect(page.locator("#turn-2-ref-1")).to_be_focused()


def test_the_address_carries_the_thread_through_reload_back_and_forward(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    follow_up(page, replies.FOLLOW_UP)
    expect(page.locator(".asked")).to_have_count(2)
    assert page.url == thread(base_url, replies.ANSWERED, replies.FOLLOW_UP)
    page.reload()
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED, replies.FOLLOW_UP])
    page.go_back()
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED])
    expect(page.get_by_label("Your question")).to_have_value(replies.ANSWERED)
    page.go_forward()
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED, replies.FOLLOW_UP])


def test_going_back_asks_nothing_again(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    follow_up(page, replies.FOLLOW_UP)
    expect(page.locator("#answer-2 .answer-text")).to_be_visible()
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.url))
    page.go_back()
    expect(page.locator(".asked")).to_have_count(1)
    assert not [url for url in sent if "/v1/" in url]


def test_a_new_question_begins_a_new_thread_and_so_does_the_link(page: Page, base_url: str) -> None:
    page.goto(thread(base_url, replies.ANSWERED, replies.FOLLOW_UP))
    expect(page.locator(".asked")).to_have_count(2)
    with page.expect_request(f"{base_url}/v1/ask") as sent:
        page.get_by_label("Your question").fill(replies.SEVERAL)
        page.get_by_role("button", name="Ask").click()
    assert "history" not in checks.body_of(sent.value)
    expect(page.locator(".asked")).to_have_text([replies.SEVERAL])
    assert page.url == thread(base_url, replies.SEVERAL)
    page.get_by_role("link", name="New thread").click()
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.locator(".asked")).to_have_count(0)


def test_an_empty_follow_up_is_refused_at_its_field(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    follow_up(page, "  ")
    field = page.get_by_label("Follow-up question")
    expect(field).to_have_accessible_description("Write a question first.")
    expect(field).to_be_focused()
    expect(page.locator(".asked")).to_have_count(1)


def test_a_follow_up_that_fails_leaves_the_turns_before_and_can_be_put_otherwise(
    page: Page, base_url: str, watch: Watch
) -> None:
    watch.expected_statuses |= {422, 503}
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    follow_up(page, replies.UNAVAILABLE)
    expect(page.get_by_role("alert")).to_contain_text("The index is not ready")
    with page.expect_response(f"{base_url}/v1/ask"):
        page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("The index is not ready")
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED])
    expect(page.get_by_label("Follow-up question")).to_have_value(replies.UNAVAILABLE)
    follow_up(page, replies.REFUSED)
    expect(page.get_by_role("alert")).to_contain_text("The question was not accepted")
    follow_up(page, replies.FOLLOW_UP)
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED, replies.FOLLOW_UP])
    expect(page.get_by_role("alert")).to_be_empty()
    assert page.url == thread(base_url, replies.ANSWERED, replies.FOLLOW_UP)


def test_an_address_never_asks_more_than_twenty_questions(page: Page, base_url: str) -> None:
    page.goto(thread(base_url, replies.ANSWERED, *[replies.FOLLOW_UP] * 40))
    expect(page.locator("#answer-20 .answer-text")).to_be_visible()
    expect(page.get_by_label("Follow-up question")).to_be_disabled()
    expect(page.locator(".asked")).to_have_count(20)


def test_history_can_be_walked_while_an_answer_is_under_way(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, replies.ANSWERED)
    follow_up(page, replies.SLOW)
    expect(page.locator("#answer-2")).to_contain_text("Searching the articles…")
    page.go_back()
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED])
    page.wait_for_timeout(replies.SLOW_SECONDS * 1000)
    expect(page.locator(".asked")).to_have_text([replies.ANSWERED])
    expect(page.get_by_label("Follow-up question")).to_be_visible()
