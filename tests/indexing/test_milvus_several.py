"""Publishing into an engine that is broken off, run twice, or done by several at a time."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from corpus.library.sqlite.copying import copy_out, put_back
from indexing.errors import IndexBroken
from indexing.milvus.address import Index
from indexing.milvus.client import Client
from indexing.milvus.collections import family, terms_of
from indexing.milvus.generations import InMilvus
from indexing.milvus.publishing import flush, mend, publish_whole
from indexing.milvus.record import write_record
from tests.indexing.published import Engine, Failing, Late, Meanwhile
from tests.indexing.samples import EAGER, article, texts_of


@pytest.mark.parametrize("after", range(4), ids=["nothing stored", "some stored", "all stored", "no record"])
def test_what_was_broken_off_ends_the_same_when_it_is_run_again(engine: Engine, after: int) -> None:
    engine.shelf.put_all(*(article(f"a{number}", f"The lighthouse {number} burned down.") for number in range(4)))
    engine.publish()
    index = engine.index()
    engine.shelf.put_all(*(article(f"a{number}", f"The harbour {number} reopened.") for number in range(2, 6)))
    before = engine.record()
    failing = Failing(engine.client.address, after=after)
    with pytest.raises(KeyboardInterrupt):
        flush(failing, engine.library, tiers=EAGER, block=2)
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


def test_a_first_flush_leaves_a_rebuild_that_ends_before_it_alone_and_nothing_of_its_own_behind(engine: Engine) -> None:
    engine.shelf.put("a", "The ferry sailed.")
    rebuilt = Client(replace(engine.client.address, index=Index.IVF_SQ8))
    slow = Meanwhile(engine.client.address, lambda: publish_whole(rebuilt, engine.library))
    flush(slow, engine.library)
    slow.close()
    rebuilt.close()
    record = engine.record()
    assert record.index is Index.IVF_SQ8
    beginning = family(engine.client.address, record.manifest.library_id)
    assert [name for name in engine.client.names() if name.startswith(beginning)] == [record.collection]


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


def terms_of_all(engine: Engine) -> int:
    with engine.library.snapshot() as snapshot:
        return sum(map(len, terms_of(snapshot.vectors_after(0))))


@pytest.mark.parametrize("step", [publish_whole, mend, partial(flush, tiers=EAGER)], ids=["rebuild", "mend", "flush"])
def test_terms_are_counted_right_whatever_is_taken_out_while_passages_are_stored(
    engine: Engine, step: Callable[..., object]
) -> None:
    """What is taken out was stored by an earlier publication, just now, or not yet."""
    engine.shelf.put_all(*(article(name, f"The ferry {name} sailed.") for name in "abc"))
    engine.publish()
    engine.shelf.put_all(*(article(name, f"The lighthouse {name} burned down.") for name in "defg"))

    def another() -> None:
        for name in "adg":
            engine.shelf.remove(name)

    slow = Meanwhile(engine.client.address, another)
    step(slow, engine.library, block=2)
    slow.close()
    assert engine.rows() == engine.live()
    assert engine.record().tokens == terms_of_all(engine)
    engine.shelf.remove("b")
    flush(engine.client, engine.library, tiers=EAGER)
    assert engine.record().tokens == terms_of_all(engine)


def test_a_restore_while_passages_are_stored_ends_the_publication(engine: Engine, tmp_path: Path) -> None:
    """The ids that were stored are other passages' in the history that the library goes on from."""
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    before, kept = engine.record(), tmp_path / "kept.sqlite3"
    copy_out(engine.shelf.home, kept)
    engine.shelf.put("b", "The lighthouse burned down.")

    def restored() -> None:
        put_back(engine.shelf.home, kept, wait_seconds=5)
        engine.shelf.put("b", "The harbour reopened.")

    slow = Meanwhile(engine.client.address, restored)
    with pytest.raises(IndexBroken, match="the library was restored while it was filled"):
        flush(slow, engine.library, tiers=EAGER)
    slow.close()
    assert engine.record() == before
    flush(engine.client, engine.library, tiers=EAGER)
    assert texts_of(engine.index(), "lighthouse harbour") == ["The harbour reopened."]


def test_a_record_gets_the_number_that_follows_the_one_which_is_there_when_it_is_written(engine: Engine) -> None:
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    engine.shelf.put("b", "The lighthouse burned down.")
    numbers = list[int]()

    def another() -> None:
        flush(engine.client, engine.library, tiers=EAGER)
        numbers.append(engine.record().manifest.number)

    slow = Meanwhile(engine.client.address, another)
    numbers.append(publish_whole(slow, engine.library).number)
    slow.close()
    assert numbers == [2, 3]
    assert engine.record().manifest.number == 3


def test_of_two_records_that_got_one_number_at_the_same_time_readers_follow_to_the_one_that_is_there(
    engine: Engine,
) -> None:
    engine.shelf.put("a", "The ferry sailed.")
    engine.publish()
    index, former = engine.index(), engine.record()
    engine.shelf.put("b", "The lighthouse burned down.")

    def another() -> None:
        flush(engine.client, engine.library, tiers=EAGER)
        engine.adopted(index)

    def followed() -> bool:
        with index.reading() as (_, view):
            assert view.number == 2
            return view.version == engine.record().version

    slow = Meanwhile(engine.client.address, another)
    write_record(slow, former)
    slow.close()
    assert (engine.record().manifest.number, followed()) == (2, False)
    engine.adopted(index)
    assert followed()
    assert len(texts_of(index, "ferry lighthouse")) == 2
