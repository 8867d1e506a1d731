"""Damages copies of a home in every file, and tells what became of the answers.

`python -m tests.resilience.corruption COUNT [SEED]` prints a table; the exit status is 1 if an answer
was silently wrong.
"""

import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from corpus.article import Article
from corpus.errors import ArticleNotFound, CorpusError, LibraryError
from corpus.library.records import Filters
from corpus.library.sqlite import schema
from indexing.encoders.protocol import Encoded
from indexing.errors import IndexBroken, IndexingError
from indexing.generations.manifest import CURRENT, FOLDER
from indexing.generations.publishing import flush
from indexing.generations.tiers import Tiers
from indexing.ingest import Draft
from service.compose import Parts
from service.core.values import Abstention
from service.doctor.library import examine_library
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
_OUTCOMES = ("detected", "harmless", "gone")
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


@dataclass(frozen=True)
class Damage:
    """What is done to one file."""

    file: str
    how: str
    detail: str


@dataclass
class Tally:
    """What became of damaged copies."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind of file, and `harmless`, `detected`, `gone` (a side file that is not there counts as never made)."""
    silent: list[str] = field(default_factory=list)
    rebuilt: int = 0


def damage(home: Path, rng: random.Random) -> Damage:
    """Damages one file of the home, drawn at random, in a way drawn at random."""
    files = sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock")
    # by kind first, or the many files of tantivy would be all that is drawn
    kinds = sorted({kind_of(home, path) for path in files})
    kind = rng.choice([*kinds, *["library.sqlite3"] * 6, *["library.sqlite3-wal"] * 2])
    path = rng.choice([path for path in files if kind_of(home, path) == kind])
    name = path.relative_to(home).as_posix()
    content = bytearray(path.read_bytes())
    how = rng.choice(["flip", "flip", "flip", "flip", "zeros", "cut", "swap", "empty", "delete"])
    if not content:
        how = "delete"
    detail = ""
    if how == "flip":
        at, bit = rng.randrange(len(content)), rng.randrange(8)
        content[at] ^= 1 << bit
        detail = f"byte {at} bit {bit}"
    elif how == "zeros":
        at = rng.randrange(0, len(content), 512)
        content[at : at + 512] = b"\x00" * len(content[at : at + 512])
        detail = f"bytes {at} on"
    elif how == "cut":
        at = rng.randrange(len(content))
        del content[at:]
        detail = f"to {at} bytes"
    elif how == "swap":
        other = rng.choice([one for one in files if one != path])
        content = bytearray(other.read_bytes())
        detail = f"with {other.relative_to(home).as_posix()}"
    elif how == "empty":
        content.clear()
    if how == "delete":
        path.unlink()
    else:
        path.write_bytes(content)
    return Damage(name, how, detail)


def kind_of(home: Path, path: Path) -> str:
    """The file's kind: what it is, whatever its generation or segment."""
    inside = path.relative_to(home)
    if inside.parts[0] != "indexes" or len(inside.parts) == 2:
        return inside.name
    return inside.name if inside.name == "manifest.json" else "/".join(inside.parts[-2:-1]) + " index"


def run(template: Path, *, count: int, seed: int, on_one: Callable[[], object] = lambda: None) -> Tally:
    """Damages `count` copies, one at a time."""
    rng, tally = random.Random(seed), Tally()
    with copied(template) as home:
        expected = observed(home)
    with copied(template) as home:
        # without a pointer nothing was published, and everything is searched from the library; BM25 then counts only
        # the passages that are searchable, and not those that are gone and still in a part
        (home / FOLDER / CURRENT).unlink()
        unpublished = observed(home)
    assert not any(isinstance(value, Exception) for value in [*expected.values(), *unpublished.values()])
    for _ in range(count):
        with copied(template) as home:
            done = damage(home, rng)
            pointed = (home / FOLDER / CURRENT).exists()
            _judge(home, done, expected if pointed else unpublished, tally)
        on_one()
    return tally


def _judge(home: Path, done: Damage, expected: dict[str, object], tally: Tally) -> None:
    kind = kind_of(Path(), Path(done.file))
    try:
        found = observed(home)
    except Exception as error:  # noqa: BLE001 - one that is not ours is what is looked for
        tally.silent.append(f"{done}: {type(error).__name__}: {error}")
        return
    differing = {name: value for name, value in found.items() if value != expected[name]}
    wrong = {name: value for name, value in differing.items() if not isinstance(value, OURS)}
    gone = done.how == "delete" and done.file.startswith(("keys.", "feedback."))
    if wrong and not gone:
        tally.silent.append(f"{done}: {list(wrong)[:4]}: {str(next(iter(wrong.values())))[:300]}")
        return
    outcome = "gone" if wrong else "detected" if differing else "harmless"
    tally.outcomes[kind, outcome] += 1
    if any(isinstance(value, IndexBroken) for value in differing.values()):
        _rebuild(home, done, expected, tally)


def _rebuild(home: Path, done: Damage, expected: dict[str, object], tally: Tally) -> None:
    """Where only the indexes are damaged, making them anew brings every answer back."""
    try:
        with closing(parts_of(home)) as parts:
            parts.compact()
    except LibraryError:
        if done.file.startswith("indexes/"):
            tally.silent.append(f"{done}: cannot be rebuilt")
        return
    anew = observed(home)
    if any(isinstance(value, LibraryError) for value in anew.values()):
        return
    with closing(parts_of(home)) as parts:
        sound = all(finding.sound for finding in examine_library(parts))
    # scores of the one part that there is now differ a little from those of several
    same = {name for name in expected if name.startswith(("article", "list", "counts", "keys", "feedback"))}
    if not sound or any(anew[name] != expected[name] for name in same):
        tally.silent.append(f"{done}: rebuilt, and not as it was")
    else:
        tally.rebuilt += 1


@contextmanager
def copied(template: Path) -> Iterator[Path]:
    """A copy that is gone when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        yield shutil.copytree(template, Path(folder) / "home")


def main() -> int:
    """Prints how many were detected or harmless, by kind of file, and each that was neither."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        tally = run(make_home(Path(folder) / "home"), count=count, seed=seed)
    for kind in sorted({kind for kind, _ in tally.outcomes}):
        told = {outcome: tally.outcomes[kind, outcome] for outcome in _OUTCOMES}
        sys.stdout.write(f"{kind:24} " + "  ".join(f"{number:5} {what}" for what, number in told.items()) + "\n")
    of = {what: sum(n for (_, outcome), n in tally.outcomes.items() if outcome == what) for what in _OUTCOMES}
    sys.stdout.write(
        f"{count} damaged copies, seed {seed}: {of['detected']} detected, {of['harmless']} harmless, {of['gone']} with "
        f"keys or feedback gone, {len(tally.silent)} silent; {tally.rebuilt} rebuilt from the library\n"
    )
    sys.stdout.writelines(f"SILENT {one}\n" for one in tally.silent)
    return 1 if tally.silent else 0


if __name__ == "__main__":
    sys.exit(main())
