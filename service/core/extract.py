"""Extractive answers: the sentence or two of the best passages that fit the question most."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.encoders.protocol import Encoder, passage_input
from indexing.lexical.protocol import Statistics
from indexing.lexical.tantivy import analyse
from indexing.sentences import sentences
from service.core.retrieve import Query
from service.core.values import Citation, Hit, cite

_PASSAGES = 3
"""Best passages whose sentences are looked at; each costs about 15 ms of encoding."""
_COSINE_WEIGHT = 0.6
_COVERAGE_WEIGHT = 0.25
_PASSAGE_WEIGHT = 0.15
_SECOND_SHARE = 0.9
"""A second sentence is cited if it fits at least this share as well as the first."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: PassageRow
    within: Span
    hit_score: float

    @property
    def place(self) -> tuple[str, str, int, int]:
        """Where it stands in the library: overlapping passages hold the same sentence at the same place."""
        start = self.passage.span.start
        return self.passage.article_id, self.passage.revision, start + self.within.start, start + self.within.end

    @property
    def text(self) -> str:
        return self.within.of(self.passage.text)


def extract(query: Query, hits: Sequence[Hit], *, encoder: Encoder, statistics: Statistics) -> tuple[Citation, ...]:
    """One citation or two, best first; none only if there are no hits."""
    candidates = _candidates(hits[:_PASSAGES])
    if not candidates:
        return ()
    vectors = encoder.encode_passages(
        [passage_input(candidate.passage.title, candidate.text) for candidate in candidates]
    )
    scored = sorted(
        (
            (
                _COSINE_WEIGHT * float(cosine)
                + _COVERAGE_WEIGHT * coverage(query.terms, candidate.text, statistics=statistics)
                + _PASSAGE_WEIGHT * candidate.hit_score,
                candidate,
            )
            for cosine, candidate in zip(vectors @ query.vector, candidates, strict=True)
        ),
        key=lambda pair: pair[0],
        reverse=True,
    )
    best = scored[0][0]
    chosen = [pair for pair in scored[:2] if pair[0] >= _SECOND_SHARE * best]
    return tuple(
        cite(candidate.passage, candidate.within, marker=number, score=min(1.0, max(0.0, score)))
        for number, (score, candidate) in enumerate(chosen, start=1)
    )


def coverage(terms: Sequence[str], text: str, *, statistics: Statistics) -> float:
    """The share of the question's terms that the text has, rare ones counting for more: 0 to 1, 1 without terms."""
    weights = {term: statistics.idf(term) for term in terms}
    total = sum(weights.values())
    found = set(analyse(text))
    return sum(weight for term, weight in weights.items() if term in found) / total if total else 1.0


def _candidates(hits: Sequence[Hit]) -> list[_Candidate]:
    found: dict[tuple[str, str, int, int], _Candidate] = {}
    for hit in hits:
        text = hit.passage.text
        for within in sentences(text, Span(0, len(text))):
            candidate = _Candidate(hit.passage, within, hit.score)
            found.setdefault(candidate.place, candidate)
    return list(found.values())
