"""`python -m eval.cost.question_parts HOME QUESTIONS`: Byline's side of `eval.cost.question`, which times itself.

It says `[]` when it is warm, then answers each line of its input with one line of JSON, for each question the
milliseconds by part: after `whole` of the engine's `ask`, after `parts` of what `ask` does, step by step.
"""

import json
import sys
import time
from pathlib import Path

from indexing.late.maxsim import maxsim
from indexing.late.pieces import loaded
from indexing.late.question import asked_pieces
from indexing.lexical.questions import question_terms
from indexing.ranking import Ranking
from service.compose import Parts, opened
from service.core.engine import Engine
from service.core.extract import best_sentences
from service.core.fuse import DENSE_WEIGHT, convex
from service.core.retrieve import CANDIDATES, READ, RERANKED
from service.core.values import Hit
from service.settings import load_settings

K = 10
"""Passages asked for."""
WARM_UP = 20
"""Questions asked before any is timed."""


def whole(engine: Engine, question: str) -> dict[str, float]:
    """One question as a caller in this process asks it; the steps are those that the reply tells."""
    begun = time.perf_counter()
    reply = engine.ask(question, k=K)
    return {**reply.timings_ms, "total": 1000 * (time.perf_counter() - begun)}


def in_parts(parts: Parts, question: str) -> dict[str, float]:
    """What `ask` does with a question that names no date, in its order and on the objects that it uses.

    Passages come in the order of MaxSim alone, which costs the same as the core's.
    """
    watch = _Watch()
    encoded = parts.encoder.encode_question_with_pieces(question)
    terms = question_terms(question)
    watch.lap("encode the question")
    with parts.index.reading() as (snapshot, view):
        watch.lap("open a snapshot")
        dense = view.by_vector(encoded.vector, k=CANDIDATES)
        watch.lap("dense search")
        lexical = view.by_words(terms, k=CANDIDATES)
        watch.lap("BM25 search")
        fused = convex(dense, lexical, dense_weight=DENSE_WEIGHT).ids[:RERANKED]
        asked = asked_pieces(encoded, question, idf=view.statistics(terms).idf)
        watch.lap("fuse, weigh the question's pieces")
        pieces = {number: loaded(codes) for number, codes in snapshot.pieces(fused.tolist()).items()}
        watch.lap(f"load the piece codes of {RERANKED} passages")
        scores = maxsim(asked, [pieces[number] for number in fused.tolist()])
        watch.lap("MaxSim")
        ranking = Ranking.best(fused, scores, k=K)
        rows = snapshot.passages(ranking.ids.tolist())
        watch.lap(f"read {K} passages")
    hits = [Hit(rows[number], 0.0) for number in ranking.ids[:READ].tolist()]
    best_sentences(asked, hits, pieces)
    watch.lap(f"choose among the sentences of {READ}")
    return watch.laps


class _Watch:
    """Milliseconds since the lap before, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = 1000 * (now - self._last)
        self._last = now


def main() -> None:
    """Times all questions whenever a line says which way."""
    home, file = map(Path, sys.argv[1:])
    questions = json.loads(file.read_text(encoding="utf-8"))
    with opened(load_settings(home=home)) as parts:
        for question in questions[:WARM_UP]:
            whole(parts.engine, question)
            in_parts(parts, question)
        _tell([])
        for line in sys.stdin:
            if line.strip() == "whole":
                _tell([whole(parts.engine, question) for question in questions])
            else:
                _tell([in_parts(parts, question) for question in questions])


def _tell(times: list[dict[str, float]]) -> None:
    sys.stdout.write(json.dumps(times) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
