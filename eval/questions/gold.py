"""Finds the evidence of questions in the articles of a library."""

import re
from collections.abc import Sequence
from pathlib import Path

from corpus.article import Revision, Span
from corpus.errors import ArticleNotFound
from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from eval.errors import BadQuestions
from eval.questions.values import Evidence, Gold, Judged, Question

_WORD = re.compile(r"\S+")


def judge(questions: Sequence[Question], library: Library, *, source: Path) -> tuple[Judged, ...]:
    """Every question with its evidence at its place in the articles' current revisions.

    Raises BadQuestions, naming the line of `source`, for an article the library lacks, a quote the article lacks, or a
    `start` at which none of several places stands.
    """
    with library.snapshot() as snapshot:
        texts = _texts(questions, snapshot, source=source)
    fronts = {article: _fronts(questions, article, text) for article, text in texts.items()}
    return tuple(
        Judged(
            question,
            tuple(
                _gold(question, evidence, texts[evidence.article], fronts[evidence.article], source=source)
                for evidence in question.evidence
            ),
        )
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


def _texts(questions: Sequence[Question], snapshot: Snapshot, *, source: Path) -> dict[str, tuple[Revision, Collapsed]]:
    """The articles with evidence."""
    texts = dict[str, tuple[Revision, Collapsed]]()
    for question in questions:
        for evidence in question.evidence:
            if evidence.article in texts:
                continue
            try:
                revision = snapshot.revision(evidence.article)
            except ArticleNotFound as error:
                raise BadQuestions(f"evidence: {error}", source=source, line=question.line) from error
            texts[evidence.article] = revision, Collapsed(revision.article.text)
    return texts


def _fronts(questions: Sequence[Question], article: str, text: tuple[Revision, Collapsed]) -> set[int]:
    """How many code points of the raw file come before the stored text, by the quotes that stand in one place only.

    `start` counts in the raw file, whose front matter is not in the stored text; none of it if nothing tells.
    """
    fronts = set()
    for question in questions:
        for evidence in question.evidence:
            if evidence.article == article and evidence.start is not None:
                places = text[1].find(evidence.quote)
                if len(places) == 1:
                    fronts.add(evidence.start - places[0].start)
    return fronts or {0}


def _gold(
    question: Question, evidence: Evidence, text: tuple[Revision, Collapsed], fronts: set[int], *, source: Path
) -> Gold:
    revision, collapsed = text
    places = collapsed.find(evidence.quote)
    if not places:
        reason = f"evidence: {evidence.article} does not hold the quote {evidence.quote!r}"
        raise BadQuestions(reason, source=source, line=question.line)
    chosen = places[0]
    if evidence.start is None:
        chosen = _first_kept(places, skipped=[skip.span for skip in revision.article.skipped])
    elif len(places) > 1:
        fitting = [place for place in places if evidence.start - place.start in fronts]
        if len(fitting) != 1:
            there = ", ".join(str(place.start) for place in places)
            reason = (
                f"evidence: the quote {evidence.quote!r} stands at {there}, none of which start {evidence.start} tells"
            )
            raise BadQuestions(reason, source=source, line=question.line)
        chosen = fitting[0]
    return Gold(evidence.article, revision.sha256, chosen, chosen.of(revision.article.text))


def _first_kept(places: Sequence[Span], *, skipped: Sequence[Span]) -> Span:
    """The first place that is not boilerplate, else the first."""
    kept = [place for place in places if not any(place.overlap(skip) for skip in skipped)]
    return (kept or places)[0]
