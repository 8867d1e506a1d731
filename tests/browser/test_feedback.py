"""What a reader says of a reply on the page: thumbs, what would have been right, and that it was kept or not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser import checks, scripted
from tests.browser.conftest import Watch

pytestmark = pytest.mark.browser
RIGHT, WRONG = "This is right", "This is wrong"
NOTHING, SHOWN = "The articles do not answer this", "The answer stands in the passages"
FEEDBACK = "**/v1/feedback"
CITED = [{key: one[key] for key in ("article_id", "revision", "start", "end", "quote")} for one in scripted.CITED]


def press(page: Page, name: str) -> checks.Json:
    """Press a button that sends something; gives what was sent, once it was kept."""
    with page.expect_response(FEEDBACK) as answered:
        page.get_by_role("button", name=name).press("Enter")
    return checks.body_of(answered.value.request)


def pressed(page: Page) -> list[str | None]:
    return [one.get_attribute("aria-pressed") for one in page.locator(".thumb").all()]


def thumb_down(page: Page, base_url: str, question: str) -> Locator:
    """A question with an answer that is said to be wrong; gives the form for what would be right."""
    checks.ask_by_keyboard(page, base_url, question)
    press(page, WRONG)
    form = page.get_by_role("form", name="Correction")
    expect(form).to_be_visible()
    return form


def open_sentences(form: Locator) -> None:
    form.get_by_label(SHOWN).check()
    for summary in form.locator("summary").all():
        summary.press("Enter")


def test_a_thumb_by_keyboard_sends_the_exact_citations_and_is_told(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, scripted.ANSWERED)
    assert pressed(page) == ["false", "false"]
    said = press(page, RIGHT)
    assert said == {"question": scripted.ANSWERED, "abstained": False, "citations": CITED, "helpful": True}
    expect(page.get_by_role("status")).to_have_text("Kept: this is right.")
    expect(page.get_by_role("button", name=RIGHT)).to_be_focused()
    assert pressed(page) == ["true", "false"]
    expect(page.get_by_role("form", name="Correction")).to_be_hidden()


def test_no_notice_lies_over_the_correction_or_what_stands_in_its_place(page: Page, base_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    form = thumb_down(page, base_url, scripted.ANSWERED)
    expect(page.get_by_role("status")).to_contain_text("Kept: this is wrong.")
    expect(page.get_by_role("status")).not_to_be_in_viewport()
    expect(form.get_by_text("Kept: this is wrong.")).to_be_in_viewport()
    form.get_by_label(NOTHING).check()
    form.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_have_text("What you said was kept.")
    expect(page.get_by_role("status")).not_to_be_in_viewport()
    expect(page.locator("#feedback").get_by_text("What you said was kept.")).to_be_in_viewport()


def test_a_thumb_on_an_abstention_says_that_it_is_one(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, scripted.UNANSWERED)
    expected = {"question": scripted.UNANSWERED, "abstained": True, "citations": [], "helpful": False}
    assert press(page, WRONG) == expected
    expect(page.get_by_label(SHOWN)).to_be_visible()
    expect(page.get_by_label(NOTHING)).to_have_count(0)


def test_a_reply_of_an_empty_library_has_no_thumbs(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, scripted.EMPTY)
    expect(page.locator(".thumb")).to_have_count(0)


def test_the_same_thumb_is_sent_once_and_another_replaces_it(page: Page, base_url: str) -> None:
    checks.ask_by_keyboard(page, base_url, scripted.ANSWERED)
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
    checks.ask_by_keyboard(page, base_url, scripted.ANSWERED)
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
    checks.ask_by_keyboard(page, base_url, scripted.ANSWERED)
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
    checks.ask_by_keyboard(page, base_url, scripted.ANSWERED)
    page.get_by_role("button", name=RIGHT).click()
    alert = page.locator("#feedback").get_by_role("alert")
    expect(alert).to_contain_text("It is not certain that your feedback was kept.")
    expect(alert).to_contain_text("No answer came in time.")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()


def test_a_refusal_that_comes_late_does_not_take_the_key_that_was_given_since(
    page: Page, base_url: str, watch: Watch
) -> None:
    watch.expected_statuses.add(401)
    checks.ask_by_keyboard(page, base_url, scripted.ANSWERED)
    held = list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route(FEEDBACK, hold)
    page.get_by_role("button", name=RIGHT).click()
    page.route("**/v1/ask", lambda route: route.fulfill(status=401, json={"title": "A key is needed"}), times=1)
    question = page.get_by_label("Your question")
    question.fill(scripted.UNANSWERED)
    question.press("Enter")
    key = page.get_by_label("API key")
    key.fill(scripted.KEY)
    key.press("Enter")
    expect(page.get_by_text("No passage says enough")).to_be_visible()
    with page.expect_response(FEEDBACK):
        held[0].fulfill(status=401, json={"title": "A key is needed"})
    with page.expect_request("**/v1/ask") as sent:
        question.fill(scripted.ANSWERED)
        question.press("Enter")
    assert sent.value.headers["authorization"] == f"Bearer {scripted.KEY}"


def test_a_correction_has_the_exact_words_of_the_ticked_sentences(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, scripted.WHY)
    open_sentences(form)
    form.get_by_label("SALTHAVEN").check()
    form.get_by_label(scripted.CAUSE).check()
    form.get_by_label(scripted.DELAY).check()
    expect(form.locator(".count")).to_have_text(["2 chosen", "1 chosen", ""])
    form.get_by_label("The answer in a few words").fill(" washed-out footings ")
    form.get_by_label("Comment").fill("🌊 and the council")
    said = press(page, "Send")
    wall = scripted.WALL["text"].partition(" Nobody")[0]
    evidence = said["correction"]["evidence"]
    assert [one["quote"] for one in evidence] == [wall, scripted.DELAY]
    for one in evidence:
        article = scripted.ARTICLES[one["article_id"]]
        assert article["text"][one["start"] : one["end"]] == one["quote"]
        assert article["revision"] == one["revision"]
    assert (said["correction"]["answers"], said["comment"]) == (["washed-out footings"], "🌊 and the council")
    assert (said["helpful"], said["citations"]) == (False, CITED)
    expect(form).to_be_hidden()
    change = page.get_by_role("button", name="Change it")
    expect(change).to_be_focused()
    change.press("Enter")
    expect(form.get_by_label(scripted.DELAY)).to_be_checked()
    form.get_by_role("button", name="Close").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("button", name=WRONG)).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.get_by_label(scripted.DELAY)).to_be_checked()


def test_that_the_articles_do_not_answer_is_a_correction_without_words(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, scripted.ANSWERED)
    open_sentences(form)
    form.get_by_label(scripted.CAUSE).check()
    form.get_by_label(NOTHING).check()
    assert press(page, "Send")["correction"] == {}


def test_a_comment_alone_is_no_correction(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, scripted.ANSWERED)
    form.get_by_label("Comment").fill("It was long ago.")
    said = press(page, "Send")
    assert (said["comment"], "correction" in said) == ("It was long ago.", False)


def test_what_is_not_filled_in_is_said_at_its_place_and_not_sent(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, scripted.ANSWERED)
    sent = list[str]()
    page.on("request", lambda one: sent.append(one.url))
    form.get_by_role("button", name="Send").click()
    kinds = form.get_by_role("group", name="What would have been right?")
    expect(kinds).to_have_accessible_description("Choose what would have been right, or write a comment.")
    expect(form.get_by_label("I cannot say")).to_be_focused()
    form.get_by_label(SHOWN).check()
    expect(kinds).to_have_accessible_description("")
    form.get_by_label("The answer in a few words").fill("the budget")
    form.get_by_role("button", name="Send").click()
    sentences = form.get_by_role("group", name="Open a passage and tick the sentences that answer")
    expect(sentences).to_have_accessible_description("Tick at least one sentence of a passage.")
    expect(form.locator("summary").first).to_be_focused()
    assert sent == []


def test_what_the_server_refuses_stands_at_its_field_and_nothing_written_is_lost(
    page: Page, base_url: str, watch: Watch
) -> None:
    watch.expected_statuses |= {422, 503}
    form = thumb_down(page, base_url, scripted.ANSWERED)
    comment = form.get_by_label("Comment")
    comment.fill(scripted.TOO_ODD)
    press(page, "Send")
    expect(comment).to_have_accessible_description("it is <b>odd</b>")
    expect(comment).to_be_focused()
    comment.fill(scripted.TOO_EARLY)
    press(page, "Send")
    alert = page.locator("#feedback").get_by_role("alert")
    expect(alert).to_contain_text("Your feedback was not kept.")
    expect(alert).to_contain_text("The server asks to wait for 2 seconds.")
    expect(comment).to_have_value(scripted.TOO_EARLY)
    comment.fill("Now it is another one.")
    assert press(page, "Send")["comment"] == "Now it is another one."
    expect(alert).to_have_count(0)


def test_feedback_in_a_thread_is_of_its_own_turn_with_what_came_before(page: Page, base_url: str) -> None:
    query = urlencode({"q": scripted.ANSWERED, "from": "2023-01-01", "publisher": "Coast & Country"})
    page.goto(f"{base_url}/?{query}#{urlencode({'then': scripted.FOLLOW_UP})}")
    said = press(page, f"{WRONG}: answer 2")
    assert said["question"] == scripted.FOLLOW_UP
    assert said["history"] == [
        {"role": "user", "content": scripted.ANSWERED},
        {"role": "assistant", "content": scripted.RESULTS[scripted.ANSWERED]["answer"]["text"]},
    ]
    assert said["filters"] == {"published_from": "2023-01-01", "publishers": ["Coast & Country"]}
    assert pressed(page) == ["false", "false", "false", "true"]
    page.locator("#feedback").get_by_role("button", name=WRONG).click()
    expect(page.get_by_role("form", name="Correction")).to_have_count(2)
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids))
    page.locator("#feedback-2").get_by_label(NOTHING).check()
    expect(page.locator("#feedback").get_by_label("I cannot say")).to_be_checked()


def test_markup_in_feedback_is_shown_as_text_and_never_runs(page: Page, base_url: str, watch: Watch) -> None:
    watch.expected_statuses.add(422)
    form = thumb_down(page, base_url, scripted.HOSTILE)
    open_sentences(form)
    expect(form.locator(".title")).to_have_text(scripted.TRAP["title"])
    for box in form.get_by_role("checkbox").all():
        box.check()
    markup = f'<img src=x onerror="{scripted.ATTACK}"><script>{scripted.ATTACK}</script>'
    form.get_by_label("The answer in a few words").fill(markup)
    form.get_by_label("Comment").fill(markup)
    said = press(page, "Send")
    assert [one["quote"] for one in said["correction"]["evidence"]] == [scripted.TRAP["text"]]
    assert (said["correction"]["answers"], said["comment"]) == ([markup], markup)
    page.get_by_role("button", name="Change it").click()
    form.get_by_label("Comment").fill(scripted.TOO_ODD)
    press(page, "Send")
    assert page.locator("img, b, script:not([src]), [onerror]").count() == 0
    assert page.evaluate("document.documentElement.dataset.ran") is None


def test_a_key_is_asked_for_where_feedback_needs_one(page: Page, watch: Watch) -> None:
    watch.expected_statuses.add(401)
    with scripted.serving(scripted.scripted_app(key=scripted.KEY)) as locked:
        page.goto(f"{locked}/?{urlencode({'q': scripted.ANSWERED})}")
        page.get_by_label("API key").fill(scripted.KEY)
        page.get_by_label("API key").press("Enter")
        expect(page.locator(".answer-text")).to_be_visible()
        page.evaluate("sessionStorage.clear()")
        page.get_by_role("button", name=WRONG).click()
        feedback = page.locator("#feedback")
        expect(feedback.get_by_role("alert")).to_contain_text("Your feedback was not kept.A key is needed.")
        page.get_by_label("Follow-up question").fill(scripted.FOLLOW_UP)
        page.keyboard.press("Enter")
        expect(page.get_by_label("API key")).to_have_count(2)
        checks.assert_accessible(page)
        feedback.get_by_label("API key").fill(scripted.KEY)
        with page.expect_request(FEEDBACK) as sent:
            feedback.get_by_label("API key").press("Enter")
        assert sent.value.headers["authorization"] == f"Bearer {scripted.KEY}"
        expect(page.get_by_role("button", name=WRONG)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name=WRONG)).to_be_focused()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_form_is_readable_and_wide_enough_to_touch(page: Page, base_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    form = thumb_down(page, base_url, scripted.HOSTILE)
    open_sentences(form)
    form.get_by_role("checkbox").first.check()
    checks.assert_no_sideways_scroll(page)
    for one in [*form.locator(".choice").all(), *page.locator(".thumb").all(), *form.locator("summary").all()]:
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= 36
    page.emulate_media(color_scheme="light" if width == 360 else "dark")
    checks.assert_readable(page)


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
