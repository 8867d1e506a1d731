"""txtai's Embeddings with content, and its own API as the service."""

import sys
from pathlib import Path
from typing import Any

import torch
from txtai import Embeddings


class Peer:
    """Dense search by its defaults, texts kept in SQLite."""

    def __init__(self, model: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._folder = model

    def load(self) -> None:
        """The model."""
        self._embeddings = Embeddings(path=self._folder, content=True, gpu=False)
        self._embeddings.batchtransform(["hello"])

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """`index` and `save`."""
        self._embeddings.index([(one["id"], one["input"], None) for one in documents])
        self._embeddings.save(folder)

    def open(self, folder: str) -> None:
        """What `save` wrote, with the model that it names."""
        self._embeddings = Embeddings()
        self._embeddings.load(folder)

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """`search`: id, text and score."""
        return [(one["id"], one["text"], float(one["score"])) for one in self._embeddings.search(question, k)]

    def front(self, folder: str, port: int) -> tuple[list[str], dict[str, str]]:
        """`CONFIG=app.yml uvicorn txtai.api:app`, as its documentation starts it."""
        config = Path(folder) / "app.yml"
        config.write_text(f"path: {folder}\nembeddings:\n  path: {self._folder}\n  content: true\n", encoding="utf-8")
        served = ["txtai.api:app", "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
        return [sys.executable, "-m", "uvicorn", *served], {"CONFIG": str(config)}
