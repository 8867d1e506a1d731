"""Writes, removals and publications in any order, with an engine: exactly the live passages are found."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from corpus.library.records import Filters
from indexing.milvus.address import Address
from indexing.milvus.client import Client
from indexing.milvus.publishing import flush, mend, publish_whole
from indexing.milvus.record import read_record
from tests.fakes import WordEncoder
from tests.indexing.published import Engine, Failing
from tests.indexing.samples import ALL, EAGER, Shelf, article, word_ids
from tests.vocabulary import WORDS

NAMES = st.sampled_from("abcde")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(lambda words: " ".join(words).capitalize() + ".")


class States(RuleBasedStateMachine):
    """Writes, removals and publications in any order, seen by two readers that adopt when they happen to."""

    address: Address

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(self.address.uri).parent / f"library-{id(self)}"
        self.engine = Engine(Shelf(self.folder, encoder=WordEncoder(dim=24)), self.address)
        self.live: dict[str, str] = {}
        self.readers = [self.engine.index(), self.engine.index()]

    @rule(drafts=st.dictionaries(NAMES, TEXTS, min_size=1, max_size=3))
    def put(self, drafts: dict[str, str]) -> None:
        self.engine.shelf.put_all(*(article(name, text) for name, text in drafts.items()))
        self.live |= drafts

    @precondition(lambda self: bool(self.live))
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.live)))
        self.engine.shelf.remove(name)
        del self.live[name]

    @rule(step=st.sampled_from([publish_whole, mend, lambda *both: flush(*both, tiers=EAGER)]))
    def bring_up(self, step: Callable[..., object]) -> None:
        step(self.engine.client, self.engine.library)

    @rule(after=st.integers(0, 2))
    def break_off(self, after: int) -> None:
        client = Failing(self.address, after=after)
        try:
            flush(client, self.engine.library, tiers=EAGER)
        except KeyboardInterrupt:
            pass
        finally:
            client.close()

    @rule(which=st.integers(0, 1))
    def adopt(self, which: int) -> None:
        with self.engine.library.snapshot() as snapshot:
            published = read_record(self.engine.client, snapshot.library_id)
        if published is not None:
            self.engine.adopted(self.readers[which])

    @rule(which=st.integers(0, 1))
    def reopen(self, which: int) -> None:
        self.readers[which] = self.engine.index()

    @invariant()
    def the_live_passages_are_found_and_nothing_else_is(self) -> None:
        for index in self.readers:
            with index.reading() as (snapshot, view):
                rows = {row.passage_id for name in self.live for row in snapshot.passages_of(name)}
                question = self.engine.shelf.encoder.encode_question("harbour storm")
                assert set(view.by_vector(question, k=ALL).ids.tolist()) == rows
                assert set(word_ids(view, " ".join(WORDS))) == rows
                filters = Filters(article_ids=("a", "b"))
                chosen = view.meeting(filters, snapshot)
                found = view.by_vector(question, k=ALL, chosen=chosen)
                assert sorted(found.ids.tolist()) == snapshot.matching(filters).tolist()

    def teardown(self) -> None:
        self.engine.generations.close()
        self.engine.shelf.close()


def test_in_every_state_exactly_the_live_passages_are_found(lite: Client) -> None:
    """Whatever was written, published, broken off and adopted by whom: nothing is lost, nothing gone comes back."""
    States.address = lite.address
    run_state_machine_as_test(
        States,
        settings=settings(
            max_examples=6, stateful_step_count=10, database=None, suppress_health_check=list(HealthCheck)
        ),
    )
