"""The page's files themselves, read without a browser."""

import re

import pytest

from service.page import page_files

FILES = {route: file for route, (_, file) in page_files().items()}


def test_every_route_of_the_page_has_a_file() -> None:
    assert {"/", "/read/{article_id:path}", "/static/style.css", "/static/ask.js", "/static/read.js"} <= FILES.keys()
    assert all(file.is_file() for file in FILES.values())


def test_every_file_a_page_names_is_served() -> None:
    sources = [file.read_text(encoding="utf-8") for file in FILES.values()]
    named = {name for source in sources for name in re.findall(r'(?:href|src)="(/static/[^"]+)"', source)}
    assert named
    assert named <= FILES.keys()


@pytest.mark.parametrize("route", FILES)
def test_no_file_turns_text_into_markup_or_code_or_names_another_host(route: str) -> None:
    source = FILES[route].read_text(encoding="utf-8")
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|parseFromString|document\.write|\beval\b|new Function"
    inline = r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|@import|url\("
    assert re.search(f"{sinks}|{inline}", source) is None
    assert set(re.findall(r"https?://[^\s\"']+", source)) <= {"http://www.w3.org/2000/svg"}
