"""Measures of evidence spans: recall@k, and precision, recall and IoU of the text within a token budget.

The second three follow Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval" (Chroma, 2024), but count
code points, and words that overlapping passages repeat once; the budget pays for them twice.
"""

from collections.abc import Callable, Iterable, Sequence

from corpus.article import Span
from eval.metrics.relevance import covers
from eval.questions.values import Gold
from eval.systems.protocol import Returned

Marked = dict[str, list[Span]]
"""Spans by article, ascending, none touching another."""


def recall_at(k: int, passages: Sequence[Returned], gold: Sequence[Gold]) -> float:
    """Share of the evidence spans of which one of the first k passages holds at least half."""
    return sum(any(covers(passage, one) for passage in passages[:k]) for one in gold) / len(gold)


def within_budget(
    passages: Iterable[Returned], *, budget: int, count_tokens: Callable[[str], int]
) -> list[tuple[str, Span]]:
    """The text that fits the budget, in order of rank; the last passage ends at a word where the budget does."""
    kept, left = list[tuple[str, Span]](), budget
    for passage in passages:
        if passage.span is None:
            continue
        tokens = count_tokens(passage.text)
        if tokens > left:
            length = _fitting(passage.text, left, count_tokens)
            if length:
                kept.append((passage.article, Span(passage.span.start, passage.span.start + length)))
            break
        kept.append((passage.article, passage.span))
        left -= tokens
    return kept


def precision_recall_iou(returned: Iterable[tuple[str, Span]], gold: Sequence[Gold]) -> tuple[float, float, float]:
    """Of the returned text against the evidence. Precision is 0 when nothing is returned."""
    text, wanted = _union(returned), _union((one.article, one.span) for one in gold)
    shared = sum(
        span.overlap(other) for article, spans in wanted.items() for span in spans for other in text.get(article, ())
    )
    size, needed = _size(text), _size(wanted)
    return shared / size if size else 0.0, shared / needed, shared / (size + needed - shared)


def _union(spans: Iterable[tuple[str, Span]]) -> Marked:
    marked: Marked = {}
    for article, span in sorted(spans):
        before = marked.setdefault(article, [])
        if before and span.start <= before[-1].end:
            before[-1] = Span(before[-1].start, max(before[-1].end, span.end))
        else:
            before.append(span)
    return marked


def _size(marked: Marked) -> int:
    return sum(span.end - span.start for spans in marked.values() for span in spans)


def _fitting(text: str, budget: int, count_tokens: Callable[[str], int]) -> int:
    """Code points of the longest beginning of whole words that fits, by bisection."""
    ends = [at for at, character in enumerate(text) if character.isspace() and at]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if count_tokens(text[: ends[middle]]) <= budget:
            low = middle + 1
        else:
            high = middle
    return ends[low - 1] if low else 0
