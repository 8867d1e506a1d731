"""Doubles that enter by the real doors: parts built around an encoder without a model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import regex

from indexing.rerankers.protocol import Reranker, Scores
from service.compose import Parts
from service.settings import Settings, load_settings
from tests.words import WordEncoder

__all__ = ["WordEncoder", "WordReranker", "fake_parts", "fake_settings", "reranked_parts"]

_WORD = regex.compile(r"\w+")


def fake_settings(home: Path, **changes: object) -> Settings:
    """Settings for a library in `home`, whatever the environment says of it."""
    return load_settings(home=home).model_copy(update=changes)


class WordReranker:
    """Scores a passage by how often it has one word, its article's title included, whatever is asked."""

    def __init__(self, word: str) -> None:
        self._word = word
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        """What was scored: each question with its passages."""

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        self.asked.append((question, tuple(passages)))
        return np.array([_WORD.findall(passage.lower()).count(self._word) for passage in passages], np.float32)


def fake_parts(home: Path, *, encoder: WordEncoder | None = None, **changes: object) -> Parts:
    """Everything of a process but the model."""
    chosen = encoder or WordEncoder()
    return Parts(fake_settings(home, **changes), encoder=lambda _: chosen)


def reranked_parts(home: Path, reranker: Reranker, **changes: object) -> Parts:
    """The same with a reranker."""
    return Parts(fake_settings(home, **changes), encoder=lambda _: WordEncoder(), reranker=lambda _: reranker)
