"""The core's front door: ask, search, and check a citation, on one library."""

from collections.abc import Sequence

from corpus.article import Revision, Span
from corpus.errors import ArticleNotFound
from corpus.library.reading import Library
from corpus.library.records import ArticleSummary, Filters, PassageRow
from indexing.encoders.protocol import PieceEncoder
from indexing.lexical.questions import question_terms
from indexing.rerankers.protocol import Reranker
from indexing.searching import SearchIndex
from service.core.abstain import AnswerableModel
from service.core.checks import check_asked, check_history
from service.core.clock import Clock
from service.core.cues import leans_on_history
from service.core.errors import GeneratorFailed, PassageNotFound
from service.core.extract import Sentence, best_sentences
from service.core.features import features
from service.core.generate import Generator
from service.core.generated import GIVEN, answered_by, rewritten_by
from service.core.parts import parts_of
from service.core.retrieve import ALL_STEPS, MOST_READ, READ, Query, Retrieved, Steps, retrieve
from service.core.selection import answer_of
from service.core.values import Abstention, Answer, Generation, Hit, Reply, Verdict

NO_FILTERS = Filters()
NO_ARTICLES = "there are no articles yet"
NO_MATCHES = "no article meets the filters"
NOT_ANSWERED = "the articles do not answer this; the passages are the nearest ones"
_HISTORY_TURNS = 2
"""Earlier questions put in front of a follow-up that leans on them."""


class Engine:
    """Answers questions from one library. Safe to use from several threads; encoding runs in the caller's thread."""

    def __init__(
        self,
        *,
        library: Library,
        index: SearchIndex,
        encoder: PieceEncoder,
        answerable_model: AnswerableModel,
        answerable_threshold: float,
        reranker: Reranker | None = None,
        generator: Generator | None = None,
        generator_passage_tokens: int = 0,
        steps: Steps = ALL_STEPS,
    ) -> None:
        self._library = library
        self._index = index
        self._encoder = encoder
        self._answerable = answerable_model
        self._threshold = answerable_threshold
        self._reranker = reranker
        self._generator = generator
        self._passage_tokens = generator_passage_tokens
        self._steps = steps

    def search(
        self,
        query: str,
        *,
        k: int,
        filters: Filters = NO_FILTERS,
    ) -> tuple[Hit, ...]:
        """The k best passages. Raises AskError for a query or k that cannot be, or RerankerFailed."""
        check_asked(query, k, field="query")
        return self._retrieve(self._prepare(query), k=k, filters=filters).hits

    def ask(
        self,
        question: str,
        *,
        k: int,
        filters: Filters = NO_FILTERS,
        history: Sequence[str] = (),
    ) -> Reply:
        """An answer with citations or an abstention, and the k best passages.

        `history` holds the user's earlier questions, oldest first. A language model, where there is one, makes
        follow-ups stand alone and writes the answers; when it fails, the reply is as it would be without one and says
        so. Raises AskError for a question or k that cannot be, or RerankerFailed.
        """
        earlier = history[-_HISTORY_TURNS:]
        check_asked(question, k, field="question")
        check_history(earlier)
        clock = Clock()
        with clock.step("rewrite"):
            rewritten, generation = self._rewritten(question, earlier)
        searched = rewritten or question
        with clock.step("encode"):
            asked = Span(len(searched) - len(question), len(searched)) if searched.endswith(question) else None
            query = self._prepare(searched, asked=asked)
        with clock.step("retrieve"):
            # the answer is the same whatever number of passages is asked for
            retrieved = self._retrieve(query, k=max(k, GIVEN if self._generator else MOST_READ), filters=filters)
        with clock.step("answer"):
            ranked = self._ranked(query, retrieved)
            observed = features(searched, retrieved, ranked[0]) if ranked else None
            probability = 0.0 if observed is None else self._answerable.probability(observed)
            outcome = self._outcome(question, ranked, probability, filtered=bool(filters))
        if self._generator is not None and generation is None and isinstance(outcome, Answer):
            with clock.step("generate"):
                written, generation = answered_by(
                    self._generator,
                    searched,
                    retrieved=retrieved,
                    encoder=self._encoder,
                    passage_tokens=self._passage_tokens,
                )
            outcome = written or outcome
        return Reply(
            question=question,
            rewritten=rewritten,
            outcome=outcome,
            answerable=probability,
            features=observed,
            hits=retrieved.hits[:k],
            timings_ms=clock.timings(),
            generation=generation,
        )

    def verify(self, article_id: str, *, revision: str, start: int, end: int, quote: str) -> Verdict:
        """Whether the quote is what stands at start:end in that revision of the article."""
        try:
            found = self.article(article_id, revision=revision)
        except ArticleNotFound as error:
            return Verdict(valid=False, reason=str(error), current=False)
        text = found.article.text
        if not 0 <= start < end <= len(text):
            reason = f"{start}:{end} is not a span of a text of {len(text)} code points"
            return Verdict(valid=False, reason=reason, current=found.current)
        if Span(start, end).of(text) != quote:
            return Verdict(valid=False, reason="other words stand there", current=found.current)
        return Verdict(valid=True, reason=None, current=found.current)

    def article(self, article_id: str, *, revision: str | None = None) -> Revision:
        """The article's current revision, or the one named by its SHA-256. Raises ArticleNotFound."""
        with self._library.snapshot() as snapshot:
            return snapshot.revision(article_id, revision)

    def articles(self, *, after: str, limit: int) -> list[ArticleSummary]:
        """The next `limit` articles in order of id."""
        with self._library.snapshot() as snapshot:
            return snapshot.summaries(after=after, limit=limit)

    def passage(self, passage_id: int) -> PassageRow:
        """A passage, also one that is no longer searchable. Raises PassageNotFound."""
        with self._library.snapshot() as snapshot:
            found = snapshot.passages([passage_id])
        if passage_id not in found:
            raise PassageNotFound(passage_id)
        return found[passage_id]

    def check_ready(self) -> int:
        """The number of searchable passages. Raises a LibraryError or IndexBroken when it cannot serve."""
        with self._index.reading() as (snapshot, _):
            return snapshot.counts().passages

    def _rewritten(self, question: str, earlier: Sequence[str]) -> tuple[str | None, Generation | None]:
        """What to search for in place of the question, None if it stands alone; and how the model failed, if it did."""
        failed = None
        if earlier and self._generator is not None:
            try:
                alone = rewritten_by(self._generator, question, earlier=earlier)
            except GeneratorFailed as error:
                failed = Generation(self._generator.name, used=False, reason=error.reason)
            else:
                return (alone if alone != question else None), None
        if earlier and leans_on_history(question):
            return " ".join([*earlier, question]), failed
        return None, failed

    def _prepare(self, text: str, *, asked: Span | None = None) -> Query:
        """`asked` is where the question stands behind the earlier ones that were put in front of it."""
        before = 0 if asked is None else asked.start
        parts = tuple(Span(before + part.start, before + part.end) for part in parts_of(text[before:]))
        return Query(text, self._encoder.encode_question_with_pieces(text), tuple(question_terms(text)), parts)

    def _ranked(self, query: Query, retrieved: Retrieved) -> list[list[Sentence]]:
        """The sentences of the best passages, best first, for each thing that is asked; empty if there is none."""
        asked, pieces = retrieved.asked, retrieved.pieces
        read = [hit for hit in retrieved.hits[:MOST_READ] if hit.passage.passage_id in pieces]
        if len(query.parts) > 1 and self._steps.parts:
            hits = read[: READ + len(query.parts) - 1]
            ranked = [best_sentences(asked, hits, pieces, part=asked.within(part)) for part in query.parts]
        else:
            ranked = [best_sentences(asked, read[:READ], pieces)]
        return ranked if ranked[0] else []

    def _retrieve(self, query: Query, *, k: int, filters: Filters) -> Retrieved:
        with self._index.reading() as (snapshot, view):
            return retrieve(snapshot, view, query, k=k, filters=filters, steps=self._steps, reranker=self._reranker)

    def _outcome(
        self, question: str, ranked: Sequence[Sequence[Sentence]], probability: float, *, filtered: bool
    ) -> Answer | Abstention:
        if not ranked:
            return Abstention(NO_MATCHES if filtered else NO_ARTICLES)
        if probability < self._threshold:
            return Abstention(NOT_ANSWERED)
        return answer_of(question, ranked)
