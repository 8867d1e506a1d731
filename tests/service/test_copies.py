"""Near copies: what is called one, and that a story which many papers print takes one place of a result."""

from collections.abc import Iterator, Sequence

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.article import Article
from corpus.library.records import Filters, PassageRow
from indexing.ingest import Draft
from indexing.lexical.questions import question_terms
from service.compose import Parts
from service.core.claims import numbers_of
from service.core.copies import COPIED, Originals, shingles, words_of
from service.core.retrieve import Query, Steps, retrieve
from service.core.values import Hit
from tests.fakes import fake_parts

WORDS = st.lists(st.sampled_from(["crane", "Ferry", "été", "서울", "7", "bolt"]), min_size=1, max_size=20)
OTHERS = st.lists(st.sampled_from(["tide", "council", "vote"]), min_size=1, max_size=20)
STORY = "The crane stood idle on the quay all day because a bolt had broken in the night before"
COPIES = 45


def copied_from(text: str, better: Sequence[str]) -> int | None:
    originals = Originals()
    for other in better:
        assert originals.add(other) is None
    return originals.add(text)


@given(text=st.text() | st.text(alphabet="a_Bß 7é\u0301²İ-\u2019\n\u00a0"))
def test_words_are_the_runs_of_letters_marks_and_digits(text: str) -> None:
    assert words_of(text) == (regex.findall(r"[^\W_]+", text.lower()) or [text.strip()])


@given(text=st.text())
def test_every_passage_is_a_copy_of_itself(text: str) -> None:
    assert copied_from(text, [text]) == 0


@given(words=WORDS.filter(lambda words: len(words) > 3), before=OTHERS, after=OTHERS)
def test_a_passage_is_a_copy_of_one_that_holds_it_and_says_more(
    words: list[str], before: list[str], after: list[str]
) -> None:
    longer = " ".join([*before, *words, *after])
    assert copied_from(" ".join(words), ["tide vote", longer]) == 1


@given(words=WORDS, others=OTHERS)
def test_passages_without_a_word_in_common_are_no_copies(words: list[str], others: list[str]) -> None:
    assert copied_from(" ".join(words), [" ".join(others)]) is None


@given(words=WORDS)
def test_case_punctuation_and_lines_make_no_difference(words: list[str]) -> None:
    assert words_of("“" + ",\n".join(words).upper() + "!”") == words_of(" ".join(words))


@given(words=WORDS, others=WORDS, start=st.integers(0, 20), more=OTHERS)
@example(words=["crane", "Ferry", "été", "서울", "7", "bolt", "quay", "tide"], others=[], start=1, more=[])
def test_a_copy_is_one_of_whose_shingles_the_other_holds_its_share(
    words: list[str], others: list[str], start: int, more: list[str]
) -> None:
    """Whatever is left uncompared for having too many words of its own."""
    text = " ".join([*words, *others])
    other = " ".join([*words[start:], *others, *more])
    held = set(shingles(words_of(other)))
    own = shingles(words_of(text))
    share = sum(shingle in held for shingle in own) / len(own)
    alike = numbers_of(text) <= numbers_of(other)
    assert (copied_from(text, [other]) == 0) is (share >= COPIED and alike)


def test_one_that_says_half_as_much_again_is_no_copy_though_what_it_adds_to_is() -> None:
    longer = f"{STORY}, and the council voted to take it down at once"
    assert copied_from(longer, [STORY]) is None
    assert copied_from(STORY, [longer]) == 0


@pytest.mark.parametrize("pair", [("…", "😀"), ("…", "Yes."), ("Yes.", "No."), ("", "Yes.")])
def test_short_and_wordless_passages_are_copies_of_their_like_only(pair: tuple[str, str]) -> None:
    first, second = pair
    assert copied_from(first, [second]) is copied_from(second, [first]) is None
    assert copied_from(first, [second, first]) == 1


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """One story of the wire in 45 papers, and three other articles with fewer of its words."""
    made = fake_parts(tmp_path_factory.mktemp("wire"))
    texts = {
        f"copy{number:02}": f"{STORY}, the paper of {chr(97 + number % 26) * (1 + number // 26)}town said."
        for number in range(COPIES)
    }
    texts["strike"] = "A second crane stood idle too: its crew was on strike."
    texts["ferry"] = "The ferry sailed past every crane in May."
    texts["vote"] = "The council of the town voted."
    list(made.ingester.put_all(Draft(Article(name, text, "News")) for name, text in texts.items()))
    yield made
    made.close()


def found(parts: Parts, *, k: int, steps: Steps, filters: Filters | None = None) -> tuple[Hit, ...]:
    question = "Why did the crane stand idle on the quay?"
    encoded = parts.encoder.encode_question_with_pieces(question)
    query = Query(question, encoded, tuple(question_terms(question)))
    with parts.index.reading() as (snapshot, view):
        return retrieve(snapshot, view, query, k=k, filters=filters or Filters(), steps=steps).hits


def verified(parts: Parts, row: PassageRow) -> bool:
    place, revision = row.span, row.revision
    return parts.engine.verify(
        row.article_id, revision=revision, start=place.start, end=place.end, quote=row.text
    ).valid


def test_a_story_in_many_papers_takes_one_place_and_names_the_others(parts: Parts) -> None:
    story, *others = parts.engine.search("Why did the crane stand idle on the quay?", k=4)
    papers = {row.article_id for row in (story.passage, *story.also_in)}
    assert papers == {f"copy{number:02}" for number in range(COPIES)}
    assert others[0].passage.article_id == "strike"
    assert {hit.passage.article_id for hit in others} == {"strike", "ferry", "vote"}
    assert not any(hit.also_in for hit in others)
    assert all(verified(parts, row) for row in (story.passage, *story.also_in))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 50])
def test_there_are_as_many_hits_as_were_asked_for_while_passages_differ(parts: Parts, k: int) -> None:
    hits = found(parts, k=k, steps=Steps())
    assert len(hits) == min(k, 4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_with_a_filter_only_copies_that_meet_it_are_named(parts: Parts) -> None:
    wanted = ("copy07", "copy08", "ferry")
    hits = found(parts, k=5, steps=Steps(), filters=Filters(article_ids=wanted))
    assert [{hit.passage.article_id, *(row.article_id for row in hit.also_in)} for hit in hits] == [
        {"copy07", "copy08"},
        {"ferry"},
    ]


def test_where_copies_are_left_alone_each_has_its_place(parts: Parts) -> None:
    hits = found(parts, k=100, steps=Steps(copies=False))
    assert len(hits) == COPIES + 3
    assert not any(hit.also_in for hit in hits)


@pytest.mark.parametrize("other", [STORY.replace("the", "not the", 1), f"{STORY} It was 12 of 14."])
def test_one_that_counts_otherwise_or_denies_is_no_copy(other: str) -> None:
    assert copied_from(other, [STORY]) is None
