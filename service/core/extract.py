"""Extractive answers: the one or two sentences of the best passages that fit the question most."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.encoders.protocol import Encoder
from indexing.lexical.questions import question_terms
from indexing.sentences import sentences
from service.core.cues import has_cue, opens_with_pronoun
from service.core.retrieve import Query
from service.core.values import Citation, Hit, cite

# Accepted answer contained with one sentence / with two, on the development half of our question set and on 340
# questions of SQuAD 2.0: similarity and passage alone .42 / .54 and .64 / .78; with the rest .43 / .54 and .63 / .78.
# What the rest buys is not the average but that a sentence which only repeats the question is not taken for its answer.
PASSAGES = 3
"""Best passages whose sentences are looked at."""
NEWS_TERMS = 8
"""A sentence with this many terms that the question lacks is full of news; one with none only repeats the question."""
_HEADING = re.compile(r"#{1,6}\s")
SECOND_SHARE = 0.7
"""A second sentence is cited if its score is at least this share of the first one's."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts for a sentence beside its similarity to the question, which counts 1."""

    carry: float = 0.3
    """Share of its predecessor's similarity that a sentence beginning with a pronoun inherits: "He feared ..." is about
    whom the sentence before it named."""
    passage: float = 0.15
    """Of the fused score of the passage it stands in."""
    cue: float = 0.15
    """Of holding such words as the question asks for: a reason, a time, a number."""
    news: float = 0.15
    """Of saying more than the question does."""

    @property
    def highest(self) -> float:
        """The score of a sentence that has all of it."""
        return 1 + self.carry + self.passage + self.cue + self.news


SHIPPED = Weights()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage, and how well it fits the question."""

    passage: PassageRow
    within: Span
    """In the passage's text."""
    score: float = 0.0

    @property
    def place(self) -> tuple[str, str, int, int]:
        """Where it stands in the library: overlapping passages hold the same sentence at the same place."""
        start = self.passage.span.start
        return self.passage.article_id, self.passage.revision, start + self.within.start, start + self.within.end

    @property
    def text(self) -> str:
        """Its words."""
        return self.within.of(self.passage.text)


def best_sentences(
    question: str, query: Query, hits: Sequence[Hit], *, encoder: Encoder, weights: Weights = SHIPPED
) -> list[Sentence]:
    """The sentences of the best passages, best first; each place of the library once. Scores are 1 at most."""
    looked_at = [[Sentence(hit.passage, within) for within in _inside(hit.passage)] for hit in hits[:PASSAGES]]
    texts = [sentence.text for passage in looked_at for sentence in passage]
    similarities = iter((encoder.encode_passages(texts) @ query.vector).tolist())
    asked = set(question_terms(question))
    best: dict[tuple[str, str, int, int], Sentence] = {}
    for hit, passage in zip(hits, looked_at, strict=False):
        before = 0.0
        for sentence in passage:
            similarity = next(similarities)
            before = similarity + (weights.carry * max(0.0, before) if opens_with_pronoun(sentence.text) else 0.0)
            news = len(set(question_terms(sentence.text)) - asked)
            score = (
                before
                + weights.passage * hit.score
                + weights.cue * has_cue(question, sentence.text)
                + weights.news * min(1.0, news / NEWS_TERMS)
            )
            scored = replace(sentence, score=score / weights.highest)
            former = best.get(scored.place)
            if former is None or former.score < scored.score:
                best[scored.place] = scored
    return sorted(best.values(), key=lambda sentence: sentence.score, reverse=True)


def citations_of(ranked: Sequence[Sentence]) -> tuple[Citation, ...]:
    """The best sentence, and the second if it is nearly as good."""
    chosen = [sentence for sentence in ranked[:2] if sentence.score >= SECOND_SHARE * ranked[0].score]
    return tuple(
        cite(sentence.passage, sentence.within, marker=number, score=max(0.0, sentence.score))
        for number, sentence in enumerate(chosen, start=1)
    )


def _inside(passage: PassageRow) -> list[Span]:
    """The sentences of a passage without its headings, which announce an answer and hold none."""
    found = sentences(passage.text, Span(0, len(passage.text)))
    return [span for span in found if not _HEADING.match(span.of(passage.text))]
