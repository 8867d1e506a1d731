"""The core's front door: ask, search, and check a citation, on one library."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from corpus.article import Revision, Span
from corpus.library.reading import Library
from corpus.library.records import ArticleSummary, Counts, Filters, PassageRow, PublisherCount
from indexing.encoders.protocol import PieceEncoder
from indexing.lexical.questions import question_terms
from indexing.rerankers.protocol import Reranker
from indexing.searching import SearchIndex
from service.core.abstention import NOT_ANSWERED, why_nothing
from service.core.answerable import AnswerableModel
from service.core.cancellation import NEVER, Cancellation
from service.core.checks import check_asked, check_history
from service.core.clock import Clock, timings_ms
from service.core.errors import PassageNotFound
from service.core.extract import Sentence, best_sentences
from service.core.features import features
from service.core.log import QUESTIONS
from service.core.parts import parts_of
from service.core.recent import RecentQuestions
from service.core.retrieve import ALL_STEPS, MOST_READ, READ, Query, Retrieved, Steps, retrieve, search_words
from service.core.selection import answer_of
from service.core.standalone import Standalone, last_turns, made_standalone
from service.core.values import Abstention, Answer, Asked, Found, Hit, Reply, Verdict
from service.core.verify import Verifier
from service.core.writer import GIVEN, Writer

NO_FILTERS = Filters()
BESIDE_FROM = 50_000
"""Passages from which on the words of a question are searched while it is encoded and its vector is searched: with
fewer, waking a thread takes what it saves."""


class Engine:
    """Answers questions from one library. Safe to use from several threads; encoding runs in the caller's thread.

    Encodings of recent questions are kept in `remembered_bytes` of memory, which changes no reply. `on_asked` is told
    of every question that was answered.
    """

    def __init__(
        self,
        *,
        library: Library,
        index: SearchIndex,
        encoder: PieceEncoder,
        answerable_model: AnswerableModel,
        answerable_threshold: float,
        reranker: Reranker | None = None,
        writer: Writer | None = None,
        steps: Steps = ALL_STEPS,
        remembered_bytes: int = 0,
        on_asked: Callable[[Asked], None] = lambda _: None,
    ) -> None:
        self._library = library
        self._index = index
        self._encoder = encoder
        self._recent = RecentQuestions(encoder, most_bytes=remembered_bytes)
        self._answerable = answerable_model
        self._threshold = answerable_threshold
        self._reranker = reranker
        self._writer = writer
        self._steps = steps
        self._on_asked = on_asked
        self._beside = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="words")

    def cancellation(self) -> Cancellation | None:
        """One for a question that may take long, as it does where a language model is asked; else None."""
        return None if self._writer is None else Cancellation()

    def search(
        self,
        query: str,
        *,
        k: int,
        filters: Filters = NO_FILTERS,
        explain: bool = False,
    ) -> tuple[Hit, ...]:
        """The k best passages, with evidence if they are to be explained.

        Raises AskError for a query or k that cannot be, or RerankerFailed.
        """
        check_asked(query, k, field="query")
        QUESTIONS.info("searched: %s", query)
        clock = Clock()
        retrieved = self._retrieved(Standalone(query), k=k, filters=filters, clock=clock)[1]
        hits = retrieved.explained(retrieved.hits, query) if explain else retrieved.hits
        self._on_asked(Asked("search", "passages" if hits else "nothing", clock.steps()))
        return hits

    def ask(
        self,
        question: str,
        *,
        k: int,
        filters: Filters = NO_FILTERS,
        history: Sequence[str] = (),
        explain: bool = False,
        on_found: Callable[[Found], None] = lambda _: None,
        cancellation: Cancellation = NEVER,
    ) -> Reply:
        """An answer with citations or an abstention, and the k best passages.

        `history` holds the user's earlier questions, oldest first. A language model, where there is one, makes
        follow-ups stand alone and writes the answers; when it fails, the reply is as it would be without one and says
        so. `on_found` is told of the passages before the answer is made.

        Raises AskError for a question or k that cannot be, RerankerFailed, or Cancelled.
        """
        earlier = last_turns(history)
        check_asked(question, k, field="question")
        check_history(earlier)
        QUESTIONS.info("asked: %s", question)
        clock = Clock()
        with clock.step("rewrite"):
            standalone = made_standalone(question, earlier, writer=self._writer, cancellation=cancellation)
        # the answer is the same whatever number of passages is asked for
        most = max(k, GIVEN if self._writer else MOST_READ)
        query, retrieved = self._retrieved(standalone, k=most, filters=filters, clock=clock)
        rewritten = None if standalone.text == question else standalone.text
        hits = retrieved.hits[:k]
        if explain:
            hits = retrieved.explained(hits, standalone.text)
        on_found(Found(question, rewritten, hits))
        cancellation.check()
        with clock.step("answer"):
            ranked = self._ranked(query, retrieved)
            observed = features(standalone.asked, retrieved, ranked[0]) if ranked else None
            probability = 0.0 if observed is None else self._answerable.probability(observed)
            if ranked:
                outcome = self._outcome(standalone.asked, ranked, probability)
            else:
                outcome = Abstention(why_nothing(retrieved, filtered=bool(filters)))
        generation = standalone.failure
        if self._writer is not None and generation is None and isinstance(outcome, Answer):
            with clock.step("generate"):
                written, generation = self._writer.answer(
                    standalone.text, retrieved=retrieved, encoder=self._encoder, cancellation=cancellation
                )
            outcome = written or outcome
        steps = clock.steps()
        self._on_asked(Asked("ask", "answer" if isinstance(outcome, Answer) else "abstention", steps))
        return Reply(
            question=question,
            rewritten=rewritten,
            outcome=outcome,
            answerable=probability,
            features=observed,
            hits=hits,
            timings_ms=timings_ms(steps),
            generation=generation,
        )

    def verify(self, article_id: str, *, revision: str, start: int, end: int, quote: str) -> Verdict:
        """Whether the quote is what stands at start:end in that revision of the article."""
        with self.verifier() as verifier:
            return verifier.verify(article_id, revision=revision, start=start, end=end, quote=quote)

    @contextmanager
    def verifier(self) -> Iterator[Verifier]:
        """Verifies several citations, all in the library as it is now."""
        with self._library.snapshot() as snapshot:
            yield Verifier(snapshot)

    def article(self, article_id: str, *, revision: str | None = None) -> Revision:
        """The article's current revision, or the one named by its SHA-256. Raises ArticleNotFound."""
        with self._library.snapshot() as snapshot:
            return snapshot.revision(article_id, revision)

    def articles(self, *, after: str, limit: int) -> list[ArticleSummary]:
        """The next `limit` articles in order of id."""
        with self._library.snapshot() as snapshot:
            return snapshot.summaries(after=after, limit=limit)

    def publishers(self, *, after: str, limit: int) -> list[PublisherCount]:
        """The next `limit` publishers in order of name, with how many articles each has."""
        with self._library.snapshot() as snapshot:
            return snapshot.publishers(after=after, limit=limit)

    def passage(self, passage_id: int) -> PassageRow:
        """A passage, also one that is no longer searchable. Raises PassageNotFound."""
        with self._library.snapshot() as snapshot:
            found = snapshot.passages([passage_id])
        if passage_id not in found:
            raise PassageNotFound(passage_id)
        return found[passage_id]

    def counts(self) -> Counts:
        """How much the library holds."""
        with self._library.snapshot() as snapshot:
            return snapshot.counts()

    def size(self) -> int:
        """Bytes of the library's database."""
        with self._library.snapshot() as snapshot:
            return snapshot.size()

    def check_ready(self) -> int:
        """The number of searchable passages. Raises a LibraryError or IndexBroken when it cannot serve."""
        with self._index.reading() as (_, view):
            view.check()
            return len(view) - len(view.gone)

    def _retrieved(self, standalone: Standalone, *, k: int, filters: Filters, clock: Clock) -> tuple[Query, Retrieved]:
        """The question made ready, and what it finds."""
        text, start = standalone.text, standalone.start
        with self._index.reading() as (snapshot, view):
            terms = tuple(question_terms(text))
            begun = None
            if not filters and len(view) >= BESIDE_FROM:
                begun = self._beside.submit(search_words, view, terms, k=k, steps=self._steps).result
            with clock.step("encode"):
                parts = tuple(Span(start + part.start, start + part.end) for part in parts_of(text[start:]))
                query = Query(text, self._recent.encoded(text), terms, parts)
            with clock.step("retrieve"):
                found = retrieve(
                    snapshot, view, query, k=k, filters=filters, steps=self._steps, reranker=self._reranker, begun=begun
                )
        return query, found

    def _ranked(self, query: Query, retrieved: Retrieved) -> list[list[Sentence]]:
        """The sentences of the best passages, best first, for each thing that is asked; empty if there is none."""
        asked, pieces = retrieved.asked, retrieved.pieces
        read = [hit for hit in retrieved.hits[:MOST_READ] if hit.passage.passage_id in pieces]
        if len(query.parts) > 1 and self._steps.parts:
            hits = read[: READ + len(query.parts) - 1]
            ranked = [best_sentences(asked.stressing(part), hits, pieces) for part in query.parts]
        else:
            ranked = [best_sentences(asked, read[:READ], pieces)]
        return ranked if ranked[0] else []

    def _outcome(self, question: str, ranked: Sequence[Sequence[Sentence]], probability: float) -> Answer | Abstention:
        return answer_of(question, ranked) if probability >= self._threshold else Abstention(NOT_ANSWERED)
