"""Milvus kept up to date with the library: broken off, run twice, by several at a time; each damage told by name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from corpus.library.records import Filters
from indexing.errors import EngineRefused, IndexBroken
from indexing.generations.manifest import written
from indexing.generations.step import Step
from indexing.generations.tiers import TIERS, Tiers
from indexing.milvus import publishing
from indexing.milvus.address import Address, Index
from indexing.milvus.client import Client, Row
from indexing.milvus.collections import LIBRARY, MANIFEST, family, records
from indexing.milvus.expressions import ID
from indexing.milvus.generations import InMilvus
from indexing.milvus.publishing import flush, mend, publish_whole
from indexing.milvus.record import Record, read_record, write_record
from indexing.searching import SearchIndex
from tests.fakes import WordEncoder
from tests.indexing.samples import ALL, EAGER, WORDS, Shelf, article, texts_of, word_ids

NAMES = st.sampled_from("abcde")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=2, max_size=9).map(lambda words: " ".join(words).capitalize() + ".")


class Engine:
    """A library of which an engine has the indexes."""

    def __init__(self, shelf: Shelf, address: Address) -> None:
        self.shelf = shelf
        self.library = shelf.library
        self.generations = InMilvus(address, lambda: shelf.library)
        self.client = self.generations.client

    def index(self) -> SearchIndex:
        return SearchIndex(self.library, identity=self.shelf.identity, generations=self.generations)

    def publish(self) -> None:
        self.generations.publish(self.library, wait_seconds=5)

    def record(self) -> Record:
        with self.library.snapshot() as snapshot:
            found = read_record(self.client, snapshot.library_id)
        assert found is not None
        return found

    def rows(self) -> set[int]:
        return set(self.client.ids(self.record().collection, f"{ID} >= 0"))

    def live(self) -> set[int]:
        with self.library.snapshot() as snapshot:
            return set(snapshot.searchable(after=0, until=ALL).tolist())

    def adopted(self, index: SearchIndex) -> None:
        """What another process published, seen now and not in two seconds."""
        self.generations._seen(self.record().manifest.number)
        index.adopt()


@pytest.fixture
def engine(shelf: Shelf, lite: Client) -> Iterator[Engine]:
    made = Engine(shelf, lite.address)
    yield made
    made.generations.close()


class Failing(Client):
    """Breaks off at the nth change of rows, as a process that is killed does."""

    def __init__(self, address: Address, *, after: int) -> None:
        super().__init__(address)
        self._left = after

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        self._count()
        super().upsert(name, rows)

    def delete(self, name: str, ids: Sequence[int]) -> None:
        self._count()
        super().delete(name, ids)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt


class Listing(Client):
    """Tells which passages are stored and taken out."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.stored = list[int]()
        self.taken_out = list[int]()

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        self.stored += [row[ID] for row in rows if ID in row]
        super().upsert(name, rows)

    def delete(self, name: str, ids: Sequence[int]) -> None:
        self.taken_out += ids
        super().delete(name, ids)


class Meanwhile(Client):
    """Lets something happen before the first rows are stored: after they were read from the library."""

    def __init__(self, address: Address, happen: Callable[[], None]) -> None:
        super().__init__(address)
        self._happen: Callable[[], None] | None = happen

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        happen, self._happen = self._happen, None
        if happen is not None:
            happen()
        super().upsert(name, rows)


class Late(Client):
    """Lets something happen before the first rows are read: what that publishes is found by who began before it."""

    def __init__(self, address: Address, happen: Callable[[], None]) -> None:
        super().__init__(address)
        self._happen: Callable[[], None] | None = happen

    def query(
        self, name: str, expression: str, fields: Sequence[str], *, strong: bool, limit: int | None = None
    ) -> list[Row]:
        happen, self._happen = self._happen, None
        if happen is not None:
            happen()
        return super().query(name, expression, fields, strong=strong, limit=limit)


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
                found = view.by_vector(question, k=ALL, allowed=chosen.allowed, filters=chosen.filters)
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


def test_a_rebuild_makes_a_collection_anew_and_keeps_the_former_for_its_readers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held() -> list[str]:
        beginning = family(engine.client.address, engine.record().manifest.library_id)
        return sorted(name for name in engine.client.names() if name.startswith(beginning))

    engine.shelf.put("a", "The lighthouse burned down.")
    engine.publish()
    index, first = engine.index(), engine.record()
    engine.publish()
    second = engine.record()
    assert (second.manifest.number, second.collection == first.collection) == (2, False)
    assert texts_of(index, "lighthouse") == ["The lighthouse burned down."]
    engine.publish()
    third = engine.record()
    # who reads the first one may not have followed yet
    assert held() == sorted([first.collection, second.collection, third.collection])
    assert texts_of(index, "lighthouse") == ["The lighthouse burned down."]
    monkeypatch.setattr(publishing, "_FOLLOWED_SECONDS", -1.0)
    engine.publish()
    assert held() == sorted([third.collection, engine.record().collection])


def test_only_what_changed_is_stored_and_only_if_it_is_worth_it(engine: Engine) -> None:
    engine.shelf.put_all(*(article(f"a{number}", f"The lighthouse {number} burned down.") for number in range(20)))
    flush(engine.client, engine.library)
    first = engine.record()
    assert len(engine.rows()) == 20
    engine.shelf.put("b", "The harbour reopened.")
    assert flush(engine.client, engine.library) is None
    engine.shelf.remove("a1")
    listing = Listing(engine.client.address)
    flush(listing, engine.library, tiers=EAGER)
    listing.close()
    assert (listing.stored, listing.taken_out) == ([21], [2])
    assert engine.rows() == engine.live()
    assert engine.record().collection == first.collection


@pytest.mark.parametrize("after", range(4), ids=["nothing stored", "some stored", "all stored", "no record"])
def test_what_was_broken_off_ends_the_same_when_it_is_run_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(publishing, "_BLOCK", 2)
    engine.shelf.put_all(*(article(f"a{number}", f"The lighthouse {number} burned down.") for number in range(4)))
    engine.publish()
    index = engine.index()
    engine.shelf.put_all(*(article(f"a{number}", f"The harbour {number} reopened.") for number in range(2, 6)))
    before = engine.record()
    failing = Failing(engine.client.address, after=after)
    with pytest.raises(KeyboardInterrupt):
        flush(failing, engine.library, tiers=EAGER)
    failing.close()
    assert engine.record() == before
    assert len(texts_of(index, "lighthouse harbour")) == 6
    assert len(texts_of(engine.index(), "lighthouse harbour")) == 6
    for _ in range(2):
        flush(engine.client, engine.library, tiers=EAGER)
        assert engine.rows() == engine.live()
    assert (
        engine.record().tokens == sum(len(text.split()) for text in texts_of(engine.index(), "lighthouse harbour")) + 6
    )


def test_what_is_removed_while_it_is_stored_is_taken_out_again(engine: Engine) -> None:
    """The order that would bring a passage back: read, removed and taken out by another, stored."""
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    engine.shelf.put("b", "The lighthouse burned down.")

    def another() -> None:
        engine.shelf.remove("b")
        flush(engine.client, engine.library, tiers=EAGER)

    slow = Meanwhile(engine.client.address, another)
    index = engine.index()
    flush(slow, engine.library, tiers=EAGER)
    slow.close()
    assert engine.rows() == engine.live()
    engine.adopted(index)
    assert texts_of(index, "ferry lighthouse") == ["The ferry sailed."]


def test_a_row_that_came_back_is_not_answered_with_and_is_mended(engine: Engine) -> None:
    """As after a process was killed between storing what another had taken out and taking it out again."""
    engine.shelf.put_all(article("a", "The ferry sailed."), article("b", "The lighthouse burned down."))
    engine.publish()
    name = engine.record().collection
    (gone,) = engine.client.query(name, f"{ID} == 2", ["*"], strong=True)
    engine.shelf.remove("b")
    flush(engine.client, engine.library, tiers=EAGER)
    index = engine.index()
    engine.client.upsert(name, [{key: value for key, value in gone.items() if key != "bm25"}])
    with index.reading() as (snapshot, view):
        found = view.by_vector(engine.shelf.encoder.encode_question("lighthouse"), k=5)
        assert found.ids.tolist() == [2, 1]
        assert view.still_there(found, snapshot).ids.tolist() == [1]
    with pytest.raises(IndexBroken, match="it has 2 of the library's 1 searchable passages"):
        engine.index()
    engine.generations.carry_out(Step.REBUILD, engine.library, wait_seconds=5, apart=False)
    assert engine.rows() == {1}
    assert texts_of(engine.index(), "ferry lighthouse") == ["The ferry sailed."]


def test_a_row_that_is_lost_is_noticed_and_stored_again_without_the_others(engine: Engine) -> None:
    engine.shelf.put_all(*(article(f"a{number}", f"The lighthouse {number} burned down.") for number in range(5)))
    engine.publish()
    before = engine.record()
    engine.client.delete(before.collection, [3])
    with pytest.raises(IndexBroken, match="it has 4 of the library's 5 searchable passages"):
        engine.index()
    mend(engine.client, engine.library)
    assert engine.record().collection == before.collection
    assert engine.rows() == engine.live()
    assert len(texts_of(engine.index(), "lighthouse")) == 5


def test_two_that_publish_at_a_time_leave_one_true_record_whichever_is_written_last(engine: Engine) -> None:
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    engine.shelf.put("b", "The lighthouse burned down.")
    older = engine.record()

    def another() -> None:
        engine.shelf.put("c", "The harbour reopened.")
        engine.shelf.remove("a")
        flush(engine.client, engine.library, tiers=EAGER)

    slow = Meanwhile(engine.client.address, another)
    flush(slow, engine.library, tiers=EAGER)
    slow.close()
    assert engine.record().manifest.commit == 4, "the later commit's record is not replaced by an earlier one's"
    write_record(engine.client, older)
    assert len(texts_of(engine.index(), "ferry lighthouse harbour")) == 2, "an older record is true as well"


@pytest.mark.parametrize("step", [mend, lambda *both: flush(*both, tiers=EAGER)], ids=["mend", "flush"])
def test_a_rebuild_that_ends_while_the_former_collection_is_brought_up_to_date_is_not_undone(
    engine: Engine, step: Callable[..., object]
) -> None:
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    engine.shelf.put("b", "The lighthouse burned down.")
    rebuilt = InMilvus(replace(engine.client.address, index=Index.IVF_SQ8), lambda: engine.library)
    slow = Meanwhile(engine.client.address, lambda: publish_whole(rebuilt.client, engine.library))
    step(slow, engine.library)
    slow.close()
    rebuilt.close()
    assert engine.record().index is Index.IVF_SQ8
    assert engine.rows() == engine.live()


@pytest.mark.parametrize(
    ("step", "done"), [(mend, True), (lambda *both: flush(*both, tiers=EAGER), False)], ids=["mend", "flush"]
)
def test_a_record_of_a_commit_that_comes_just_now_is_gone_on_from_and_nothing_is_stored_anew(
    engine: Engine,
    step: Callable[..., object],
    done: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    before = engine.record()

    def another() -> None:
        engine.shelf.put("b", "The lighthouse burned down.")
        flush(engine.client, engine.library, tiers=EAGER)

    late = Late(engine.client.address, another)
    assert (step(late, engine.library) is not None) is done
    late.close()
    assert engine.record().collection == before.collection
    assert engine.rows() == engine.live()


def test_nothing_published_is_not_an_error_and_everything_is_searched_in_memory(engine: Engine) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    index = engine.index()
    assert texts_of(index, "lighthouse") == ["The lighthouse burned down."]
    with index.reading() as (_, view):
        assert (view.number, view.flush_due) == (None, True)
    engine.generations.carry_out(Step.MERGE, engine.library, wait_seconds=5, apart=False)
    assert engine.generations.current() is None
    engine.generations.carry_out(Step.FLUSH, engine.library, wait_seconds=5, apart=False)
    index.adopt()
    with index.reading() as (_, view):
        assert (view.number, view.uncovered) == (1, 0)


def _written(engine: Engine, record: Record, **changes: object) -> None:
    write_record(engine.client, replace(record, manifest=replace(record.manifest, **changes)))  # type: ignore[arg-type]


def _garbage(engine: Engine, record: Record) -> None:
    (row,) = engine.client.query(
        records(engine.client.address), f'{LIBRARY} == "{record.manifest.library_id}"', ["*"], strong=True
    )
    engine.client.upsert(records(engine.client.address), [{**row, MANIFEST: written(record.manifest)[:-9]}])


DAMAGE: dict[str, Callable[[Engine, Record], None]] = {
    "the engine has no such collection": lambda engine, record: engine.client.drop(record.collection),
    "the record cannot be read": _garbage,
    "it was made from another history of this library": lambda engine, record: _written(
        engine, record, commit_token="0" * 16
    ),
    "it was made with another encoder or other limits": lambda engine, record: _written(
        engine, record, identity=replace(record.manifest.identity, encoder_sha256="0" * 64)
    ),
    "the current generation is newer than the library": lambda engine, record: _written(engine, record, commit=99),
}


@pytest.mark.parametrize("said", DAMAGE)
def test_each_damage_is_told_by_name_never_taken_for_empty_and_a_rebuild_ends_it(engine: Engine, said: str) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    engine.publish()
    DAMAGE[said](engine, engine.record())
    with pytest.raises(IndexBroken, match=said):
        engine.index()
    engine.publish()
    assert texts_of(engine.index(), "lighthouse") == ["The lighthouse burned down."]


def test_a_record_of_another_library_is_refused(engine: Engine, tmp_path: Path) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    engine.publish()
    other = Engine(Shelf(tmp_path / "other", encoder=WordEncoder(dim=24)), engine.client.address)
    other.shelf.put("a", "The ferry sailed.")
    assert texts_of(other.index(), "lighthouse ferry") == ["The ferry sailed."]
    with other.library.snapshot() as snapshot:
        other_id = snapshot.library_id
    (row,) = engine.client.query(
        records(engine.client.address), f'{LIBRARY} == "{engine.record().manifest.library_id}"', ["*"], strong=True
    )
    engine.client.upsert(records(engine.client.address), [{**row, LIBRARY: other_id}])
    with pytest.raises(IndexBroken, match="it was made from another library"):
        other.index()
    other.generations.close()
    other.shelf.close()


def test_prefixes_keep_two_copies_of_a_library_apart(engine: Engine) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    engine.publish()
    copy = InMilvus(replace(engine.client.address, prefix="staging"), lambda: engine.library)
    assert copy.open(None) is None
    copy.publish(engine.library, wait_seconds=5)
    assert [name for name in engine.client.names() if name.startswith("staging_")] != []
    assert len(engine.rows()) == 1
    copy.close()


def test_a_passage_with_more_words_than_milvus_holds_is_an_error_that_names_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    monkeypatch.setattr("indexing.milvus.collections._LONGEST", 10)
    with pytest.raises(EngineRefused, match="passage 1 has too many words for it; set BYLINE_MAX_TOKENS lower"):
        publish_whole(engine.client, engine.library)


def test_what_is_gone_is_work_for_a_flush_and_nothing_is_merged(engine: Engine) -> None:
    engine.shelf.put_all(*(article(f"a{number}", f"The lighthouse {number} burned down.") for number in range(300)))
    engine.publish()
    index = engine.index()
    for number in range(TIERS.least + 1):
        engine.shelf.remove(f"a{number}")
    with index.reading() as (_, view):
        assert (view.flush_due, view.merge_due) == (True, False)
    assert flush(engine.client, engine.library, tiers=Tiers()) is not None
    assert len(engine.rows()) == 300 - TIERS.least - 1
