"""The page on the real service: ask, read the cited words, open the article at them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from eval.questions.reading import read_questions
from service.keys.limit import Limit
from service.keys.store import create_key
from tests.browser.conftest import Watch
from tests.fakes import fake_parts
from tests.service.cli_runs import byline, succeeded
from tests.service.serving import serving

pytestmark = pytest.mark.browser

TEXT = (
    "🌊🌊 The harbour of Salthaven reopened on Tuesday. Engineers had checked all 14 cranes.\n\n"
    "The council kept it closed because it feared that a crane would fall. Nobody was hurt.\n\n"
    "Sign up to our newsletter"
)
FERRY = "Ferry fares rise by a tenth in May. The operator of the ferry blames the price of fuel."
QUOTE = "The council kept it closed because it feared that a crane would fall."


ARTICLES = {
    "harbour news": {
        "text": TEXT,
        "title": "Harbour <b>reopens</b>",
        "publisher": "The Courier",
        "published_at": "2024-01-16",
    },
    "ferry": {
        "text": FERRY,
        "title": "Ferry fares rise",
        "publisher": "Coast & Country",
        "published_at": "2023-11-02",
    },
}


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    with serving(fake_parts(home, answerable_threshold=0.22)) as client:
        for article_id, body in ARTICLES.items():
            assert client.put(f"/v1/articles/{article_id}", json=body).status_code == 201
        yield str(client.base_url)


def test_a_question_leads_to_the_cited_words_in_the_article(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.type("Why did the council keep it closed?")
    page.keyboard.press("Enter")
    expect(page.locator("main mark", has_text=QUOTE)).to_be_visible()
    expect(page.get_by_text("Harbour <b>reopens</b>").first).to_be_visible()
    expect(page.get_by_text("The Courier").first).to_be_visible()
    page.get_by_role("link", name="Open in article").first.click()
    page.wait_for_url("**/read/harbour%20news?*")
    expect(page.locator("mark").first).to_have_text(QUOTE)
    expect(page.get_by_text("Sign up to our newsletter")).to_be_visible()


def test_an_abstention_is_shown_with_the_nearest_passages(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=quantum chromodynamics lattice gauge")
    expect(page.get_by_text("the articles do not answer this", exact=False)).to_have_count(1)
    expect(page.get_by_text("the articles do not answer this", exact=False)).to_be_visible()
    expect(page.get_by_text("Engineers had checked", exact=False).first).to_be_attached()


def test_a_thread_leans_on_its_first_question_and_every_passage_says_why_it_ranks(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=Why did the council keep it closed?")
    expect(page.locator("main mark", has_text=QUOTE)).to_be_visible()
    page.get_by_label("Follow-up question").fill("And why did it fear that?")
    page.keyboard.press("Enter")
    expect(page.locator("#answer-2 .searched")).to_contain_text("Why did the council keep it closed?")
    expect(page.locator(".turn .passage .why")).to_have_count(page.locator(".passage").count())
    page.locator("#passage-1 .why > summary").click()
    expect(page.locator("#passage-1 .why dd").nth(4)).to_contain_text("council")


def test_filters_are_the_publishers_and_days_of_the_library(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#filters > summary").click()
    expect(page.locator(".choice")).to_have_text(["Coast & Country1 article", "The Courier1 article"])
    page.get_by_role("checkbox", name="Coast & Country").check()
    page.get_by_label("Your question").fill("Why do ferry fares rise?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".passage .publisher").first).to_have_text("Coast & Country")
    assert set(page.locator(".passage .publisher").all_inner_texts()) == {"Coast & Country"}
    page.get_by_label("Published to").fill("2022-01-01")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer")).to_contain_text("No article meets the filters.")
    expect(page.locator("#empty")).to_be_hidden()


def test_the_server_refuses_a_filter_of_the_address_at_its_field(page: Page, address: str, watch: Watch) -> None:
    watch.expected_statuses.add(422)
    page.goto(f"{address}/?q=ferry&from=soon")
    expect(page.get_by_label("Published from")).to_have_accessible_description(re.compile("'soon' is not a date"))
    page.goto(f"{address}/?q=ferry&from=2024-02-01&to=2024-01-01")
    expect(page.get_by_label("Published to")).to_have_accessible_description(re.compile("is after published_to"))


def test_what_the_server_refuses_is_told_once_and_in_words(page: Page, address: str, watch: Watch) -> None:
    watch.expected_statuses |= {404, 422}
    page.goto(address)
    page.get_by_label("Your question").fill("why " * 600)
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Question: it has 2,399 characters, at most 2,000 are allowed.")
    page.goto(f"{address}/read/nothing")
    expect(alert).to_have_text("No article 'nothing'.")


def test_a_rate_that_is_used_up_is_told_once_with_when_to_come_back(
    page: Page, address: str, home: Path, watch: Watch
) -> None:
    watch.expected_statuses |= {401, 429}
    _, key = create_key(home, "slow", limit=Limit(per_minute=1, burst=1))
    page.goto(address)
    page.get_by_label("Your question").fill("Why was it closed?")
    page.keyboard.press("Enter")
    page.get_by_label("API key").fill(key)
    page.get_by_label("API key").press("Enter")
    # the key's one request may have gone to the list of publishers
    page.get_by_role("button", name="Ask").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"again in \d+ s"))
    expect(alert).not_to_contain_text("asks to wait")


def test_an_empty_library_says_how_to_add_articles(page: Page, tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client:
        page.goto(str(client.base_url))
        expect(page.get_by_role("heading", name="There are no articles yet")).to_be_visible()
        page.keyboard.type("Is there anything?")
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text("There are no articles yet.")
        expect(page.get_by_text("byline add FOLDER")).to_be_visible()


def test_thumbs_with_a_key_for_reading_become_questions_of_the_evaluator(
    page: Page, address: str, home: Path, tmp_path: Path, watch: Watch
) -> None:
    watch.expected_statuses.add(401)
    _, key = create_key(home, "reader")
    question, follow_up = "Why did the council keep it closed?", "And why did it fear that?"
    page.goto(f"{address}/?{urlencode({'q': question})}")
    expect(page.get_by_role("alert")).to_contain_text("This needs an API key.")
    page.get_by_label("API key").fill("wrong")
    page.get_by_label("API key").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This API key is unknown or was revoked.")
    page.get_by_label("API key").fill(key)
    page.get_by_label("API key").press("Enter")
    thumbs = page.locator("#feedback")
    thumbs.get_by_role("button", name="This is right").click()
    expect(thumbs.get_by_role("button", name="This is right")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Follow-up question").fill(follow_up)
    page.keyboard.press("Enter")
    correction = page.locator("#feedback-2")
    correction.get_by_role("button", name="This is wrong").click()
    correction.get_by_label("The answer stands in the passages").check()
    correction.locator("summary", has_text="Harbour").first.click()
    correction.get_by_label("🌊🌊 The harbour of Salthaven reopened on Tuesday.").check()
    correction.get_by_label("The answer in a few words").fill("on Tuesday")
    correction.get_by_label("Comment").fill("<b>When</b> was meant.")
    correction.get_by_role("button", name="Send").click()
    expect(correction.get_by_role("button", name="Change it")).to_be_focused()
    exported = tmp_path / "questions.jsonl"
    exported.write_text(succeeded(byline("feedback", "export", home=home)).out, encoding="utf-8")
    right, corrected = read_questions(exported)
    assert (right.text, right.tags) == (question, ("feedback", "helpful"))
    assert QUOTE in [one.quote for one in right.evidence]
    assert (corrected.text, corrected.earlier, corrected.answers) == (follow_up, (question,), ("on Tuesday",))
    assert [(one.article, one.quote) for one in corrected.evidence] == [
        ("harbour news", "🌊🌊 The harbour of Salthaven reopened on Tuesday.")
    ]
