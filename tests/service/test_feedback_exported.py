"""What readers said becomes questions that the evaluator reads; what gives none is named with its reason."""

import json
from pathlib import Path

from service.feedback.export import LeftOut
from service.feedback.store import add_feedback
from tests.service.conftest import FERRY, salthaven
from tests.service.feedback import QUESTION, citations, questions


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


def test_turns_that_no_question_file_can_have_are_left_out_of_the_question(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with salthaven(home) as client:
        turns = [("user", " "), ("user", "Which harbour?"), ("assistant", "Salthaven's. " * 200)]
        history = [{"role": role, "content": content} for role, content in turns]
        said = {"question": "Why?", "history": history, "abstained": True, "helpful": True}
        assert client.post("/v1/feedback", json=said).status_code == 201
    (question,), left_out = questions(home, tmp_path)
    assert (question.earlier, left_out) == (("Which harbour?",), [])


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
