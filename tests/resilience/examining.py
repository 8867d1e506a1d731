"""Looking at a library from a fresh process: what it holds, and whether every part of it says the same."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from corpus.library.snapshot import Snapshot
from indexing.lexical.analysis import analyse
from indexing.view import View
from service.feedback.store import read_feedback
from service.keys.store import list_keys
from tests.resilience.collection import Collection, opened

PassageFact = tuple[str, str, int, int, str]
"""Article, revision, start, end and quote: a citation."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A library as it was found."""

    articles: Mapping[str, str]
    """The text of each current article, by its id."""
    passages: Mapping[int, PassageFact]
    """Every passage ever stored, also those that are not searched any more."""
    feedback: tuple[str, ...]
    keys: Mapping[str, bool]
    """Whether it is revoked, by its name."""
    problems: tuple[str, ...]
    """Where listing, revisions, passages, vectors, word pieces and search do not agree."""

    def as_json(self) -> dict[str, object]:
        """For the pipe to the parent."""
        return asdict(self)


def seen_of(raw: dict[str, object]) -> Seen:
    """What `as_json` was made from."""
    articles, passages, feedback = raw["articles"], raw["passages"], raw["feedback"]
    keys, problems = raw["keys"], raw["problems"]
    assert isinstance(articles, dict)
    assert isinstance(passages, dict)
    assert isinstance(feedback, list)
    assert isinstance(keys, dict)
    assert isinstance(problems, list)
    facts: dict[int, PassageFact] = {int(number): tuple(fact) for number, fact in passages.items()}
    return Seen(articles, facts, tuple(feedback), keys, tuple(problems))


def examine(home: Path, *, words: Iterable[str]) -> Seen:
    """Opens the library as a starting service does and compares everything with everything.

    `words` are all that any version ever had: one that no current article has must find nothing. Raises what opening
    raises: that the library opens without a manual step is a part of the promise.
    """
    with opened(home) as collection:
        return examined(collection, words=words)


def examined(collection: Collection, *, words: Iterable[str]) -> Seen:
    """The same for a library that is open."""
    with collection.index.reading() as (snapshot, view):
        articles = {each.id: snapshot.revision(each.id).article.text for each in snapshot.summaries()}
        facts, problems = _passages(snapshot)
        problems += snapshot.damage()
        problems += _agreement(snapshot)
        problems += _search(snapshot, view, words)
    return Seen(
        articles,
        facts,
        tuple(entry.json for entry in read_feedback(collection.home)),
        {key.name: key.revoked_at is not None for key in list_keys(collection.home)},
        tuple(problems),
    )


def _passages(snapshot: Snapshot) -> tuple[dict[int, PassageFact], list[str]]:
    """Each passage as a citation, re-checked against its revision; and what does not verify."""
    texts = {(each.article.id, each.sha256): each.article.text for each in snapshot.revisions()}
    problems = [
        f"{name}: its text is not revision {sha256}"
        for (name, sha256), text in texts.items()
        if hashlib.sha256(text.encode()).hexdigest() != sha256
    ]
    facts = dict[int, PassageFact]()
    for number, row in snapshot.passages(range(1, snapshot.last_passage_id() + 1)).items():
        facts[number] = (row.article_id, row.revision, row.span.start, row.span.end, row.text)
        if texts[row.article_id, row.revision][row.span.start : row.span.end] != row.text:
            problems.append(f"passage {number} is not its span of the text")
    return facts, problems


def _agreement(snapshot: Snapshot) -> Iterator[str]:
    """Listing, passages, vectors and pieces of the current articles."""
    searchable = snapshot.searchable(after=0, until=snapshot.last_passage_id()).tolist()
    listed = list[int]()
    for summary in snapshot.summaries():
        text, rows = snapshot.revision(summary.id).article.text, snapshot.passages_of(summary.id)
        listed += [row.passage_id for row in rows]
        if summary.passages != len(rows):
            yield f"{summary.id} is listed with {summary.passages} passages and has {len(rows)}"
        covered = set[int]().union(*(range(row.span.start, row.span.end) for row in rows))
        if not {at for at, character in enumerate(text) if not character.isspace()} <= covered:
            yield f"passages of {summary.id} do not cover it"
        if {row.revision for row in rows} != {summary.revision}:
            yield f"{summary.id} has passages of another revision"
    if sorted(listed) != searchable:
        yield f"searchable are {searchable}, and the articles' passages are {sorted(listed)}"
    yield from (f"passage {number} has no vector" for number in snapshot.without_vector())
    yield from (f"passage {number} has no word pieces" for number in snapshot.without_pieces())
    vectors = snapshot.vectors_after(0)
    if vectors.ids.tolist() != searchable:
        yield f"vectors are there of {vectors.ids.tolist()} and not of {searchable}"
    snapshot.pieces(searchable)


def _search(snapshot: Snapshot, view: View, words: Iterable[str]) -> Iterator[str]:
    """Each word finds its article's passages and nothing else; vectors find what is searchable and nothing else."""
    searchable = set(snapshot.searchable(after=0, until=snapshot.last_passage_id()).tolist())
    most = max(1, len(view))
    current = {
        snapshot.revision(each.id).article.title.removeprefix("Report "): each.id for each in snapshot.summaries()
    }
    for word in {*words, *current}:
        found = set(view.by_words(analyse(word), k=most).ids.tolist())
        expected = {row.passage_id for row in snapshot.passages_of(current[word])} if word in current else set[int]()
        if found != expected:
            yield f"{word} finds {sorted(found)} and not {sorted(expected)}"
    vectors = snapshot.vectors_after(0)
    for number, vector in zip(vectors.ids.tolist(), vectors.vectors, strict=True):
        nearest = view.by_vector(vector.astype(np.float32), k=1).ids.tolist()
        if nearest != [number]:
            yield f"the vector of passage {number} finds {nearest}"
    if len(vectors.ids):
        everything = set(view.by_vector(vectors.vectors[0].astype(np.float32), k=most).ids.tolist())
        if everything != searchable:
            yield f"vectors find {sorted(everything)} and not {sorted(searchable)}"
