"""What readers say of answers is kept, and refused where it is not true or cannot be kept."""

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

from service.feedback.errors import FeedbackBroken, FeedbackUnavailable
from service.feedback.store import FEEDBACK, add_feedback, read_feedback
from service.schemas.requests import MAX_HISTORY
from tests.service.cli_runs import byline, succeeded
from tests.service.conftest import salthaven
from tests.service.feedback import QUESTION, citations, questions


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    with salthaven(home) as found:
        yield found


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
