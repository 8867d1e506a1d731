"""A peer without a library: ranks by shared words, and fails where a question or its folder tells it to."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

FILE = "documents.json"


class Peer:
    """Speaks the protocol of the adapters; `fail` stands in the model's folder if it is to fail in some way."""

    def __init__(self, model: str, threads: int) -> None:
        fails = Path(model) / "fail"
        self._fails = fails.read_text(encoding="utf-8") if fails.exists() else ""
        self._threads = threads
        if self._fails == "made":
            raise ValueError("it cannot be made")

    def load(self) -> None:
        """Nothing to load."""

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """One file."""
        sys.stdout.write("a library's chatter\n")
        if self._fails == "index":
            raise ValueError("it does not index")
        (Path(folder) / FILE).write_text(json.dumps(documents), encoding="utf-8")

    def open(self, folder: str) -> None:
        """That file."""
        self._documents = json.loads((Path(folder) / FILE).read_text(encoding="utf-8"))

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """The documents that share the most words."""
        if self._fails == "exit":
            os._exit(7)
        if self._fails == "slow":
            time.sleep(5)
        asked = set(question.lower().strip("?").split())
        scored = [
            (one["id"], one["text"], float(len(asked & set(one["input"].lower().split())))) for one in self._documents
        ]
        return sorted(scored, key=lambda one: -one[2])[:k]

    def twice(self, number: int) -> int:
        """A method of this adapter alone."""
        return 2 * number
