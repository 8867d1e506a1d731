"""The sentences of the best passages, by how well each fits the question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.late.maxsim import maxsim_of_spans
from indexing.late.pieces import Pieces
from indexing.late.question import AskedPieces
from indexing.sentences import sentences
from service.core.values import Hit

# Accepted answer contained, with one sentence / with two, on dev questions: shipped .48 / .63, SQuAD 2.0 .76 / .85; by
# the cosine of the sentence's own vector .39 / .53 and .56 / .72.
PASSAGE_WEIGHT = 0.5
"""Of the passage's MaxSim beside the sentence's own."""
_HEADING = re.compile(r"#{1,6}\s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage, and how well it fits the question."""

    passage: PassageRow
    within: Span
    """In the passage's text."""
    score: float
    """0 to 1."""

    @property
    def place(self) -> tuple[str, str, int, int]:
        """Where it stands in the library: overlapping passages hold the same sentence at the same place."""
        start = self.passage.span.start
        return self.passage.article_id, self.passage.revision, start + self.within.start, start + self.within.end


def best_sentences(asked: AskedPieces, hits: Sequence[Hit], pieces: Mapping[int, Pieces]) -> list[Sentence]:
    """The sentences of these passages, best first; each place of the library once.

    A sentence is scored by the pieces that the encoder made of it as a part of its passage, in which "he" is whom the
    sentence before it named.
    """
    best: dict[tuple[str, str, int, int], Sentence] = {}
    for hit in hits:
        held = pieces[hit.passage.passage_id]
        spans = _inside(hit.passage)
        whole, each = maxsim_of_spans(asked, held, spans)
        for span, own in zip(spans, each, strict=True):
            score = (own + PASSAGE_WEIGHT * whole) / (1 + PASSAGE_WEIGHT)
            sentence = Sentence(hit.passage, span, min(1.0, max(0.0, score)))
            former = best.get(sentence.place)
            if former is None or former.score < sentence.score:
                best[sentence.place] = sentence
    return sorted(best.values(), key=lambda sentence: sentence.score, reverse=True)


def _inside(passage: PassageRow) -> list[Span]:
    """The sentences of a passage without its headings, which announce an answer and hold none."""
    found = sentences(passage.text, Span(0, len(passage.text)))
    return [span for span in found if not _HEADING.match(span.of(passage.text))]
