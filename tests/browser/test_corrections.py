"""What a reader corrects on the page: the exact words that would have been right, or that nothing answers."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks, replies
from tests.browser.conftest import Watch
from tests.browser.feedback import CITED, NOTHING, SHOWN, WRONG, open_sentences, press, pressed, thumb_down

pytestmark = pytest.mark.browser


def test_a_correction_has_the_exact_words_of_the_ticked_sentences(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, replies.WHY)
    open_sentences(form)
    form.get_by_label("SALTHAVEN").check()
    form.get_by_label(replies.CAUSE).check()
    form.get_by_label(replies.DELAY).check()
    expect(form.locator(".count")).to_have_text(["2 chosen", "1 chosen", ""])
    form.get_by_label("The answer in a few words").fill(" washed-out footings ")
    form.get_by_label("Comment").fill("🌊 and the council")
    said = press(page, "Send")
    wall = replies.WALL["text"].partition(" Nobody")[0]
    evidence = said["correction"]["evidence"]
    assert [one["quote"] for one in evidence] == [wall, replies.DELAY]
    for one in evidence:
        article = replies.ARTICLES[one["article_id"]]
        assert article["text"][one["start"] : one["end"]] == one["quote"]
        assert article["revision"] == one["revision"]
    assert (said["correction"]["answers"], said["comment"]) == (["washed-out footings"], "🌊 and the council")
    assert (said["helpful"], said["citations"]) == (False, CITED)
    expect(form).to_be_hidden()
    change = page.get_by_role("button", name="Change it")
    expect(change).to_be_focused()
    change.press("Enter")
    expect(form.get_by_label(replies.DELAY)).to_be_checked()
    form.get_by_role("button", name="Close").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("button", name=WRONG)).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.get_by_label(replies.DELAY)).to_be_checked()


def test_that_the_articles_do_not_answer_is_a_correction_without_words(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, replies.ANSWERED)
    open_sentences(form)
    form.get_by_label(replies.CAUSE).check()
    form.get_by_label(NOTHING).check()
    assert press(page, "Send")["correction"] == {}


def test_no_notice_lies_over_the_correction_or_what_stands_in_its_place(page: Page, base_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    form = thumb_down(page, base_url, replies.ANSWERED)
    expect(page.get_by_role("status")).to_contain_text("Kept: this is wrong.")
    expect(page.get_by_role("status")).not_to_be_in_viewport()
    expect(form.get_by_text("Kept: this is wrong.")).to_be_in_viewport()
    form.get_by_label(NOTHING).check()
    form.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_have_text("What you said was kept.")
    expect(page.get_by_role("status")).not_to_be_in_viewport()
    expect(page.locator("#feedback").get_by_text("What you said was kept.")).to_be_in_viewport()


def test_a_comment_alone_is_no_correction(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, replies.ANSWERED)
    form.get_by_label("Comment").fill("It was long ago.")
    said = press(page, "Send")
    assert (said["comment"], "correction" in said) == ("It was long ago.", False)


def test_what_is_not_filled_in_is_said_at_its_place_and_not_sent(page: Page, base_url: str) -> None:
    form = thumb_down(page, base_url, replies.ANSWERED)
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
    form = thumb_down(page, base_url, replies.ANSWERED)
    comment = form.get_by_label("Comment")
    comment.fill(replies.TOO_ODD)
    press(page, "Send")
    expect(comment).to_have_accessible_description("it is <b>odd</b>")
    expect(comment).to_be_focused()
    comment.fill(replies.TOO_EARLY)
    press(page, "Send")
    alert = page.locator("#feedback").get_by_role("alert")
    expect(alert).to_contain_text("Your feedback was not kept.")
    expect(alert).to_contain_text("The server asks to wait for 2 seconds.")
    expect(comment).to_have_value(replies.TOO_EARLY)
    comment.fill("Now it is another one.")
    assert press(page, "Send")["comment"] == "Now it is another one."
    expect(alert).to_have_count(0)


def test_feedback_in_a_thread_is_of_its_own_turn_with_what_came_before(page: Page, base_url: str) -> None:
    query = urlencode({"q": replies.ANSWERED, "from": "2023-01-01", "publisher": "Coast & Country"})
    page.goto(f"{base_url}/?{query}#{urlencode({'then': replies.FOLLOW_UP})}")
    said = press(page, f"{WRONG}: answer 2")
    assert said["question"] == replies.FOLLOW_UP
    assert said["history"] == [
        {"role": "user", "content": replies.ANSWERED},
        {"role": "assistant", "content": replies.RESULTS[replies.ANSWERED]["answer"]["text"]},
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
    form = thumb_down(page, base_url, replies.HOSTILE)
    open_sentences(form)
    expect(form.locator(".title")).to_have_text(replies.TRAP["title"])
    for box in form.get_by_role("checkbox").all():
        box.check()
    markup = f'<img src=x onerror="{replies.ATTACK}"><script>{replies.ATTACK}</script>'
    form.get_by_label("The answer in a few words").fill(markup)
    form.get_by_label("Comment").fill(markup)
    said = press(page, "Send")
    assert [one["quote"] for one in said["correction"]["evidence"]] == [replies.TRAP["text"]]
    assert (said["correction"]["answers"], said["comment"]) == ([markup], markup)
    page.get_by_role("button", name="Change it").click()
    form.get_by_label("Comment").fill(replies.TOO_ODD)
    press(page, "Send")
    assert page.locator("img, b, script:not([src]), [onerror]").count() == 0
    assert page.evaluate("document.documentElement.dataset.ran") is None


@pytest.mark.parametrize("width", [360, 1280])
def test_the_form_is_readable_and_wide_enough_to_touch(page: Page, base_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    form = thumb_down(page, base_url, replies.HOSTILE)
    open_sentences(form)
    form.get_by_role("checkbox").first.check()
    checks.assert_no_sideways_scroll(page)
    for one in [*form.locator(".choice").all(), *page.locator(".thumb").all(), *form.locator("summary").all()]:
        box = one.bounding_box()
        assert box is not None
        assert box["height"] >= 36
    page.emulate_media(color_scheme="light" if width == 360 else "dark")
    checks.assert_readable(page)
