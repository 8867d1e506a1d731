"""Measures of answers: accepted answer contained, exact match, token F1, and whether the citations point at evidence.

Exact match and F1 are defined as for SQuAD (Rajpurkar et al., 2016), on words without case, punctuation and articles;
unlike SQuAD's script they know all of Unicode's case and punctuation, part words at dashes and slashes, and drop
citation markers. The citation measures are ours: they hold spans against spans and ask no model.
"""

from collections import Counter
from collections.abc import Sequence

from eval.metrics.relevance import shared
from eval.metrics.spans import precision_recall_iou
from eval.questions.values import Gold
from eval.systems.protocol import Returned
from eval.words import words


def contained(answer: str, accepted: Sequence[str]) -> float:
    """1 if the words of an accepted answer stand in the answer one after another."""
    said = f" {' '.join(words(answer))} "
    return float(any(f" {' '.join(words(one))} " in said for one in accepted if words(one)))


def exact_match(answer: str, accepted: Sequence[str]) -> float:
    """1 if the answer is an accepted one."""
    said = words(answer)
    return float(bool(said) and any(said == words(one) for one in accepted))


def token_f1(answer: str, accepted: Sequence[str]) -> float:
    """The best harmonic mean of precision and recall of words, over the accepted answers."""
    return max((_f1(Counter(words(answer)), Counter(words(one))) for one in accepted), default=0.0)


def citation_precision(citations: Sequence[Returned], gold: Sequence[Gold]) -> float:
    """Share of the citations that share with an evidence span half of the shorter of the two; 0 without citations."""
    return sum(any(_points_at(cited, one) for one in gold) for cited in citations) / max(1, len(citations))


def citation_recall(citations: Sequence[Returned], gold: Sequence[Gold]) -> float:
    """Share of the evidence spans of which the citations together hold at least half."""
    return sum(2 * _held(citations, one) >= 1 for one in gold) / len(gold)


def _held(citations: Sequence[Returned], gold: Gold) -> float:
    """Share of one evidence span that the citations hold together."""
    texts = [(cited.article, cited.span) for cited in citations if cited.span is not None and shared(cited, gold)]
    return precision_recall_iou(texts, [gold])[1]


def _points_at(cited: Returned, gold: Gold) -> bool:
    if cited.span is None:
        return False
    shorter = min(cited.span.end - cited.span.start, gold.span.end - gold.span.start)
    return 2 * shared(cited, gold) >= shorter


def _f1(said: Counter[str], wanted: Counter[str]) -> float:
    shared = (said & wanted).total()
    return 2 * shared / (said.total() + wanted.total()) if shared else 0.0
