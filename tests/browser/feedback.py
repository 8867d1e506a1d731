"""Thumbs and the form for corrections, as a reader uses them."""

from playwright.sync_api import Locator, Page, expect

from tests.browser import checks, replies
from tests.service.replied import VERIFIED

RIGHT, WRONG = "This is right", "This is wrong"
NOTHING, SHOWN = "The articles do not answer this", "The answer stands in the passages"
FEEDBACK = "**/v1/feedback"
CITED = [{key: one[key] for key in VERIFIED} for one in replies.CITED]


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
