"""A run of any system, read from a file, as a system under test."""

from collections.abc import Mapping, Sequence

from corpus.errors import ArticleNotFound
from corpus.library.reading import Library
from eval.questions.values import Question
from eval.systems.protocol import Response, Returned


class Replay:
    """Returns what a run says; nothing for a question the run lacks. It has no answers."""

    answers = False

    def __init__(self, run: Mapping[str, Sequence[Returned]], *, name: str, library: Library | None = None) -> None:
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
        text = revision.article.text
        if found.span.end > len(text):
            return found
        return Returned(found.article, found.span, found.score, revision.sha256, found.span.of(text))
