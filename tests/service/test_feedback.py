"""What readers say of answers is kept, refused where it is not true, and becomes questions that the evaluator reads."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.library.reading import Library
from eval.questions.reading import read_questions
from eval.questions.values import Question
from service.feedback.errors import FeedbackBroken, FeedbackUnavailable
from service.feedback.export import LeftOut, Line, exported
from service.feedback.store import FEEDBACK, add_feedback, read_feedback
from service.schemas.requests import MAX_HISTORY
from tests.service.cli_runs import byline, succeeded
from tests.service.conftest import FERRY, salthaven

CITED = ("article_id", "revision", "start", "end", "quote")
QUESTION = "Why was the harbour kept closed?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    with salthaven(home) as found:
        yield found


def citations(client: httpx.Client, question: str = QUESTION) -> list[dict[str, Any]]:
    reply = client.post("/v1/ask", json={"question": question}).json()
    return [{name: one[name] for name in CITED} for one in reply["answer"]["citations"]]


def questions(home: Path, tmp_path: Path) -> tuple[tuple[Question, ...], list[LeftOut]]:
    """What the evaluator reads of the export, and what gave no question."""
    library = Library(home)
    with library.snapshot() as snapshot:
        found = list(exported(read_feedback(home), snapshot))
    library.close()
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(f"{one.json}\n" for one in found if isinstance(one, Line)), encoding="utf-8")
    return read_questions(file), [one for one in found if isinstance(one, LeftOut)]


def test_thumbs_and_corrections_become_questions_with_their_labels(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with salthaven(home) as client:
        cited = citations(client)
        ferry = citations(client, "Why do ferry fares rise?")[:1]
        history = [{"role": "user", "content": "Which harbour?"}, {"role": "assistant", "content": "Salthaven's."}]
        for body in (
            {"question": QUESTION, "helpful": True, "citations": cited},
            {"question": "Why?", "helpful": False, "citations": cited, "history": history,
             "correction": {"answers": ["the price of fuel"], "evidence": ferry}, "comment": "🌊 the other one"},
            {"question": "What is the capital of France?", "abstained": True, "helpful": True},
            {"question": "Who won the cup?", "helpful": False, "citations": ferry, "correction": {}},
            {"question": "Who paid?", "helpful": False, "citations": ferry},
        ):  # fmt: skip
            stored = client.post("/v1/feedback", json=body)
            assert stored.status_code == 201
        assert stored.json() == {"id": "feedback-5"}
        read, left_out = questions(home, tmp_path)
    assert [one.id for one in read] == [f"feedback-{n}" for n in (1, 2, 3, 4)]
    assert [one.text for one in read][:2] == [QUESTION, "Why?"]
    assert [(one.article, one.quote) for one in read[0].evidence] == [("harbour", one["quote"]) for one in cited]
    assert (read[1].answers, read[1].earlier) == (("the price of fuel",), ("Which harbour?",))
    assert [one.quote for one in read[1].evidence] == [one["quote"] for one in ferry]
    assert (read[2].evidence, read[3].evidence) == ((), ())
    assert read[3].tags == ("feedback", "corrected")
    assert [one.id for one in left_out] == ["feedback-5"]


def test_the_last_word_on_a_question_counts_and_words_that_are_gone_are_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with salthaven(home) as client:
        cited, ferry = citations(client), citations(client, "Why do ferry fares rise?")[:1]
        for body in (
            {"question": QUESTION, "helpful": True, "citations": cited},
            {"question": "Fares?", "helpful": True, "citations": ferry},
            {"question": QUESTION, "helpful": False, "correction": {}},
        ):
            assert client.post("/v1/feedback", json=body).status_code == 201
        client.put("/v1/articles/ferry", json={**FERRY, "text": "Ferry fares fall."})
        read, left_out = questions(home, tmp_path)
    assert [(one.id, one.evidence) for one in read] == [("feedback-3", ())]
    assert [(one.id, one.reason) for one in left_out] == [
        ("feedback-1", "feedback-3 is of the same question and newer"),
        ("feedback-2", "article ferry does not have the words any more"),
    ]


def test_a_thumb_down_takes_back_a_thumb_up_of_the_same_reply_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with salthaven(home) as client:
        cited, ferry = citations(client), citations(client, "Why do ferry fares rise?")[:1]
        right = {"evidence": cited}
        for body in (
            {"question": "Taken back?", "helpful": True, "citations": cited},
            {"question": "Taken back?", "helpful": False, "citations": cited},
            {"question": "Another answer?", "helpful": True, "citations": cited},
            {"question": "Another answer?", "helpful": False, "citations": ferry},
            {"question": "Corrected?", "helpful": False, "citations": ferry, "correction": right},
            {"question": "Corrected?", "helpful": False, "citations": ferry},
            {"question": "Twice?", "helpful": True, "citations": cited},
            {"question": "Twice?", "helpful": True, "citations": cited},
            {"question": "Up again?", "helpful": False, "citations": cited},
            {"question": "Up again?", "helpful": True, "citations": cited},
        ):
            assert client.post("/v1/feedback", json=body).status_code == 201
        read, left_out = questions(home, tmp_path)
    assert [one.text for one in read] == ["Another answer?", "Corrected?", "Twice?", "Up again?"]
    assert all(len(one.evidence) == len(cited) for one in read)
    assert LeftOut("feedback-1", "feedback-2 is of the same question and newer") in left_out


def test_that_nothing_answers_among_some_articles_is_no_word_on_all_of_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    filters = {"published_to": "2023-12-31", "publishers": ["Coast & Country"]}
    with salthaven(home) as client:
        cited = citations(client)
        for body in (
            {"question": "Abstained?", "helpful": True, "abstained": True, "filters": filters},
            {"question": "Corrected?", "helpful": True, "citations": cited, "filters": filters},
            {"question": "Corrected?", "helpful": False, "citations": cited, "filters": filters, "correction": {}},
            {"question": "Found?", "helpful": True, "citations": cited, "filters": filters},
        ):
            assert client.post("/v1/feedback", json=body).status_code == 201
        wrong = client.post("/v1/feedback", json={"question": "x", "helpful": False, "filters": {"publishers": []}})
        read, left_out = questions(home, tmp_path)
    assert wrong.status_code == 422
    assert [one.text for one in read] == ["Found?"]
    assert {one.id for one in left_out} == {"feedback-1", "feedback-2", "feedback-3"}


@pytest.mark.parametrize("field", ["citations", "correction.evidence"])
@pytest.mark.parametrize(
    "change",
    [{"quote": "other words"}, {"start": 1}, {"end": 10**9}, {"revision": "0" * 64}, {"article_id": "nowhere"}],
)
def test_words_that_do_not_stand_there_are_refused_by_name(
    client: httpx.Client, home: Path, field: str, change: dict[str, object]
) -> None:
    (cited,) = citations(client)[:1]
    false = {**cited, **change}
    body: dict[str, object] = {"question": QUESTION, "helpful": False}
    body |= {"citations": [cited, false]} if field == "citations" else {"correction": {"evidence": [cited, false]}}
    before = len(list(read_feedback(home)))
    answer = client.post("/v1/feedback", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"{field}.1"
    assert len(list(read_feedback(home))) == before


def test_a_thumb_up_never_says_by_omission_that_nothing_answers(client: httpx.Client) -> None:
    body: dict[str, object] = {"question": QUESTION, "helpful": True}
    answer = client.post("/v1/feedback", json=body)
    assert answer.status_code == 422
    assert "comes with its citations" in answer.json()["detail"]
    reply = client.post("/v1/ask", json={"question": QUESTION}).json()
    body["citations"] = reply["answer"]["citations"]
    assert client.post("/v1/feedback", json=body).status_code == 201, "a reply's citations can be sent as they are"
    assert client.post("/v1/feedback", json={**body, "abstained": True}).status_code == 422


def test_turns_that_no_question_file_can_have_are_left_out_of_the_question(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with salthaven(home) as client:
        turns = [("user", " "), ("user", "Which harbour?"), ("assistant", "Salthaven's. " * 200)]
        history = [{"role": role, "content": content} for role, content in turns]
        said = {"question": "Why?", "history": history, "abstained": True, "helpful": True}
        assert client.post("/v1/feedback", json=said).status_code == 201
    (question,), left_out = questions(home, tmp_path)
    assert (question.earlier, left_out) == (("Which harbour?",), [])


TEXTS = st.text(max_size=30) | st.sampled_from(["", " ", "a\x00b", "\u2028", "🌊 why?", "word"])
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "question": TEXTS,
        "helpful": st.booleans() | st.just("yes"),
        "history": st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": TEXTS}), max_size=2)
        | st.just([{"role": "user", "content": "x"}] * (MAX_HISTORY + 1)),
        "correction": st.none()
        | st.just({})
        | st.fixed_dictionaries({"answers": st.lists(TEXTS, max_size=2), "evidence": st.sampled_from([[], ["it"]])}),
        "comment": st.none() | TEXTS,
        "abstained": st.booleans(),
        "citations": st.sampled_from([[], ["it"], [{}]]),
    },
)


@given(body=BODIES)
@settings(max_examples=80)
def test_whatever_is_taken_the_evaluator_can_read(
    client: httpx.Client, home: Path, tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any]
) -> None:
    (cited,) = citations(client)[:1]
    if body.get("citations") == ["it"]:
        body = {**body, "citations": [cited]}
    if (correction := body.get("correction")) and correction["evidence"]:
        body = {**body, "correction": {**correction, "evidence": [cited]}}
    answer = client.post("/v1/feedback", content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        said_now = answer.json()["id"]
        read, left_out = questions(home, tmp_path_factory.mktemp("export"))
        assert said_now in {one.id for one in read} | {one.id for one in left_out}


def test_an_entry_that_cannot_be_read_is_left_out_by_name_and_the_others_are_exported(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with salthaven(home) as client:
        right = json.dumps({"question": QUESTION, "helpful": True, "citations": citations(client)})
    for entry in ("no JSON", "[]", '{"question": "Why?", "helpful": "very"}', right):
        add_feedback(home, entry)
    read, left_out = questions(home, tmp_path)
    assert [one.id for one in read] == ["feedback-4"]
    assert [one.id for one in left_out] == ["feedback-1", "feedback-2", "feedback-3"]
    assert all(one.reason.startswith("it cannot be read: ") for one in left_out)
    assert "helpful: " in left_out[2].reason


def test_a_file_that_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    assert list(read_feedback(tmp_path)) == []
    file = FEEDBACK.of(tmp_path)
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE something (else_ TEXT)")
    before = file.read_bytes()
    with pytest.raises(FeedbackBroken, match="not a file of Byline's feedback"):
        add_feedback(tmp_path, "{}")
    with pytest.raises(FeedbackBroken):
        list(read_feedback(tmp_path))
    assert file.read_bytes()[100:] == before[100:]
    file.write_bytes(b"no database" * 400)
    with pytest.raises(FeedbackBroken):
        add_feedback(tmp_path, "{}")
    with pytest.raises(FeedbackUnavailable):
        add_feedback(tmp_path / "missing", "{}")


def test_the_service_answers_503_where_feedback_cannot_be_kept(tmp_path: Path) -> None:
    with salthaven(tmp_path) as client:
        FEEDBACK.of(tmp_path).write_bytes(b"no database" * 400)
        answer = client.post("/v1/feedback", json={"question": "Why?", "abstained": True, "helpful": True})
        assert answer.status_code == 503
        assert "feedback" in answer.json()["detail"]
        assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 200


def test_the_command_line_lists_and_exports(tmp_path: Path) -> None:
    with salthaven(tmp_path) as client:
        for body in (
            {"question": "Why?\x1b[31m", "helpful": False},
            {"question": QUESTION, "abstained": True, "helpful": True},
        ):
            assert client.post("/v1/feedback", json=body).status_code == 201
    add_feedback(tmp_path, '{"question": "Why?"}')
    left_out = "left out: feedback-3: it cannot be read: helpful: Field required\n"
    run = succeeded(byline("feedback", "list", home=tmp_path))
    listed = run.out.splitlines()
    assert [line.split("\t")[0] for line in listed] == ["feedback-1", "feedback-2"]
    assert "\x1b" not in listed[0]
    assert run.err == left_out
    run = succeeded(byline("feedback", "list", "--json", home=tmp_path))
    assert [one["question"] for one in run.json] == ["Why?\x1b[31m", QUESTION]
    assert run.err == left_out
    out = succeeded(byline("feedback", "export", home=tmp_path))
    (line,) = out.out.splitlines()
    assert json.loads(line)["id"] == "feedback-2"
    assert left_out in out.err
    assert "left out: feedback-1: " in out.err
    FEEDBACK.of(tmp_path).write_bytes(b"no database" * 400)
    broken = byline("feedback", "list", home=tmp_path)
    assert (broken.status, broken.err.count("\n")) == (1, 1)
    assert broken.err.startswith("error: the feedback in ")
