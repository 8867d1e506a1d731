"""A library goes through any sequence of operations as a model of a few lines does; `make model` tries for long."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from corpus.library.records import Filters
from tests.resilience.model import LIMITS, episode
from tests.resilience.rules import DAYS, IDS, PUBLISHERS, Rules
from tests.vocabulary import WORDS

READERS = st.integers(0, 1)
WORDS_OF = st.lists(st.sampled_from(WORDS), min_size=1, max_size=24)
FILTERS = st.builds(
    Filters,
    published_from=st.none() | st.sampled_from(DAYS),
    published_to=st.none() | st.sampled_from(DAYS),
    publishers=st.lists(st.sampled_from([one for one in PUBLISHERS if one]), unique=True).map(tuple),
    article_ids=st.lists(st.sampled_from(IDS), max_size=3, unique=True).map(tuple),
)


class LibraryMachine(RuleBasedStateMachine):
    """Hypothesis looks for a sequence that the model does not agree with, and makes it short."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.library = Rules(Path(self._folder.name))

    def teardown(self) -> None:
        self.library.close()
        self._folder.cleanup()

    @rule(
        article_id=st.sampled_from(IDS),
        words=WORDS_OF,
        publisher=st.sampled_from(PUBLISHERS),
        day=st.none() | st.sampled_from(DAYS),
    )
    def put(self, article_id: str, words: list[str], publisher: str | None, day: object) -> None:
        self.library.put(article_id, words, publisher, day)  # type: ignore[arg-type]

    @rule(article_id=st.sampled_from(IDS))
    def remove(self, article_id: str) -> None:
        self.library.remove(article_id)

    @rule(reader=READERS, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), filters=FILTERS)
    def search(self, reader: int, words: list[str], filters: Filters) -> None:
        self.library.search(reader, words, filters)

    @rule(reader=READERS)
    def look(self, reader: int) -> None:
        self.library.look(reader)

    @rule(reader=READERS)
    def reopen(self, reader: int) -> None:
        self.library.reopen(reader)

    @rule()
    def flush(self) -> None:
        self.library.flush()

    @rule()
    def merge(self) -> None:
        self.library.merge()

    @rule()
    def rebuild(self) -> None:
        self.library.rebuild()

    @rule(reader=READERS)
    def adopt(self, reader: int) -> None:
        self.library.adopt(reader)

    @rule(limit=st.sampled_from(LIMITS))
    def resplit(self, limit: int) -> None:
        self.library.resplit(limit)

    @rule()
    def backup(self) -> None:
        self.library.backup()

    @rule()
    def restore(self) -> None:
        self.library.restore()


TestLibraryMachine = LibraryMachine.TestCase
TestLibraryMachine.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_an_episode_of_random_operations_has_no_mismatch() -> None:
    assert episode(150, seed=11).total() == 150
