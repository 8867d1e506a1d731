"""Whether citations are true: whether exactly these words stand at this place of this revision."""

from corpus.article import Revision, Span
from corpus.errors import ArticleNotFound
from corpus.library.snapshot import Snapshot
from service.core.values import Verdict


class Verifier:
    """Verifies citations in one snapshot.

    It keeps the revision that it read last: several citations of one are best verified one after the other.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._last: tuple[tuple[str, str], Revision] | None = None

    def verify(self, article_id: str, *, revision: str, start: int, end: int, quote: str) -> Verdict:
        """Whether the quote is what stands at start:end, in code points, in that revision of the article."""
        try:
            found = self._revision(article_id, revision)
        except ArticleNotFound as error:
            return Verdict(valid=False, reason=str(error), current=False)
        text = found.article.text
        if not 0 <= start < end <= len(text):
            reason = f"{start}:{end} is not a span of a text of {len(text)} code points"
            return Verdict(valid=False, reason=reason, current=found.current)
        if Span(start, end).of(text) != quote:
            return Verdict(valid=False, reason="other words stand there", current=found.current)
        return Verdict(valid=True, reason=None, current=found.current)

    def _revision(self, article_id: str, revision: str) -> Revision:
        wanted = (article_id, revision)
        if self._last is None or self._last[0] != wanted:
            self._last = wanted, self._snapshot.revision(article_id, revision)
        return self._last[1]
