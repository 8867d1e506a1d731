"""Searching while a library changes: what is written and published is found at the next reading, never by halves."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from corpus.errors import LibraryMismatch
from indexing.encoders.protocol import passage_input
from indexing.errors import IndexBroken
from indexing.generations.publishing import flush, publish
from indexing.ingest import Draft
from indexing.lexical.analysis import analyse
from indexing.searching import SearchIndex
from indexing.segment import appended, segment_of
from tests.fakes import WordEncoder
from tests.indexing.samples import (
    ALL,
    ENCODER,
    Shelf,
    article,
    check_same_ranking,
    ids_array,
    texts_of,
    uncovered,
    word_ids,
)
from tests.vocabulary import WORDS


def test_publishing_changes_neither_passages_nor_scores(shelf: Shelf) -> None:
    random = np.random.default_rng(1)
    for number in range(12):
        shelf.put(f"a{number}", " ".join(random.choice(WORDS, size=25)) + ".")
    before_index = shelf.index()
    publish(shelf.library, wait_seconds=5)
    after_index = shelf.index()
    question = ENCODER.encode_question("harbour storm council")
    with before_index.reading() as (_, view):
        assert view.generation is None
        before = [view.by_vector(question, k=ALL), view.by_words(analyse("harbour storm council"), k=ALL)]
    with after_index.reading() as (_, view):
        assert view.generation is not None
        assert view.newer == ()
        after = [view.by_vector(question, k=ALL), view.by_words(analyse("harbour storm council"), k=ALL)]
    for found, expected in zip(after, before, strict=True):
        check_same_ranking(found, expected, everything=expected)


def test_an_updated_passages_old_words_are_never_found_again(shelf: Shelf) -> None:
    shelf.put("a", "The lighthouse burned down.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    shelf.put("a", "The harbour reopened.")
    assert texts_of(index, "lighthouse") == []
    assert texts_of(index, "harbour") == ["The harbour reopened."]
    shelf.remove("a")
    assert texts_of(index, "harbour lighthouse") == []
    publish(shelf.library, wait_seconds=5)
    assert texts_of(shelf.index(), "harbour lighthouse") == []


def test_passages_gone_count_in_the_statistics_until_they_are_merged_or_rebuilt_away(shelf: Shelf) -> None:
    shelf.put("a", "The lighthouse burned down.")
    shelf.put("b", "The harbour reopened.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    shelf.remove("a")
    terms = analyse("lighthouse")
    with index.reading() as (_, view):
        assert view.statistics(terms).frequencies == {terms[0]: 1}
        assert view.statistics(terms).passages == 2
    publish(shelf.library, wait_seconds=5)
    with shelf.index().reading() as (_, view):
        assert view.statistics(terms).frequencies == {terms[0]: 0}
        assert view.statistics(terms).passages == 1


def test_an_empty_library_is_searched_without_a_hit(shelf: Shelf) -> None:
    for _ in range(2):
        with shelf.index().reading() as (_, view):
            assert len(view.by_vector(ENCODER.encode_question("harbour"), k=5)) == 0
            assert word_ids(view, "harbour") == []
            assert not view.upkeep_due
        publish(shelf.library, wait_seconds=5)


_PUT = """
import sys
from pathlib import Path
from tests.fakes import WordEncoder
from tests.indexing.samples import Shelf
shelf = Shelf(Path(sys.argv[1]), encoder=WordEncoder(dim=24))
shelf.put("other", "A walrus was seen in the harbour.")
shelf.remove("mine")
"""


def test_another_process_commits_are_seen_by_the_next_reading(shelf: Shelf) -> None:
    shelf.put("mine", "The lighthouse burned down.")
    index = shelf.index()
    assert texts_of(index, "lighthouse walrus") == ["The lighthouse burned down."]
    subprocess.run([sys.executable, "-c", _PUT, str(shelf.home)], check=True)
    assert texts_of(index, "lighthouse walrus") == ["A walrus was seen in the harbour."]


def test_a_view_stays_what_it_was_while_writes_go_on(shelf: Shelf) -> None:
    shelf.put("a", "The lighthouse burned down.")
    index = shelf.index()
    other = Shelf(shelf.home, encoder=ENCODER)
    with index.reading() as (snapshot, view):
        other.put("a", "The harbour reopened.")
        publish(other.library, wait_seconds=5)
        (number,) = word_ids(view, "lighthouse")
        assert snapshot.passages([number])[number].searchable
        assert word_ids(view, "harbour") == []
    assert texts_of(index, "harbour lighthouse") == ["The harbour reopened."]


def test_concurrent_readers_never_fail_and_never_see_half_a_write(shelf: Shelf) -> None:
    """Each write gives three articles one common word; a reader that finds two different ones saw a torn state."""

    def write(word: str) -> None:
        shelf.put_all(*(article(name, f"Passage of {name} says {word}.") for name in "xyz"))

    write("version0")
    index = shelf.index()
    stop = threading.Event()
    failures: list[BaseException] = []
    readings = [0]

    def read() -> None:
        try:
            while not stop.is_set():
                with index.reading() as (snapshot, view):
                    found = view.by_vector(ENCODER.encode_question("passage says"), k=10)
                    rows = snapshot.passages(found.ids.tolist()).values()
                    assert sorted(row.article_id for row in rows) == ["x", "y", "z"]
                    assert len({row.text.split()[-1] for row in rows}) == 1
                    assert all(row.searchable for row in rows)
                    assert set(word_ids(view, "passage says")) == set(found.ids.tolist())
                    readings[0] += 1
        except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread shows it
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 25):
        write(f"version{number}")
        if number % 8 == 0:
            publish(shelf.library, wait_seconds=5)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert readings[0] > 10
    assert all(text.endswith("version24.") for text in texts_of(index, "passage"))


@pytest.mark.parametrize("published", [False, True])
def test_a_library_made_anew_by_another_encoder_is_a_mismatch_for_an_open_index(
    shelf: Shelf,
    published: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    shelf.put("a", "The lighthouse burned down.")
    if published:
        publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    other = Shelf(shelf.home.parent / "other", encoder=WordEncoder(name="others", dim=24))
    resplitter = type(shelf.ingester)(shelf.library, encoder=other.encoder, identity=other.identity, wait_seconds=5)
    assert list(resplitter.resplit()) == ["a"]
    with pytest.raises(LibraryMismatch, match="others"), index.reading():
        pass
    if published:
        with pytest.raises(IndexBroken, match="another encoder"):
            SearchIndex(shelf.library, identity=other.identity)
        publish(shelf.library, wait_seconds=5)
    assert texts_of(SearchIndex(shelf.library, identity=other.identity), "lighthouse")


def test_a_new_generation_is_due_once_much_is_outside_the_current_one(shelf: Shelf) -> None:
    list(shelf.ingester.put_all([Draft(article("first", "The first of all."))]))
    with shelf.index().reading() as (_, view):
        assert view.upkeep_due, "the first generation is due with the first passage"
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    for batch in range(2):
        drafts = [Draft(article(f"a{batch}-{n}", f"Number {n} of {batch}.")) for n in range(130)]
        with index.reading() as (_, view):
            assert not view.upkeep_due
        list(shelf.ingester.put_all(drafts))
    with index.reading() as (_, view):
        assert uncovered(view) == 260
        assert view.upkeep_due
    publish(shelf.library, wait_seconds=5)
    with shelf.index().reading() as (_, view):
        assert uncovered(view) == 0
        assert not view.upkeep_due


def test_passages_that_were_taken_out_again_are_not_worth_a_part(shelf: Shelf) -> None:
    shelf.put("first", "The first of all.")
    publish(shelf.library, wait_seconds=5)
    index = shelf.index()
    list(shelf.ingester.put_all(Draft(article(f"a{n}", f"Number {n}.")) for n in range(260)))
    with index.reading() as (_, view):
        assert view.flush_due
    for n in range(260):
        shelf.remove(f"a{n}")
    with index.reading() as (_, view):
        assert not view.upkeep_due
    assert flush(shelf.library, wait_seconds=5) is None


@pytest.mark.parametrize("sizes", [[1] * 40, [5, 1, 1, 30, 2, 2, 2], [100, 1, 1, 1]])
def test_merged_segments_hold_the_same_passages_and_stay_few(shelf: Shelf, sizes: list[int]) -> None:
    total = sum(sizes)
    list(shelf.ingester.put_all(Draft(article(f"a{n}", f"Number {n}.")) for n in range(total)))
    with shelf.library.snapshot() as snapshot:
        everything = snapshot.vectors_after(0)
        parts, last = [], 0
        for size in sizes:
            parts.append(snapshot.vectors_after(last, limit=size))
            last = int(parts[-1].ids[-1])
    gone = ids_array(*everything.ids[::5].tolist())
    segments = appended((), segment_of(parts[0]), gone=gone)
    for part in parts[1:]:
        segments = appended(segments, segment_of(part), gone=gone)
    assert len(segments) <= 1 + np.log2(total)
    held = [number for segment in segments for number in segment.vectors.ids.tolist()]
    assert len(held) == len(set(held))
    assert set(everything.ids.tolist()) - set(gone.tolist()) <= set(held)
    texts = dict(zip(everything.ids.tolist(), everything.texts, strict=True))
    for segment in segments:
        for number, terms in zip(segment.lexical.ids.tolist(), segment.lexical.terms, strict=True):
            assert terms == analyse(passage_input("News", texts[number]))
