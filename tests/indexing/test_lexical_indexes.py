"""The contract of lexical indexes, kept by every backend, and BM25 checked against numbers worked out by hand.

Milvus is searched as the files are; it saves to no folder, lists no terms, and which of several equal scores it cuts
off is its choice.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.lexical import exact, tantivy
from indexing.lexical.analysis import analyse
from indexing.lexical.protocol import K1, B, LexicalSearch, Statistics
from indexing.milvus.client import Client
from indexing.ranking import Ids, Ranking, Selection
from tests.indexing.rows import words_in
from tests.indexing.samples import LAW, check_order, check_same_ranking, ids_array
from tests.vocabulary import WORDS

EVERYTHING = Selection()
TERMS = [analyse(word)[0] for word in WORDS]


class Backend(Protocol):
    def build_in(self, ids: Ids, texts: Sequence[str], folder: Path, /) -> LexicalSearch: ...


@dataclass(frozen=True)
class Here:
    build_in: Callable[[Ids, Sequence[str], Path], LexicalSearch]


@dataclass(frozen=True)
class Rows:
    client: Client

    def build_in(self, ids: Ids, texts: Sequence[str], _folder: Path, /) -> LexicalSearch:
        return words_in(self.client, ids, texts)


HERE = {"exact": Here(lambda ids, texts, _: exact.build(ids, texts)), "tantivy": Here(tantivy.build)}


@pytest.fixture(params=[*HERE, "milvus"])
def backend(request: pytest.FixtureRequest, lite: Client) -> Here | Rows:
    return HERE.get(str(request.param)) or Rows(lite)


@pytest.fixture(params=HERE)
def here(request: pytest.FixtureRequest) -> Here:
    return HERE[str(request.param)]


def sample_texts(count: int, *, seed: int = 5) -> list[str]:
    """Texts of 1 to 80 words, a few of them frequent: long enough for lengths that are kept coarsely."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(WORDS) + 1)
    return [
        " ".join(random.choice(WORDS, size=random.integers(1, 80), p=weights / weights.sum())) for _ in range(count)
    ]


IDS: Ids = np.cumsum(np.random.default_rng(4).integers(1, 5, 120)).astype(np.int64)
TEXTS = sample_texts(120)


def search(index: LexicalSearch, terms: Sequence[str], *, k: int = 10, selection: Selection = EVERYTHING) -> Ranking:
    return index.search(terms, k=k, selection=selection, statistics=index.statistics(terms))


def test_bm25_is_what_its_formula_gives_by_hand(backend: Backend, tmp_path: Path) -> None:
    # three passages of 4, 3 and 2 words, 3 on average; "harbour" is in two of them, "storm" in one
    texts = ["storm harbour harbour crane", "harbour crane tide", "tide crane"]
    index = backend.build_in(ids_array(10, 20, 30), texts, tmp_path)
    terms = analyse("harbour storm")
    found = search(index, terms)
    # idf: ln(1 + (3 - 2 + 0.5) / (2 + 0.5)) = ln 1.6, and ln(1 + (3 - 1 + 0.5) / (1 + 0.5)) = ln(8 / 3)
    # k1 = 1.2, b = 0.75; norm of 4 words: 1.2 * (0.25 + 0.75 * 4 / 3) = 1.5, of 3 words: 1.2
    first = math.log(1.6) * 2.2 * 2 / (2 + 1.5) + math.log(8 / 3) * 2.2 * 1 / (1 + 1.5)
    second = math.log(1.6) * 2.2 * 1 / (1 + 1.2)
    assert found.ids.tolist() == [10, 20]
    np.testing.assert_allclose(found.scores, [first, second], rtol=1e-6)
    np.testing.assert_allclose(found.scores, [1.453998, 0.470004], rtol=1e-5)
    assert (K1, B) == (1.2, 0.75)


def test_statistics_count_passages_words_and_the_passages_with_each_term(backend: Backend, tmp_path: Path) -> None:
    index = backend.build_in(ids_array(1, 2, 3), ["Harbour storm, harbour!", "Storms", "..."], tmp_path)
    terms = [*analyse("harbour storm"), "absent"]
    assert index.statistics(terms) == Statistics(3, 4, {terms[0]: 1, terms[1]: 2, "absent": 0})


Twins = list[tuple[LexicalSearch, LexicalSearch]]
"""Collections, each indexed exactly and otherwise."""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    several = [sample_texts(120, seed=seed) for seed in range(3)]
    return [(exact.build(IDS, texts), tantivy.build(IDS, texts, tmp_path_factory.mktemp("twin"))) for texts in several]


@pytest.fixture(scope="module")
def far_twins(lite: Client) -> Twins:
    several = [sample_texts(120, seed=seed) for seed in range(3)]
    return [(exact.build(IDS, texts), words_in(lite, IDS, texts)) for texts in several]


@LAW
@given(
    which=st.integers(0, 2),
    terms=st.lists(st.sampled_from([*TERMS, "absent"]), max_size=6, unique=True),
    k=st.integers(0, 150),
    allowed=st.none() | st.sets(st.sampled_from([*IDS.tolist(), 0, 10**12])),
    excluded=st.sets(st.sampled_from([*IDS.tolist(), 0, 10**12])),
)
def test_every_backend_agrees_with_the_exact_twin_under_any_selection(
    twins: Twins,
    far_twins: Twins,
    *,
    which: int,
    terms: list[str],
    k: int,
    allowed: set[int] | None,
    excluded: set[int],
) -> None:
    selection = Selection(None if allowed is None else ids_array(*allowed), ids_array(*excluded))
    for twin, other in (twins[which], far_twins[which]):
        everything = search(twin, terms, k=len(IDS), selection=selection)
        expected = search(twin, terms, k=k, selection=selection)
        assert other.statistics(terms) == twin.statistics(terms)
        found = search(other, terms, k=k, selection=selection)
        check_same_ranking(found, expected, everything=everything)
        assert selection.mask(found.ids).all()


@pytest.mark.parametrize("letters", ["", "c", "st", "storm", "stormy", "서", "C", "caf", "café"])
def test_terms_are_listed_by_their_first_letters_those_of_most_passages_first(twins: Twins, letters: str) -> None:
    for twin, other in twins:
        listed = [index.terms_beginning(letters) for index in (twin, other)]
        assert listed[0] == listed[1]
        assert set(listed[0]) == {term for term in TERMS if term.startswith(letters)}
        counts = [twin.statistics(listed[0]).frequencies[term] for term in listed[0]]
        assert counts == sorted(counts, reverse=True)


@settings(LAW, max_examples=15)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6))
def test_every_backend_lists_the_same_terms_of_any_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    ids = np.arange(1, len(texts) + 1, dtype=np.int64)
    other = tantivy.build(ids, texts, tmp_path_factory.mktemp("terms"))
    expected = exact.build(ids, texts)
    firsts = {term[0] for text in texts for term in analyse(text)}
    for letters in ("", *sorted(firsts)):
        assert other.terms_beginning(letters) == expected.terms_beginning(letters)


def test_a_loaded_index_lists_the_same_terms(tmp_path: Path) -> None:
    index = tantivy.build(IDS, TEXTS, tmp_path)
    assert tantivy.load(tmp_path).terms_beginning("") == index.terms_beginning("") != []


def test_scores_use_the_statistics_that_are_handed_in(backend: Backend, tmp_path: Path) -> None:
    index = backend.build_in(IDS, TEXTS, tmp_path)
    own = index.statistics(TERMS[:1])
    rarer = Statistics(own.passages * 10, own.tokens * 10, own.frequencies)  # the average length stays
    before = index.search(TERMS[:1], k=200, selection=EVERYTHING, statistics=own)
    after = index.search(TERMS[:1], k=200, selection=EVERYTHING, statistics=rarer)
    np.testing.assert_allclose(
        np.sort(after.scores), np.sort(before.scores) * rarer.idf(TERMS[0]) / own.idf(TERMS[0]), rtol=1e-5
    )
    assert rarer.idf(TERMS[0]) > own.idf(TERMS[0])


def test_a_selection_is_applied_before_the_cut_at_k(backend: Backend, tmp_path: Path) -> None:
    index = backend.build_in(IDS, TEXTS, tmp_path)
    ranked = search(index, TERMS[:2], k=200).ids
    worst = np.sort(ranked[-4:])
    assert set(search(index, TERMS[:2], k=4, selection=Selection(worst)).ids.tolist()) == set(worst.tolist())
    best_out = Selection(excluded=np.sort(ranked[:-6]))
    assert len(search(index, TERMS[:2], k=5, selection=best_out)) == 5


@pytest.mark.parametrize("outside", [0, 1])
def test_a_selection_of_very_many_is_applied_before_the_cut_too(backend: Backend, tmp_path: Path, outside: int) -> None:
    index = backend.build_in(IDS, TEXTS, tmp_path)
    # so many allowed ids that a backend may well read down its ranking instead of asking for each
    many = np.concatenate([IDS[outside::7], np.arange(10_000, 20_000)]).astype(np.int64)
    expected = search(exact.build(IDS, TEXTS), TERMS[:2], k=9, selection=Selection(many))
    everything = search(exact.build(IDS, TEXTS), TERMS[:2], k=200, selection=Selection(many))
    check_same_ranking(search(index, TERMS[:2], k=9, selection=Selection(many)), expected, everything=everything)


@pytest.mark.parametrize("texts", [[], ["...", "", "?!"]])
def test_an_index_without_words_finds_nothing(backend: Backend, tmp_path: Path, texts: list[str]) -> None:
    index = backend.build_in(np.arange(1, len(texts) + 1, dtype=np.int64), texts, tmp_path)
    for selection in (EVERYTHING, Selection(ids_array(1)), Selection(excluded=ids_array(1))):
        assert len(search(index, ["harbour"], selection=selection)) == 0
    assert index.statistics(["harbour"]) == Statistics(len(texts), 0, {"harbour": 0})


def test_no_terms_unknown_terms_and_nothing_selected_find_nothing(backend: Backend, tmp_path: Path) -> None:
    index = backend.build_in(IDS, TEXTS, tmp_path)
    assert len(search(index, [])) == 0
    assert len(search(index, ["absent"])) == 0
    assert len(search(index, TERMS[:1], k=0)) == 0
    for selection in (
        Selection(ids_array()),
        Selection(excluded=IDS),
        Selection(IDS, IDS),
        Selection(ids_array(10**9)),
    ):
        assert len(search(index, TERMS[:1], selection=selection)) == 0


def test_more_than_there_are_gives_every_passage_with_a_term(backend: Backend, tmp_path: Path) -> None:
    index = backend.build_in(IDS, TEXTS, tmp_path)
    with_term = [int(number) for number, text in zip(IDS, TEXTS, strict=True) if "storm" in text]
    assert sorted(search(index, ["storm"], k=100_000).ids.tolist()) == with_term


@pytest.mark.parametrize("k", [1, 3, 20, 60])
def test_equal_scores_stand_in_order_of_id_and_the_lowest_ids_are_kept_at_the_cut(
    here: Here, tmp_path: Path, k: int
) -> None:
    ids = np.arange(100, 160, dtype=np.int64)
    index = here.build_in(ids, ["the harbour reopened"] * 60, tmp_path)
    found = search(index, ["harbour"], k=k)
    check_order(found)
    assert found.ids.tolist() == list(range(100, 100 + k))


def test_an_index_that_was_loaded_finds_the_same(tmp_path: Path) -> None:
    index = tantivy.build(IDS, TEXTS, tmp_path)
    loaded = tantivy.load(tmp_path)
    assert loaded.statistics(TERMS) == index.statistics(TERMS)
    for selection in (EVERYTHING, Selection(IDS[::3], IDS[::6])):
        expected, found = (search(each, TERMS[:3], k=20, selection=selection) for each in (index, loaded))
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores.tobytes() == expected.scores.tobytes()


def test_an_open_index_goes_on_finding_after_its_folder_is_deleted(tmp_path: Path) -> None:
    index = tantivy.build(IDS, TEXTS, tmp_path)
    opened = tantivy.load(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    for each in (index, opened):
        assert len(search(each, TERMS[:2], k=500)) > 50


def test_a_word_no_one_asks_for_is_dropped_alike_from_text_and_question(backend: Backend, tmp_path: Path) -> None:
    index = backend.build_in(ids_array(1), ["harbour " + "x" * 500], tmp_path)
    assert index.statistics(["harbour"]) == Statistics(1, 1, {"harbour": 1})
    assert analyse("x" * 500) == []


@LAW
@given(
    parts=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 99), st.integers(0, 9)).map(
            lambda drawn: Statistics(drawn[0] + drawn[2], drawn[1], {"a": drawn[2], "b": drawn[0]})
        ),
        max_size=4,
    )
)
def test_statistics_of_parts_add_up_and_the_idf_is_never_negative(parts: list[Statistics]) -> None:
    total = Statistics.total(parts, ["a", "b"])
    assert total.passages == sum(part.passages for part in parts)
    assert total.tokens == sum(part.tokens for part in parts)
    assert total.frequencies == {term: sum(part.frequencies[term] for part in parts) for term in ("a", "b")}
    assert total.idf("a") >= 0


def test_lengths_kept_coarsely_are_kept_alike(tmp_path: Path) -> None:
    """A passage's length is kept in one byte: at every length both backends score the same."""
    lengths = [1, 2, 39, 40, 41, 42, 43, 55, 56, 57, 71, 72, 73, 87, 88, 89, 120, 121, 150, 200, 313, 700, 2000]
    ids = np.arange(1, len(lengths) + 1, dtype=np.int64)
    texts = ["harbour " + "crane " * (length - 1) for length in lengths]
    twin, other = exact.build(ids, texts), tantivy.build(ids, texts, tmp_path)
    expected, found = (search(index, ["harbour"], k=100) for index in (twin, other))
    scores = [dict(zip(r.ids.tolist(), r.scores.tolist(), strict=True)) for r in (expected, found)]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)
