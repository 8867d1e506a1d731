"""What publishing stores in an engine, what it leaves there, and when it is due."""

from dataclasses import replace

import pytest

from indexing.errors import EngineRefused
from indexing.generations.step import Step
from indexing.generations.tiers import TIERS, Tiers
from indexing.milvus import publishing
from indexing.milvus.collections import family
from indexing.milvus.generations import InMilvus
from indexing.milvus.publishing import flush, publish_whole
from tests.indexing.published import Engine, Listing
from tests.indexing.samples import EAGER, article, texts_of


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
