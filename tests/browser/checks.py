"""Claims about the page that hold for any server: each takes an open page, and a base URL where it goes somewhere."""

import re
from typing import Any
from urllib.parse import quote, urlencode

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

Json = dict[str, Any]


def ask_by_keyboard(page: Page, base_url: str, question: str) -> Json:
    """Type a question at the first page and press Enter; gives what the server answered."""
    page.goto(base_url)
    expect(page.get_by_label("Your question")).to_be_focused()
    with page.expect_response(f"{base_url}/v1/ask") as answered:
        page.keyboard.type(question)
        page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    result: Json = answered.value.json()
    return result


def body_of(request: Request) -> Json:
    """What a request sent as JSON."""
    body: Json = request.post_data_json or {}
    return body


def assert_marks_equal_quotes(page: Page, result: Json) -> None:
    """The marked words of each citation are its quote, to the last code point."""
    marked: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('#passages mark')].map(mark => [mark.dataset.markers, mark.textContent])"
    )
    for citation in result["answer"]["citations"]:
        own = [text for markers, text in marked if str(citation["marker"]) in markers.split()]
        assert "".join(own) == citation["quote"]


def assert_reader_marks(page: Page, base_url: str, place: Json, text: str) -> None:
    """The reader shows every word of the revision, marks exactly this place in it, and has it in view and in focus."""
    query = urlencode({key: place[key] for key in ("revision", "start", "end")})
    page.goto(f"{base_url}/read/{quote(place['article_id'], safe='')}?{query}")
    expect(page.locator("#cited")).to_be_in_viewport()
    expect(page.locator("#cited")).to_be_focused()
    marked: str = page.evaluate("[...document.querySelectorAll('mark')].map(mark => mark.textContent).join('')")
    assert marked == text[place["start"] : place["end"]]
    shown: str = page.evaluate(
        """() => {
            const text = document.querySelector('.text').cloneNode(true);
            text.querySelectorAll('.reason').forEach(label => label.remove());
            return text.textContent;
        }"""
    )
    assert shown == text


def assert_no_sideways_scroll(page: Page) -> None:
    """Nothing is wider than the window."""
    width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= window


def assert_large_for_fingers(page: Page) -> None:
    """Whatever can be pressed answers to a finger on at least 44 pixels from top to bottom (WCAG 2.2, 2.5.5)."""
    small: list[list[Any]] = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, label.choice, input, textarea')]
            .filter(node => node.checkVisibility() && !node.closest('label.choice > *'))
            .map(node => [node.outerHTML, Math.max(node.getBoundingClientRect().height,
                                                   parseFloat(getComputedStyle(node, '::after').height) || 0)])
            .filter(([, height]) => height < 43.5)"""
    )
    assert small == [], small


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def background(page: Page) -> float:
    """The relative luminance of the page's ground: 0 black, 1 white (WCAG 2.2)."""
    return _luminance(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def assert_readable(page: Page) -> None:
    """Every visible text has the contrast of 4.5 to 1 that WCAG 2.2 asks of small text (level AA)."""
    pairs: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(node => node.checkVisibility() && [...node.childNodes].some(
                child => child.nodeType === Node.TEXT_NODE && child.textContent.trim() !== ''))
            .map(node => {
                let ground = node;
                while (ground.parentElement && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)')
                    ground = ground.parentElement;
                return [node.textContent, getComputedStyle(node).color, getComputedStyle(ground).backgroundColor];
            })"""
    )
    assert pairs
    for text, ink, paper in pairs:
        light, dark = sorted([_luminance(ink), _luminance(paper)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text!r}: {ink} on {paper}"


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing that it calls serious or critical, nor an id that is given twice."""
    results = Axe().run(page, options={"resultTypes": ["violations"], "rules": {"duplicate-id": {"enabled": True}}})
    grave = [
        (found["id"], found["impact"], [node["html"] for node in found["nodes"]])
        for found in results.response["violations"]
        if found["impact"] in {"serious", "critical"} or found["id"] == "duplicate-id"
    ]
    assert grave == [], grave
