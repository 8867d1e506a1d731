"""Whether the articles answer: what that is estimated from, the estimate, and which model files are refused."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, astuple, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article
from corpus.library.records import Filters
from indexing.ingest import Draft
from indexing.late.maxsim import coverage
from indexing.lexical.questions import question_terms
from service.compose import Parts
from service.core.answer_type import Kind, asked_kind, holds
from service.core.answerable import SHIPPED, AnswerableModel, load_model
from service.core.errors import AnswerableModelBroken
from service.core.extract import best_sentences
from service.core.features import features
from service.core.retrieve import Query, retrieve
from service.core.values import Features
from tests.fakes import fake_parts

WEIGHTS = {"cosine": 3.0, "least_covered": 1.0, "kind_missing": -0.5}
FINITE = st.floats(allow_nan=False, allow_infinity=False)
OBSERVED = st.builds(Features, FINITE, FINITE, FINITE)


def stored(intercept: object = -2.0, **changes: object) -> bytes:
    return json.dumps({"intercept": intercept, "weights": {**WEIGHTS, **changes}}).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no fitted model"),
        (b"intercept: 1", "no fitted model"),
        (b"\xff\xfe", "no fitted model"),
        (b"[" * 100_000, "no fitted model"),
        (b"[]", "no fitted model"),
        (b"null", "no fitted model"),
        (b'{"weights": {}}', "no fitted model"),
        (b'{"intercept": 0, "weights": [1]}', "no fitted model"),
        (b'{"intercept": 0, "weights": {}}', "its features are"),
        (stored(title=1.0), "its features are"),
        (stored("1"), "no fitted model"),
        (stored(cosine="2"), "no fitted model"),
        (stored(cosine=True), "no fitted model"),
        (stored(cosine=None), "no fitted model"),
        (stored(cosine=10**400), "no fitted model"),
        (stored(math.nan), "no finite number|not a finite number"),
        (stored(cosine=math.inf), "not a finite number"),
        (stored(cosine=3).replace(b"3", b"1e999"), "not a finite number"),
    ],
)
def test_a_file_that_is_no_fitted_model_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "model.json"
    file.write_bytes(content)
    with pytest.raises(AnswerableModelBroken, match=reason) as refused:
        load_model(file)
    assert refused.value.path == file


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(AnswerableModelBroken, match="cannot be read"):
            load_model(path)


def test_whole_numbers_are_weights_too(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_bytes(stored(-2, cosine=3))
    assert load_model(file) == AnswerableModel(-2.0, WEIGHTS)


def test_the_shipped_model_holds_better_found_passages_for_likelier_answers() -> None:
    signs = load_model(SHIPPED).weights
    assert all(signs[name] >= 0 for name in ("cosine", "least_covered"))
    assert signs["kind_missing"] <= 0


def test_the_estimate_is_the_logistic_function_of_the_weighted_sum() -> None:
    # -2 + 3 * .5 + 1 * .4 - .5 * 1 = -.6
    found = AnswerableModel(-2.0, WEIGHTS).probability(Features(0.5, 0.4, 1.0))
    assert found == pytest.approx(1 / (1 + math.exp(0.6)))


@given(observed=OBSERVED)
def test_whatever_is_observed_the_estimate_is_a_probability(observed: Features) -> None:
    assert 0 <= AnswerableModel(-2.0, WEIGHTS).probability(observed) <= 1


@given(
    observed=st.builds(Features, *[st.floats(-1, 1)] * 3),
    name=st.sampled_from(sorted(WEIGHTS)),
    more=st.floats(0, 1),
)
def test_the_estimate_moves_with_each_feature_as_its_weight_says(observed: Features, name: str, more: float) -> None:
    model = AnswerableModel(-2.0, WEIGHTS)
    moved = replace(observed, **{name: asdict(observed)[name] + more})
    difference = model.probability(moved) - model.probability(observed)
    assert difference * WEIGHTS[name] >= 0


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    made = fake_parts(tmp_path_factory.mktemp("home"), answerable_threshold=0.0)
    made.ingester.put(Draft(Article("crane", "The crane fell because a bolt broke. Its owner was glad.", "Harbour")))
    made.ingester.put(Draft(Article("ferry", "A ferry sailed past Salthaven in 1953.", "Harbour")))
    yield made
    made.close()


def observed(parts: Parts, question: str, *, article: str | None = None) -> Features:
    found = parts.engine.ask(question, k=1, filters=Filters(article_ids=(article,) if article else ())).features
    assert found is not None
    return found


@pytest.mark.parametrize("question", ["crane bolt", "Which crane broke the harbour's windows?", "Who was it?", "?!"])
def test_the_least_covered_word_is_the_minimum_over_the_words_that_tell(parts: Parts, question: str) -> None:
    query = Query(question, parts.encoder.encode_question_with_pieces(question), tuple(question_terms(question)))
    with parts.index.reading() as (snapshot, view):
        retrieved = retrieve(snapshot, view, query, k=2, filters=Filters())
    best = best_sentences(retrieved.asked, retrieved.hits, retrieved.pieces)
    sentence = retrieved.pieces[best[0].passage.passage_id].within(best[0].within)
    covered = coverage(retrieved.asked, sentence)
    telling = [number for number, word in enumerate(retrieved.asked.words) if word >= 0] or range(len(covered))
    found = features(question, retrieved, best)
    # the fake encoder makes one piece of a word
    assert found.least_covered == pytest.approx(min((float(covered[number]) for number in telling), default=0.0))


def test_a_word_that_no_sentence_has_leaves_the_least_covered(parts: Parts) -> None:
    assert observed(parts, "crane bolt").least_covered > 0.8
    assert observed(parts, "crane bolt volcano").least_covered < 0.5


@pytest.mark.parametrize(
    ("question", "article", "missing"),
    [
        ("How many ferries sailed?", "ferry", 0.0),
        ("How many cranes fell?", "crane", 1.0),
        ("When did the ferry sail?", "ferry", 0.0),
        ("When did the crane fall?", "crane", 1.0),
        ("Where did the ferry sail?", "ferry", 0.0),
        ("Who fell from the crane?", "crane", 1.0),
        ("Why did the crane fall?", "crane", 0.0),
    ],
)
def test_what_is_asked_for_and_missing_is_told(parts: Parts, question: str, article: str, missing: float) -> None:
    assert observed(parts, question, article=article).kind_missing == missing


@given(question=st.sampled_from(["crane", "Who?", "?", "ferry 1953 volcano", "서울"]))
def test_every_feature_is_a_finite_number(parts: Parts, question: str) -> None:
    assert all(map(math.isfinite, astuple(observed(parts, question))))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many were there?", Kind.NUMBER),
        ("What percentage voted?", Kind.NUMBER),
        ("How old was he when he swam?", Kind.NUMBER),
        ("When was he found?", Kind.TIME),
        ("In which year did it sink?", Kind.TIME),
        ("Who found him?", Kind.NAME),
        ("Which town was it?", Kind.NAME),
        ("Where did he swim?", Kind.NAME),
        ("How was he found?", None),
        ("Why did the whole crane fall?", None),
    ],
)
def test_the_wording_tells_the_kind_of_thing_asked_for(question: str, kind: Kind | None) -> None:
    assert asked_kind(question) is kind


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Kind.NUMBER, "He was 24.", True),
        (Kind.NUMBER, "Dozens came.", True),
        (Kind.NUMBER, "None often came.", False),
        (Kind.TIME, "It sank in 1953.", True),
        (Kind.TIME, "It sank at 8 a.m.", True),
        (Kind.TIME, "It sank on Monday.", True),
        (Kind.TIME, "It sank at once.", False),
        (Kind.NAME, "A guard met Lee.", True),
        (Kind.NAME, "It was “Kim” at last.", True),
        (Kind.NAME, "He met 김.", True),
        (Kind.NAME, "Guards found him.", False),
        (Kind.NAME, "He swam in the été.", False),
    ],
)
def test_a_kind_is_recognised_where_it_stands(kind: Kind, text: str, *, expected: bool) -> None:
    assert holds(kind, text) is expected
