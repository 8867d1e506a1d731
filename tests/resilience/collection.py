"""A library with everything that writes and searches it, opened as a process of the service opens it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.library.identity import Identity
from corpus.library.reading import Library
from corpus.library.writing import make_library, writing
from indexing.generations.publishing import flush, merge, publish
from indexing.generations.tiers import Tiers
from indexing.ingest import Draft, Ingester, identity_of
from indexing.lexical.analysis import analyse
from indexing.searching import SearchIndex
from indexing.vectors.plan import BY_SIZE
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
from service.feedback.store import add_feedback
from service.keys.store import create_key, list_keys, revoke_key
from tests.resilience.operations import Kind, Operation, Version
from tests.words import WordEncoder

EAGER = Tiers(least=0, most=0)
"""Every passage is worth a part, every one that is gone worth making its part anew: as many steps as there can be."""
ENCODER = WordEncoder(dim=16)
_OPENING_SECONDS = 20.0
IDENTITY: Identity = identity_of(ENCODER, max_tokens=24, overlap_tokens=0)


class Collection:
    """A library in `home`, made if there is none; changes wait `wait_seconds` for others.

    Raises what opening raises.
    """

    def __init__(self, home: Path, *, wait_seconds: float = 20) -> None:
        self.home = home
        self.backup = home.with_name("backup")
        self._wait_seconds = wait_seconds
        make_library(home, IDENTITY, wait_seconds=_OPENING_SECONDS)
        self.library = Library(home)
        self._ingester = Ingester(self.library, encoder=ENCODER, identity=IDENTITY, wait_seconds=wait_seconds)
        self.index = SearchIndex(self.library, identity=IDENTITY)

    def apply(self, operation: Operation) -> None:
        """Carries a change out; when this returns, it is acknowledged. Raises what the layers raise."""
        match operation.kind:
            case Kind.PUT:
                # what is told of one is true of all, which are one commit
                next(self._ingester.put_all(Draft(each.article) for each in operation.versions))
            case Kind.REMOVE:
                with writing(self.home, wait_seconds=self._wait_seconds) as writer:
                    writer.remove(operation.subject)
            case Kind.FEEDBACK:
                add_feedback(self.home, operation.subject)
            case Kind.KEY:
                create_key(self.home, operation.subject)
            case Kind.REVOKE:
                # several where the first try to make it was answered with an error and left it there all the same
                named = [key.id for key in list_keys(self.home) if key.name == operation.subject]
                assert named, f"the key {operation.subject} is gone"
                for key_id in named:
                    revoke_key(self.home, key_id)
            case Kind.RESTORE:
                restore_backup(self.backup, self.home, replace=True, wait_seconds=self._wait_seconds, plan=BY_SIZE)
                self.index.adopt()

    def carry_out(self, step: str) -> None:
        """Flushes, merges or publishes, and goes over to what came of it; or backs up, beside the home."""
        steps: dict[str, Callable[[], object]] = {
            "flush": lambda: flush(self.library, wait_seconds=self._wait_seconds, tiers=EAGER),
            "merge": lambda: merge(self.library, wait_seconds=self._wait_seconds, tiers=EAGER),
            "publish": lambda: publish(self.library, wait_seconds=self._wait_seconds),
            "backup": lambda: make_backup(self.home, self.backup, replace=True),
        }
        steps[step]()
        self.index.adopt()

    def found_by(self, word: str) -> set[int]:
        """Ids of all passages that searching for a word finds now."""
        with self.index.reading() as (_, view):
            return set(view.by_words(analyse(word), k=max(1, len(view))).ids.tolist())

    def wrong_with(self, version: Version) -> list[str]:
        """What the search of this very process gets wrong about an article that was just stored."""
        with self.index.reading() as (snapshot, view):
            expected = {row.passage_id for row in snapshot.passages_of(version.article_id)}
            found = set(view.by_words(analyse(version.word), k=max(1, len(view))).ids.tolist())
        if found == expected and expected:
            return []
        return [f"{version.word} finds {sorted(found)} and not {sorted(expected)} right after it was stored"]

    def close(self) -> None:
        """Closes the connections."""
        self.library.close()


@contextmanager
def opened(home: Path, *, wait_seconds: float = 20) -> Iterator[Collection]:
    """A collection that is closed when the block ends."""
    collection = Collection(home, wait_seconds=wait_seconds)
    try:
        yield collection
    finally:
        collection.close()
