"""A headless Chromium, and a page that fails its test on any outside request, script error or policy violation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.browser.scripted import scripted_app, serving

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@dataclass
class Watch:
    """What a page did besides showing itself."""

    expected_statuses: set[int] = field(default_factory=set)
    hosts: set[str | None] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).hostname)

    def console(self, message: ConsoleMessage) -> None:
        answered = {f"the server responded with a status of {status}" for status in self.expected_statuses}
        if message.type in {"error", "warning"} and not any(part in message.text for part in answered):
            self.complaints.append(message.text)

    def error(self, error: Exception) -> None:
        self.complaints.append(str(error))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def base_url() -> Iterator[str]:
    with serving(scripted_app()) as url:
        yield url


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(chromium: Browser, watch: Watch) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.on("request", watch.request)
    context.on("console", watch.console)
    context.on("weberror", lambda web_error: watch.error(web_error.error))
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()
    assert watch.hosts <= {"127.0.0.1"}, "the page asked another host"
    assert watch.complaints == []
