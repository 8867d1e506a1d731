"""Finds the evidence of questions in the articles of a library."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from corpus.article import Revision, Span
from corpus.errors import ArticleNotFound
from corpus.library.reading import Library
from eval.errors import BadQuestions
from eval.questions.values import Evidence, Gold, Judged, Question

_WORD = re.compile(r"\S+")


def judge(questions: Sequence[Question], library: Library, *, source: Path) -> tuple[Judged, ...]:
    """Every question with its evidence at its place in the articles' current revisions.

    Raises BadQuestions, naming the line of `source`, for an article the library lacks or a quote the article lacks.
    """
    with library.snapshot() as snapshot:

        @cache
        def revision(article_id: str) -> tuple[Revision, "Collapsed"]:
            found = snapshot.revision(article_id)
            return found, Collapsed(found.article.text)

        def gold(question: Question, evidence: Evidence) -> Gold:
            try:
                found, collapsed = revision(evidence.article)
            except ArticleNotFound as error:
                raise BadQuestions(f"evidence: {error}", source=source, line=question.line) from error
            skipped = [skip.span for skip in found.article.skipped]
            span = _chosen(collapsed.find(evidence.quote), start=evidence.start, skipped=skipped)
            if span is None:
                reason = f"evidence: {evidence.article} does not hold the quote {evidence.quote!r}"
                raise BadQuestions(reason, source=source, line=question.line)
            return Gold(evidence.article, found.sha256, span, span.of(found.article.text))

        return tuple(
            Judged(question, tuple(gold(question, evidence) for evidence in question.evidence))
            for question in questions
        )


class Collapsed:
    """A text with its white space collapsed to single spaces, which remembers where every character stood."""

    def __init__(self, text: str) -> None:
        words = list(_WORD.finditer(text))
        self.text = " ".join(word.group() for word in words)
        self._at: list[int] = []
        for word in words:
            if self._at:
                # the space in front of a word: no quote begins or ends with it, so its place is never given out
                self._at.append(word.start())
            self._at.extend(range(word.start(), word.end()))

    def find(self, quote: str) -> list[Span]:
        """Every place of the original text where the quote stands, white space collapsed in both."""
        wanted = " ".join(quote.split())
        places, at = list[Span](), self.text.find(wanted)
        while at >= 0:
            places.append(Span(self._at[at], self._at[at + len(wanted) - 1] + 1))
            at = self.text.find(wanted, at + 1)
        return places


def _chosen(places: Sequence[Span], *, start: int | None, skipped: Sequence[Span]) -> Span | None:
    """The last place up to `start`, or the nearest; without `start` the first that is not boilerplate, else the first.

    `start` counts from the raw file's beginning, where front matter may come before the stored text, never after.
    """
    if not places:
        return None
    if start is not None:
        return min(places, key=lambda place: (place.start > start, abs(place.start - start)))
    kept = [place for place in places if not any(place.overlap(skip) for skip in skipped)]
    return (kept or places)[0]
