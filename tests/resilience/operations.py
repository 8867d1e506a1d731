"""What is done to a library under test: small articles that their words tell apart, and changes drawn from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from corpus.article import Article

_PLACES = ("harbour", "bridge", "council", "market", "station", "theatre", "museum", "stadium")
_MOST_TOGETHER = 6
"""Articles of a batch: all of them go into one commit."""


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an article. Its word stands in its title and in every sentence, and in no other version."""

    article_id: str
    word: str
    sentences: int

    @property
    def article(self) -> Article:
        """The article as it is stored."""
        text = " ".join(
            f"The {self.word} was seen at the {_PLACES[number % len(_PLACES)]} on day {number}."
            for number in range(self.sentences)
        )
        return Article(id=self.article_id, text=text, title=f"Report {self.word}")


class Kind(StrEnum):
    """What an operation does."""

    PUT = "put"
    REMOVE = "remove"
    FEEDBACK = "feedback"
    KEY = "key"
    REVOKE = "revoke"
    RESTORE = "restore"


_DRAWN = {Kind.PUT: 70, Kind.REMOVE: 20, Kind.FEEDBACK: 5, Kind.KEY: 3, Kind.REVOKE: 2}
"""How often each of those that processes carry out among others is drawn."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A change that is asked for. It is acknowledged as a whole, and done as a whole or not at all."""

    kind: Kind
    versions: tuple[Version, ...] = ()
    """Of PUT: stored together."""
    subject: str = ""
    """Of REMOVE the article's id, of FEEDBACK what is said, of KEY the name, of REVOKE the key's name; of RESTORE the
    article that is new since the backup, and is taken back."""

    def as_json(self) -> list[object]:
        """For the pipe to the process under test."""
        return [self.kind, [[each.article_id, each.word, each.sentences] for each in self.versions], self.subject]


def operation_of(raw: list[object]) -> Operation:
    """What `as_json` was made from."""
    kind, versions, subject = raw
    assert isinstance(versions, list)
    return Operation(Kind(str(kind)), tuple(Version(*each) for each in versions), str(subject))


class Words:
    """Gives each version a word of its own, of digits, so that no stemmer makes two of them one."""

    def __init__(self, prefix: str = "w") -> None:
        self._prefix = prefix
        self.given: list[str] = []

    def next(self) -> str:
        """A word that was never given before."""
        self.given.append(f"{self._prefix}{len(self.given):06d}q")
        return self.given[-1]


def drawn(random: Random, words: Words, *, ids: list[str], present: set[str], keys: set[str]) -> Operation:
    """A change to one of these articles, of which some are present now, or to the files beside the library."""
    kind = random.choices(list(_DRAWN), weights=list(_DRAWN.values()))[0]
    if kind is Kind.REMOVE and present:
        return Operation(kind, subject=random.choice(sorted(present)))
    if kind is Kind.FEEDBACK:
        return Operation(kind, subject=words.next())
    if kind is Kind.KEY:
        return Operation(kind, subject=words.next())
    if kind is Kind.REVOKE and keys:
        return Operation(kind, subject=random.choice(sorted(keys)))
    together = 1 if random.random() < 0.6 else random.randint(2, min(_MOST_TOGETHER, len(ids)))
    chosen = random.sample(ids, together)
    return Operation(Kind.PUT, tuple(Version(one, words.next(), random.randint(1, 5)) for one in chosen))


def changes(operation: Operation) -> Iterator[tuple[str, Version | None]]:
    """What becomes of each article: its new version, or None where it goes."""
    if operation.kind is Kind.PUT:
        yield from ((version.article_id, version) for version in operation.versions)
    if operation.kind in {Kind.REMOVE, Kind.RESTORE}:
        yield operation.subject, None
