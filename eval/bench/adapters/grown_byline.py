"""Byline by the same protocol, with what only a library that grows is asked for."""

from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.adapters.with_byline import Peer as Byline
from service.settings import load_settings

_READ = 20_000
"""Vectors read at a time."""


class Peer(Byline):
    """A library that is there already."""

    def publish(self, folder: str) -> dict[str, Any]:
        """Builds and publishes both indexes; what the manifest says of the vectors."""
        parts = self._parts_of(load_settings().in_sqlite(Path(folder)))
        manifest = parts.rebuild()
        parts.close()
        (part,) = manifest.parts
        return {"kind": part.vectors.kind, "recall": part.vectors.recall}

    def add(self, title: str, text: str) -> bool:
        """Stores one article in the open library; whether the next search finds it."""
        from corpus.article import Article  # noqa: PLC0415
        from indexing.ingest import Draft  # noqa: PLC0415

        self._parts.ingester.put(Draft(Article(id="added", title=title, text=text)))
        return any(name == "added" for name, _, _ in self.search(title, 10))

    def remove(self) -> None:
        """What `add` stored."""
        self._parts.remove("added")

    def recall(self, questions: list[str], k: int) -> float:
        """Mean share of each question's k nearest passages, by comparison with all vectors, that the index finds."""
        asked = np.stack([self._parts.encoder.encode_question(question) for question in questions])
        with self._parts.index.reading() as (snapshot, view):
            found = [view.by_vector(question, k=k).ids for question in asked]
            ids, scores = np.empty((len(asked), 0), np.int64), np.empty((len(asked), 0), np.float32)
            last = 0
            while len((some := snapshot.vectors_after(last, limit=_READ)).ids):
                last = int(some.ids[-1])
                scores = np.hstack([scores, asked @ some.vectors.astype(np.float32).T])
                ids = np.hstack([ids, np.broadcast_to(some.ids, (len(asked), len(some.ids)))])
                best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
                ids, scores = np.take_along_axis(ids, best, axis=1), np.take_along_axis(scores, best, axis=1)
        shares = [len(np.intersect1d(one, exact)) / len(exact) for one, exact in zip(found, ids, strict=True)]
        return float(np.mean(shares))
