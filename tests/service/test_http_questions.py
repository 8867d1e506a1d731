"""Asking, searching and verifying over a real socket."""

import concurrent.futures
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service.conftest import salthaven
from tests.service.replied import CITATION, PASSAGE, REPLY, VERIFIED
from tests.service.scripted_model import scripted_model


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


def ask(client: httpx.Client, question: str, **more: object) -> dict[str, object]:
    response = client.post("/v1/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    reply: dict[str, object] = response.json()
    return reply


def ids(passages: list[dict[str, object]]) -> set[object]:
    return {passage["article_id"] for passage in passages}


def test_an_answer_carries_citations_whose_quote_stands_at_their_place(client: httpx.Client) -> None:
    reply = client.post("/v1/ask", json={"question": "Why was the harbour closed?"}).json()
    assert list(reply) == REPLY
    assert reply["abstention"] is None
    assert reply["answer"]["citations"]
    for citation in reply["answer"]["citations"]:
        assert list(citation) == CITATION
        article = client.get(f"/v1/articles/{citation['article_id']}", params={"revision": citation["revision"]}).json()
        assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert f"{citation['quote']} [{citation['marker']}]" in reply["answer"]["text"]
        assert client.post("/v1/verify", json={key: citation[key] for key in VERIFIED}).json() == {
            "valid": True,
            "reason": None,
            "current": True,
        }
    quotes = [citation["quote"] for citation in reply["answer"]["citations"]]
    assert any(quote.startswith("The council kept it closed because it feared") for quote in quotes)


def test_without_a_language_model_no_generation_is_told_of(client: httpx.Client) -> None:
    assert ask(client, "Why was the harbour closed?")["generation"] is None


def test_what_a_language_model_did_is_told_with_what_was_dropped_of_it(tmp_path: Path) -> None:
    with (
        scripted_model(lambda _: "Engineers checked all 14 cranes [1]. A submarine surfaced [1].") as model,
        salthaven(tmp_path, llm_url=model.url, llm_model="scripted") as client,
    ):
        reply = client.post("/v1/ask", json={"question": "Which cranes had engineers checked?"}).json()
    assert reply["answer"]["text"] == "Engineers checked all 14 cranes. [1]"
    assert [citation["quote"] for citation in reply["answer"]["citations"]] == ["Engineers had checked all 14 cranes."]
    assert reply["generation"] == {
        "model": "scripted",
        "used": True,
        "reason": None,
        "dropped": [{"text": "A submarine surfaced.", "reason": "the passages it cites do not say so"}],
    }


def test_a_language_model_that_fails_leaves_the_answer_as_it_is_without_one(
    client: httpx.Client, tmp_path: Path
) -> None:
    question = "Why was the harbour closed?"
    with (
        scripted_model(lambda _: "I would rather [7].") as model,
        salthaven(tmp_path, llm_url=model.url, llm_model="scripted") as other,
    ):
        reply = ask(other, question)
    assert reply["answer"] == ask(client, question)["answer"]
    assert reply["generation"] == {
        "model": "scripted",
        "used": False,
        "reason": "no sentence it wrote is borne out by the passages it cites",
        "dropped": [{"text": "I would rather.", "reason": "it cites what is none of the passages that it was given"}],
    }


def test_passages_are_exact_too_and_can_be_fetched_by_id(client: httpx.Client) -> None:
    passages = client.post("/v1/search", json={"query": "harbour cranes"}).json()["passages"]
    assert passages[0]["article_id"] == "harbour"
    for passage in passages:
        assert list(passage) == [*PASSAGE, "also_in"]
        assert passage.pop("also_in") == []
        text = client.get(f"/v1/articles/{passage['article_id']}").json()["text"]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        alone = client.get(f"/v1/passages/{passage['passage_id']}").json()
        assert alone.pop("searchable") is True
        assert {**passage, "score": None} == alone


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"published_from": "2024-01-16"}, {"harbour"}),
        ({"published_to": "2024-01-15"}, {"ferry"}),
        ({"published_from": "2023-11-02", "published_to": "2024-01-16"}, {"harbour", "ferry"}),
        ({"publishers": ["Coast & Country"]}, {"ferry"}),
        ({"article_ids": ["harbour", "unknown"]}, {"harbour"}),
        ({"publishers": ["Coast & Country"], "article_ids": ["harbour"]}, set()),
        ({}, {"harbour", "ferry"}),
    ],
)
def test_filters_hold_before_the_top_k_is_cut(
    client: httpx.Client, filters: dict[str, object], expected: set[str]
) -> None:
    """With k = 1 a filter applied afterwards would leave nothing of the article that ranks second."""
    for query in ("harbour cranes", "ferry fares"):
        passages = client.post("/v1/search", json={"query": query, "k": 1, "filters": filters}).json()["passages"]
        assert ids(passages) <= expected
        assert len(passages) == min(1, len(expected))
    everything = client.post("/v1/search", json={"query": "harbour ferry", "filters": filters}).json()["passages"]
    assert ids(everything) == expected


def test_filters_that_leave_nothing_lead_to_an_abstention(client: httpx.Client) -> None:
    reply = ask(client, "Why was the harbour closed?", filters={"published_to": "1999-12-31"})
    assert reply["answer"] is None
    assert reply["passages"] == []
    assert reply["answerable"] == 0.0
    assert "filters" in str(reply["abstention"])


def test_k_bounds_the_passages_returned(client: httpx.Client) -> None:
    assert len(client.post("/v1/ask", json={"question": "harbour ferry", "k": 1}).json()["passages"]) == 1


def test_earlier_questions_help_to_find_what_a_follow_up_means(client: httpx.Client) -> None:
    history = [
        {"role": "user", "content": "What happened to the ferry fares?"},
        {"role": "assistant", "content": "They rise by a tenth."},
    ]
    reply = ask(client, "And what does its operator blame?", k=1, history=history)
    assert ids(reply["passages"]) == {"ferry"}  # type: ignore[arg-type]
    assert reply["rewritten_question"] == "What happened to the ferry fares? And what does its operator blame?"


def test_earlier_questions_do_not_become_the_answer_to_another_one(client: httpx.Client) -> None:
    history = [{"role": "user", "content": "What happened to the ferry fares?"}]
    alone = ask(client, "Which cranes were checked?")
    after = ask(client, "Which cranes were checked?", history=history)
    assert after["answer"] == alone["answer"]
    assert after["rewritten_question"] is None
    assert after["answerable"] == alone["answerable"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quote": "Nobody was harmed."}, "other words"),
        ({"end": 10_000}, "not a span"),
        ({"start": 5, "end": 5}, "not a span"),
        ({"revision": "0" * 64}, "no revision"),
        ({"article_id": "unknown"}, "unknown"),
    ],
)
def test_a_citation_that_is_not_true_is_refused_with_the_reason(
    client: httpx.Client, change: dict[str, object], reason: str
) -> None:
    citation = client.post("/v1/ask", json={"question": "Who was hurt?"}).json()["answer"]["citations"][0]
    verdict = client.post("/v1/verify", json={**{key: citation[key] for key in VERIFIED}, **change}).json()
    assert verdict["valid"] is False
    assert reason in verdict["reason"]


def test_many_questions_at_once_get_the_same_answers_as_alone(client: httpx.Client) -> None:
    questions = ["Why was the harbour closed?", "Who blames fuel?", "When did the harbour reopen?"]
    alone = {question: ask(client, question)["answer"] for question in questions}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda question: (question, ask(client, question)["answer"]), questions * 8))
    assert all(answer == alone[question] for question, answer in together)
