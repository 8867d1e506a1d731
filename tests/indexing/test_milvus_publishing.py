"""What publishing stores in an engine, what it leaves there, and when it is due."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from indexing.errors import MilvusRefused
from indexing.generations.step import Step
from indexing.generations.tiers import TIERS, Tiers
from indexing.milvus.client import Client
from indexing.milvus.collections import described_passages, family, new_name
from indexing.milvus.generations import InMilvus
from indexing.milvus.publishing import flush, publish_whole
from tests.fakes import WordEncoder
from tests.indexing.published import Engine, Listing
from tests.indexing.samples import EAGER, Shelf, article, texts_of, uncovered


def held(engine: Engine) -> list[str]:
    beginning = family(engine.client.address, engine.record().manifest.library_id)
    return sorted(name for name in engine.client.names() if name.startswith(beginning))


def test_a_rebuild_makes_a_collection_anew_and_keeps_the_former_for_its_readers(
    engine: Engine,
) -> None:
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
    assert held(engine) == sorted([first.collection, second.collection, third.collection])
    assert texts_of(index, "lighthouse") == ["The lighthouse burned down."]


def test_a_rebuild_removes_what_was_left_for_another_collection_so_long_ago_that_every_reader_has_followed(
    engine: Engine,
) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    engine.publish()
    first, address, now = engine.record(), engine.client.address, time.time()
    for age in (3600, 1800):
        name = new_name(address, first.manifest.library_id, at=now - age)
        engine.client.create(name, described_passages(address, dim=24))
    left, followed_lately, _ = held(engine)
    engine.publish()
    assert held(engine) == sorted([followed_lately, first.collection, engine.record().collection])
    assert left not in held(engine)


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
    engine.generations.carry_out(Step.MERGE, engine.library, wait_seconds=5, in_other_process=False)
    assert engine.generations.current() is None
    engine.generations.carry_out(Step.FLUSH, engine.library, wait_seconds=5, in_other_process=False)
    index.adopt()
    with index.reading() as (_, view):
        assert (view.number, uncovered(view)) == (1, 0)


def test_prefixes_keep_two_copies_of_a_library_apart(engine: Engine) -> None:
    engine.shelf.put("a", "The lighthouse burned down.")
    engine.publish()
    copy = InMilvus(replace(engine.client.address, prefix="staging"), lambda: engine.library)
    assert copy.open(None) is None
    copy.publish(engine.library, wait_seconds=5)
    assert [name for name in engine.client.names() if name.startswith("staging_")] != []
    assert len(engine.rows()) == 1
    copy.close()


def test_a_passage_with_more_words_than_milvus_holds_is_an_error_that_names_it(lite: Client, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "long", encoder=WordEncoder(dim=24, max_pieces=100_000), max_tokens=100_000)
    # each is stored as 200 letters and digits
    shelf.put("a", " ".join(33 * chr(ord("가") + number) for number in range(400)))
    with pytest.raises(MilvusRefused, match="passage 1 has too many words for it; set BYLINE_MAX_TOKENS lower"):
        publish_whole(lite, shelf.library)
    shelf.close()


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
