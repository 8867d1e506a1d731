"""A run of any system, read from a file, as a system under test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from corpus.errors import ArticleNotFound
from corpus.library.reading import Library
from corpus.library.snapshot import Snapshot
from eval.errors import BadExchange
from eval.questions.values import Question
from eval.systems.protocol import Response, Returned

Run = Mapping[str, Sequence[Returned]]
"""For each question what was returned, best first."""


def check_run(
    run: Run,
    library: Library,
    *,
    asked: frozenset[str],
    source: Path,
    of_documents: bool = False,
    line_of: Callable[[str, str], int | None] = lambda _question, _document: None,
) -> None:
    """Raises BadExchange for a run of other questions or other articles, or of places that an article does not have.

    `line_of` finds a document of a query in the file.
    """
    if not asked & run.keys():
        raise BadExchange("none of its queries is among the questions", source=source)
    with library.snapshot() as snapshot:
        lengths = {article: _length(snapshot, article) for ranking in run.values() for article in _articles(ranking)}
        misplaced = {
            article: at
            for article, length in lengths.items()
            if length is None and not of_documents and snapshot.has(at := _article_of_passage(article))
        }
    for question, ranking in run.items():
        for found in ranking:
            if found.article in misplaced:
                reason = (
                    f"{found.article} is no passage of {misplaced[found.article]}: it is written ARTICLE@START-END,"
                    " where START is less than END and each has at most 12 digits"
                )
                raise BadExchange(reason, source=source, line=line_of(question, found.key))
    if all(length is None for length in lengths.values()):
        raise BadExchange("none of its documents is in the library", source=source)
    for question, ranking in run.items():
        for found in ranking:
            length = lengths[found.article]
            if found.span is not None and length is not None and found.span.end > length:
                reason = f"{found.key} of the query {question} ends behind its article, which has {length} code points"
                raise BadExchange(reason, source=source, line=line_of(question, found.key))


def _article_of_passage(document: str) -> str:
    """The article of what is written like a passage; empty for what is not."""
    article, _, place = document.rpartition("@")
    return article if place.replace("-", "", 1).isdecimal() and "-" in place else ""


def _articles(ranking: Sequence[Returned]) -> set[str]:
    return {found.article for found in ranking}


def _length(snapshot: Snapshot, article: str) -> int | None:
    return len(snapshot.revision(article).article.text) if snapshot.has(article) else None


class Replay:
    """Returns what a run says; nothing for a question the run lacks. It has no answers."""

    answers = False

    def __init__(self, run: Run, *, name: str, library: Library | None = None) -> None:
        self.name = name
        self._run = run
        self._library = library

    def respond(self, question: Question, *, k: int) -> Response:
        """The k first of the run, with their words if there is a library to take them from."""
        return Response(passages=tuple(self._with_text(found) for found in self._run.get(question.id, ())[:k]))

    def _with_text(self, found: Returned) -> Returned:
        if self._library is None or found.span is None:
            return found
        with self._library.snapshot() as snapshot:
            try:
                revision = snapshot.revision(found.article)
            except ArticleNotFound:
                return found
        return replace(found, revision=revision.sha256, text=found.span.of(revision.article.text))
