"""What pages link to or name is there, and README leads to every page."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, read


def anchors(page: Path) -> set[str]:
    """What links to headings of the page name, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("*.md"), *(ROOT / "eval").rglob("*.md")], ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", read(page)):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", [*PAGES[1:], *ROOT.glob("*.md")], ids=str)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(r"`((?:corpus|deploy|eval|indexing|service|tests)/[\w./-]+)`", read(page))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_page_is_linked_from_readme() -> None:
    assert [page.name for page in PAGES[1:] if f"](docs/{page.name}" not in read(PAGES[0])] == []
