"""Words that no passage has: which of the collection's they may be meant for, and that a question finds them."""

import string
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article
from indexing.ingest import Draft
from indexing.lexical.analysis import analyse
from indexing.lexical.questions import question_terms
from indexing.lexical.spelling import MOST, Vocabulary, sounding, variants
from service.compose import Parts
from service.core.engine import NO_FILTERS
from service.core.retrieve import Query, Retrieved, Steps, retrieve
from tests.fakes import fake_parts
from tests.indexing.samples import LAW

TERM = st.text(st.sampled_from("abcdegikoy1é서"), min_size=1, max_size=9)
LONG_WORD = st.text(string.ascii_lowercase, min_size=8, max_size=12)


def vocabulary(*terms: str) -> Vocabulary:
    return lambda letters: [term for term in terms if term.startswith(letters)]


def meant(word: str, *known: str) -> list[str]:
    """For a word as it is written, among words as they are written."""
    stems = {analyse(one)[0]: one for one in known}
    return [stems[term] for term in variants(analyse(word)[0], vocabulary(*stems))]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("Pyeongyang", "Pyongyang"),
        ("Panmunjeom", "Panmunjom"),
        ("Qaddafi", "Gaddafi"),
        ("Gaddafi", "Qadhafi"),
        ("soldeir", "soldier"),
        ("soldiier", "soldier"),
        ("harbor", "harbour"),
        ("fishremna", "fisherman"),
    ],
)
def test_a_misspelt_word_and_another_romanisation_are_meant_for_the_known_one(word: str, known: str) -> None:
    assert meant(word, "ferry", known, "council", "parliament", "lighthouse", "pavement") == [known]


@pytest.mark.parametrize(("word", "known"), [("sodlire", "soldier"), ("cat", "cut"), ("1953", "1954"), ("b52s", "b52")])
def test_short_words_numbers_and_two_mistakes_in_a_short_word_are_not_looked_past(word: str, known: str) -> None:
    assert meant(word, known) == []


def test_of_words_that_sound_alike_those_with_the_fewest_other_letters_are_meant() -> None:
    assert variants("peter", vocabulary("better", "fitter", "pidder", "petter")) == ["petter", "better"]


@LAW
@given(term=TERM, known=st.lists(TERM, max_size=12, unique=True))
def test_a_variant_is_always_a_term_of_the_collection_and_there_are_few(term: str, known: list[str]) -> None:
    found = variants(term, vocabulary(*known))
    assert set(found) <= set(known)
    assert len(found) == len(set(found)) <= MOST


@LAW
@given(word=LONG_WORD, at=st.integers(1, 6))
def test_two_letters_that_changed_places_are_looked_past(word: str, at: int) -> None:
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert variants(swapped, vocabulary(word)) == [word]


@LAW
@given(term=TERM)
def test_a_sound_is_written_without_doubled_letters_and_never_longer(term: str) -> None:
    sound = sounding(term)
    assert len(sound) <= len(term)
    assert all(before != after for before, after in pairwise(sound))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """One article in the generation and the others newer than it."""
    made = fake_parts(tmp_path_factory.mktemp("home"))
    texts = {
        "summit": "Leaders met in Pyongyang.",
        "bank": "A fisherman found him.",
        "quay": "A crane fell on the quay.",
        "vote": "The council voted on the fares.",
    }
    for name, text in texts.items():
        made.ingester.put(Draft(Article(name, text, "News")))
        if name == "summit":
            made.rebuild()
    yield made
    made.close()


def found(parts: Parts, question: str, *, steps: Steps) -> Retrieved:
    query = Query(question, parts.encoder.encode_question_with_pieces(question), tuple(question_terms(question)))
    with parts.index.reading() as (snapshot, view):
        return retrieve(snapshot, view, query, k=4, filters=NO_FILTERS, steps=steps)


def order(retrieved: Retrieved) -> Sequence[tuple[str, float]]:
    return [(hit.passage.article_id, hit.score) for hit in retrieved.hits]


@pytest.mark.parametrize(("question", "first"), [("Pyeongyang", "summit"), ("Which fishremna?", "bank")])
def test_a_misspelt_question_finds_its_passage_first(parts: Parts, question: str, first: str) -> None:
    looked_up = found(parts, question, steps=Steps(reranked=0))
    assert looked_up.hits[0].passage.article_id == first
    assert order(looked_up) != order(found(parts, question, steps=Steps(reranked=0, spelling=False)))


@pytest.mark.parametrize("question", ["Who met in Pyongyang?", "Which crane fell on the quay?", "fares 서울", "the"])
def test_a_question_whose_words_are_known_or_like_none_is_found_as_without_looking_up(
    parts: Parts, question: str
) -> None:
    assert order(found(parts, question, steps=Steps())) == order(found(parts, question, steps=Steps(spelling=False)))
