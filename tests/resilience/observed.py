"""A home with everything in it, and all that is answered from it."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from corpus.article import Article
from corpus.errors import ArticleNotFound, CorpusError
from corpus.library.records import Filters
from corpus.library.sqlite import schema
from indexing.encoders.protocol import Encoded
from indexing.errors import IndexingError
from indexing.generations.publishing import flush
from indexing.generations.tiers import Tiers
from indexing.ingest import Draft
from service.compose import Parts
from service.core.values import Abstention
from service.feedback.errors import FeedbackError
from service.feedback.store import FEEDBACK, add_feedback, read_feedback
from service.keys.errors import KeysError
from service.keys.store import KEYS, create_key, list_keys, revoke_key
from service.side_file import connect
from tests.fakes import WordEncoder, fake_parts
from tests.vocabulary import WORDS

OURS = (CorpusError, IndexingError, FeedbackError, KeysError)
"""Errors that name the file and say what to do."""
QUERIES = ("harbour crane", "council vote budget", "ferry strike Friday", "tunnel", "Who resigned?", "storm tide rail")
FILTERS = (
    Filters(),
    Filters(published_from=date(2024, 1, 4)),
    Filters(publishers=("Courier",)),
    Filters(article_ids=("a1", "a3", "a9")),
)
_WORDS = [*WORDS[:14], "resigned"]


def _article(number: int, rng: random.Random) -> Article:
    sentences = [
        f"The {rng.choice(_WORDS)} of day {rng.randrange(100)} met a {rng.choice(_WORDS)} and a {rng.choice(_WORDS)}."
        for _ in range(6)
    ]
    return Article(
        id=f"a{number}",
        title=f"News of the {rng.choice(_WORDS)}",
        text="\n\n".join(sentences),
        publisher=rng.choice(["Courier", "Tide", None]),
        published_at=date(2024, 1, 1 + number % 9),
        author="A. Writer",
        url=f"https://news.example/{number}",
    )


class _Remembering(WordEncoder):
    """Encodes each text once: what is asked of thousands of copies is the same."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Encoded] = {}

    def encode_question_with_pieces(self, text: str) -> Encoded:
        if text not in self._known:
            self._known[text] = super().encode_question_with_pieces(text)
        return self._known[text]


_ENCODER = _Remembering()


def parts_of(home: Path) -> Parts:
    """What answers from a home, with small passages so that there are many."""
    return fake_parts(home, encoder=_ENCODER, max_tokens=24, overlap_tokens=4, answerable_threshold=0.0)


def make_home(home: Path) -> Path:
    """Two parts, passages in memory, former revisions, a removed article, keys and feedback; every log is in use."""
    rng = random.Random(7)
    eager = Tiers(least=0, most=0, times=0)
    made = home.with_name("made")
    with closing(parts_of(made)) as parts:
        list(parts.ingester.put_all(Draft(_article(number, rng)) for number in range(12)))
        flush(parts.library, wait_seconds=5, tiers=eager)
        list(parts.ingester.put_all(Draft(_article(number, rng)) for number in (3, 12, 13)))
        flush(parts.library, wait_seconds=5, tiers=eager)
        with closing(sqlite3.connect(schema.database(made))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        # only this stays in the log
        parts.remove("a5")
        parts.ingester.put(Draft(_article(14, rng)))
        for verdict in ("Who?", "When?"):
            add_feedback(made, json.dumps({"question": verdict}))
        create_key(made, "reader")
        revoked, _ = create_key(made, "former")
        with closing(connect(KEYS.of(made))) as keys, closing(connect(FEEDBACK.of(made))) as feedback:
            # held open, so that what comes now stays in the logs
            keys.execute("SELECT count(*) FROM keys").fetchone()
            feedback.execute("SELECT count(*) FROM feedback").fetchone()
            revoke_key(made, revoked.id)
            add_feedback(made, json.dumps({"question": "Why?"}))
            shutil.copytree(made, home)
    return home


def observed(home: Path) -> dict[str, object]:
    """Everything that is answered from a home, by what was done; an error of ours in its place."""
    found: dict[str, object] = {}

    def note(name: str, act: Callable[[], object]) -> None:
        try:
            found[name] = act()
        except ArticleNotFound:
            # an answer as good as any other, which a damaged copy must not give of an article that is there
            found[name] = "there is none"
        except OURS as error:
            found[name] = error

    parts = parts_of(home)
    try:
        for number, where in enumerate(FILTERS):
            for query in QUERIES:
                note(f"search {query} {number}", lambda q=query, w=where: _hits(parts, q, w))  # type: ignore[misc]
        for query in QUERIES:
            note(f"ask {query}", lambda q=query: _asked(parts, q))  # type: ignore[misc]
        note("list", lambda: parts.engine.articles(after="", limit=1000))
        note("counts", lambda: parts.engine.counts())  # noqa: PLW0108 - the engine is opened inside
        for number in range(15):
            note(f"article {number}", lambda n=number: parts.engine.article(f"a{n}"))  # type: ignore[misc]
        note("keys", lambda: list_keys(home))
        note("feedback", lambda: list(read_feedback(home)))
    finally:
        parts.close()
    return found


def _hits(parts: Parts, query: str, where: Filters) -> object:
    hits = parts.engine.search(query, k=8, filters=where)
    return [(hit.passage, round(hit.score, 3), hit.also_in) for hit in hits]


def _asked(parts: Parts, question: str) -> object:
    reply = parts.engine.ask(question, k=3)
    if isinstance(reply.outcome, Abstention):
        return reply.outcome
    for cited in reply.outcome.citations:
        verdict = parts.engine.verify(
            cited.passage.article_id,
            revision=cited.passage.revision,
            start=cited.span.start,
            end=cited.span.end,
            quote=cited.quote,
        )
        if not verdict.valid:
            return verdict
    return reply.outcome.text
