"""The page on the real service: ask, read the cited words, open the article at them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fakes import fake_parts
from tests.service.serving import serving

pytestmark = pytest.mark.browser

TEXT = (
    "🌊🌊 The harbour of Salthaven reopened on Tuesday. Engineers had checked all 14 cranes.\n\n"
    "The council kept it closed because it feared that a crane would fall. Nobody was hurt.\n\n"
    "Sign up to our newsletter"
)
QUOTE = "The council kept it closed because it feared that a crane would fall."


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(fake_parts(tmp_path_factory.mktemp("home"), answerable_threshold=0.22)) as client:
        facts = {"title": "Harbour <b>reopens</b>", "publisher": "The Courier", "published_at": "2024-01-16"}
        body = {"text": TEXT, **facts}
        assert client.put("/v1/articles/harbour news", json=body).status_code == 201
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
    expect(page.get_by_text("the articles do not answer this", exact=False).first).to_be_visible()
    expect(page.get_by_text("Engineers had checked", exact=False).first).to_be_attached()
