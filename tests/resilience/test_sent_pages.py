"""Pages that are sent to the service are read as files are: by another process, within bounds, while it goes on."""

import sys
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from corpus.readers.confine import Bounds
from corpus.readers.process import ReaderProcess
from tests.fakes import fake_parts
from tests.resilience.poison import HIDDEN, TEXT
from tests.service.serving import serving

PAGE = f"<html><body><article><p>{TEXT}</p></article></body></html>"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel bounds no memory here")
def test_a_page_that_takes_too_much_is_refused_and_other_articles_are_stored(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path)
    # less than it takes to import what reads pages
    parts.reading = ReaderProcess(Bounds(memory_mb=40))
    with serving(parts) as http:
        refused = http.put("/v1/articles/page", json={"format": "html", "text": PAGE})
        assert refused.status_code == 422
        assert "more than 40 MB of memory" in refused.json()["detail"]
        assert http.get("/v1/articles/page").status_code == 404
        assert http.put("/v1/articles/plain", json={"text": TEXT}).status_code == 201


def test_while_a_page_is_read_everything_else_is_answered(tmp_path: Path) -> None:
    """The page waits for the process that reads, here because a file is read that does not end."""
    parts = fake_parts(tmp_path)
    with serving(parts) as http, closing(ReaderProcess()) as held:
        parts.reading = held
        held._lock.acquire()
        replies = list[int]()

        def send() -> None:
            with httpx.Client(base_url=http.base_url) as own:
                replies.append(own.put("/v1/articles/page", json={"format": "html", "text": PAGE}).status_code)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(5):
                assert http.put("/v1/articles/plain", json={"text": TEXT}).status_code in {200, 201}
                assert http.get("/v1/articles/plain").status_code == 200
            assert replies == []
        finally:
            held._lock.release()
            sender.join()
        assert replies == [201]


def test_what_names_a_sent_article_is_cleaned_and_its_words_are_not(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as http:
        body = {"text": TEXT + HIDDEN, "title": HIDDEN, "publisher": HIDDEN, "author": HIDDEN}
        assert http.put("/v1/articles/steers", json=body).status_code == 201
        stored = http.get("/v1/articles/steers").json()
        assert stored["text"] == TEXT + HIDDEN
        assert {stored[name] for name in ("title", "publisher", "author")} == {"gnp.exe zero [31m"}
        refused = http.put("/v1/articles/none", json={"text": TEXT, "publisher": "", "title": "\u202e"})
        assert refused.json()["errors"] == [{"field": "title", "message": "it is empty"}]
