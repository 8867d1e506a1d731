"""Splitting and encoding a library anew: all of it or nothing, and what was cited before stays."""

from pathlib import Path

import pytest

from corpus.errors import LibraryMismatch
from indexing.errors import PassageTooLong
from indexing.ingest import Ingester, identity_of
from indexing.tokens import count_tokens
from tests.fakes import WordEncoder
from tests.indexing.samples import CountingEncoder, Shelf, numbered, stored_ids


def resplitter(shelf: Shelf, encoder: WordEncoder, *, max_tokens: int) -> Ingester:
    identity = identity_of(encoder, max_tokens=max_tokens, overlap_tokens=4)
    return Ingester(shelf.library, encoder=encoder, identity=identity, wait_seconds=5)


def test_resplitting_gives_every_article_new_passages_and_vectors_and_the_library_a_new_identity(
    tmp_path: Path,
) -> None:
    shelf = Shelf(tmp_path)
    texts = {f"a{n}": f"Article {n}. " + "The harbour reopened on Tuesday. " * 6 for n in range(5)}
    for name, text in texts.items():
        shelf.put(name, text)
    with shelf.library.snapshot() as snapshot:
        before = snapshot.vectors_after(0).ids.tolist()
    other = WordEncoder(name="others", dim=24)
    assert list(resplitter(shelf, other, max_tokens=40).resplit()) == sorted(texts)
    with shelf.library.snapshot() as snapshot:
        assert snapshot.identity == identity_of(other, max_tokens=40, overlap_tokens=4)
        after = snapshot.vectors_after(0)
        assert after.vectors.shape[1] == 24
        assert min(after.ids) > max(before)
        assert len(after.ids) < len(before)
        assert {row.searchable for row in snapshot.passages(before).values()} == {False}
        for name, text in texts.items():
            assert snapshot.revision(name).article.text == text
            assert max(count_tokens(row.text) for row in snapshot.passages_of(name)) > 16


def test_resplitting_broken_off_by_who_asked_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put_all(*numbered(5))
    with shelf.library.snapshot() as snapshot:
        before = (snapshot.commit, snapshot.identity, snapshot.vectors_after(0).ids.tolist())
    running = resplitter(shelf, WordEncoder(name="others", dim=24), max_tokens=40).resplit()
    assert next(iter(running)) == "a0"
    running.close()  # type: ignore[attr-defined]  # a generator, as every function that yields
    with shelf.library.snapshot() as snapshot:
        assert (snapshot.commit, snapshot.identity, snapshot.vectors_after(0).ids.tolist()) == before
    shelf.put("b", "The lock is free.")


def test_resplitting_with_an_encoder_that_fails_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put_all(*numbered(5))
    with shelf.library.snapshot() as snapshot:
        before = (snapshot.commit, snapshot.identity, snapshot.vectors_after(0).ids.tolist())
    failing = CountingEncoder(name="others", fail_at="Sentence 3 ")
    with pytest.raises(PassageTooLong):
        list(resplitter(shelf, failing, max_tokens=40).resplit())
    with shelf.library.snapshot() as snapshot:
        assert (snapshot.commit, snapshot.identity, snapshot.vectors_after(0).ids.tolist()) == before


@pytest.mark.parametrize("dim", [48, 24])
def test_a_writer_whose_encoder_is_no_longer_the_librarys_is_refused_and_stores_nothing(
    tmp_path: Path, dim: int
) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("a", "First words.")
    list(resplitter(shelf, WordEncoder(name="others", dim=dim), max_tokens=40).resplit())
    with pytest.raises(LibraryMismatch, match="others"):
        shelf.put("b", "These would get the former encoder's vectors.")
    assert stored_ids(shelf) == ["a"]
    with shelf.library.snapshot() as snapshot:
        assert snapshot.vectors_after(0).vectors.shape[1] == dim


def test_a_former_revision_of_a_resplit_article_stays_verifiable(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("a", "First words of it.")
    with shelf.library.snapshot() as snapshot:
        first = [row.passage_id for row in snapshot.passages_of("a")]
    shelf.put("a", "Second words of it.")
    list(resplitter(shelf, WordEncoder(name="others"), max_tokens=40).resplit())
    with shelf.library.snapshot() as snapshot:
        for row in snapshot.passages(first).values():
            assert row.text == snapshot.revision("a", row.revision).article.text[row.span.start : row.span.end]
