"""Byline by the protocol of its peers: documents as articles of one passage, searched and asked in process."""

import sys
from pathlib import Path
from typing import Any

from service.settings import load_settings
from service.threads import limit_threads


class Peer:
    """The product's default pipeline, its settings those of the environment."""

    def __init__(self, model: str, threads: int) -> None:
        del model  # the default settings name it
        limit_threads(threads)
        # imported only now: numerical libraries read the number of threads when they are loaded
        from service.compose import Parts  # noqa: PLC0415

        self._parts_of = Parts

    def load(self) -> None:
        """The encoder."""
        parts = self._parts_of(load_settings())
        self._encoder = parts.encoder
        self._encoder.encode_question("hello")

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """Split, encoded, durably stored, and a generation of both indexes published."""
        from corpus.article import Article  # noqa: PLC0415
        from indexing.ingest import Draft  # noqa: PLC0415

        parts = self._parts_of(load_settings().in_sqlite(Path(folder)), encoder=lambda _: self._encoder)
        articles = (Article(id=one["id"], title=one["title"], text=one["text"]) for one in documents)
        for _ in parts.ingester.put_all(map(Draft, articles)):
            pass
        parts.rebuild()
        parts.close()

    def open(self, folder: str) -> None:
        """The library."""
        self._parts = self._parts_of(load_settings().in_sqlite(Path(folder)))
        self._engine = self._parts.engine

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """Passages alone."""
        found = self._engine.search(question, k=k)
        return [(hit.passage.article_id, hit.passage.text, hit.score) for hit in found]

    def ask(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """The whole pipeline, answer included."""
        found = self._engine.ask(question, k=k).hits
        return [(hit.passage.article_id, hit.passage.text, hit.score) for hit in found]

    def front(self, folder: str, port: int) -> tuple[list[str], dict[str, str]]:
        """`byline serve`, which encodes every question: those that are offered come again."""
        options = ["--home", folder, "serve", "--host", "127.0.0.1", "--port", str(port)]
        return [sys.executable, "-m", "service.cli.main", *options], {"BYLINE_QUESTION_CACHE_MB": "0"}
