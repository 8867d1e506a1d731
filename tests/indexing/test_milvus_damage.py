"""What an engine has and should not, or lacks: told by name, never taken for empty, and mended."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from indexing.errors import IndexBroken
from indexing.generations.manifest import written
from indexing.generations.step import Step
from indexing.milvus.collections import LIBRARY, MANIFEST, records
from indexing.milvus.expressions import ID
from indexing.milvus.publishing import flush, mend
from indexing.milvus.record import Record, write_record
from tests.fakes import WordEncoder
from tests.indexing.published import Engine
from tests.indexing.samples import EAGER, Shelf, article, texts_of


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
    engine.generations.carry_out(Step.REBUILD, engine.library, wait_seconds=5, in_other_process=False)
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


def _written(engine: Engine, record: Record, **changes: object) -> None:
    write_record(engine.client, replace(record, manifest=replace(record.manifest, **changes)))  # type: ignore[arg-type]


def _garbage(engine: Engine, record: Record) -> None:
    (row,) = engine.client.query(
        records(engine.client.address), f'{LIBRARY} == "{record.manifest.library_id}"', ["*"], strong=True
    )
    engine.client.upsert(records(engine.client.address), [{**row, MANIFEST: written(record.manifest)[:-9]}])


DAMAGE: dict[str, Callable[[Engine, Record], None]] = {
    "Milvus has no such collection": lambda engine, record: engine.client.drop(record.collection),
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
