"""Why a passage ranked where it did, by the rankings themselves."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from corpus.article import Article
from indexing.encoders.protocol import passage_input
from indexing.ingest import Draft
from indexing.lexical.analysis import analyse
from indexing.lexical.questions import question_terms
from service.compose import Parts
from tests.fakes import WordEncoder, fake_parts
from tests.service.conftest import salthaven

QUESTION = "Why was the harbour closed in the storms?"
COUNT = 60


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Passages of which each shares some words with the question, and most none."""
    found = fake_parts(tmp_path_factory.mktemp("home"), encoder=WordEncoder())
    words = ("harbour", "closed", "storm", "ferry", "price", "council", "crane")
    texts = (f"Report {n}: the {words[n % 7]} and the {words[n // 7 % 7]} of pier {n}." for n in range(COUNT))
    list(found.ingester.put_all(Draft(Article(f"a{n}", text, f"News {n}")) for n, text in enumerate(texts)))
    yield found
    found.close()


def test_places_and_scores_are_those_of_the_rankings(parts: Parts) -> None:
    hits = parts.engine.search(QUESTION, k=COUNT, explain=True)
    terms = question_terms(QUESTION)
    with parts.index.reading() as (_, view):
        vector = view.by_vector(parts.encoder.encode_question(QUESTION), k=100)
        words = view.by_words(terms, k=100)
    assert {hit.passage.passage_id for hit in hits} <= {*vector.ids.tolist(), *words.ids.tolist()}
    for hit in hits:
        assert hit.evidence is not None
        for place, ranking in ((hit.evidence.vector, vector), (hit.evidence.words, words)):
            if place is None:
                assert hit.passage.passage_id not in ranking.ids
            else:
                assert ranking.ids[place.rank - 1] == hit.passage.passage_id
                assert place.score == pytest.approx(float(ranking.scores[place.rank - 1]))
        held = analyse(passage_input(hit.passage.title, hit.passage.text))
        assert {term for word in hit.evidence.matched for term in analyse(word)} == set(terms) & set(held)
        assert set(hit.evidence.matched) <= set(QUESTION.replace("?", "").split())


def test_the_best_by_the_fused_score_are_those_that_were_judged_for_likeness(parts: Parts) -> None:
    evidence = [hit.evidence for hit in parts.engine.search(QUESTION, k=COUNT, explain=True)]
    judged = [one for one in evidence if one and one.likeness is not None]
    others = [one for one in evidence if one and one.likeness is None]
    assert len(judged) == 30
    assert others
    assert min(one.fused for one in judged) >= max(one.fused for one in others)
    assert all(left.fused >= right.fused for left, right in pairwise(others))


def test_evidence_changes_nothing_else_and_is_there_where_it_is_asked_for_only(parts: Parts) -> None:
    plain, explained = (parts.engine.ask(QUESTION, k=5, explain=explain) for explain in (False, True))
    assert all(hit.evidence is None for hit in plain.hits)
    assert [(hit.passage, hit.score) for hit in plain.hits] == [(hit.passage, hit.score) for hit in explained.hits]
    assert plain.outcome == explained.outcome


@pytest.mark.parametrize(("path", "name"), [("/v1/ask", "question"), ("/v1/search", "query")])
def test_programs_ask_for_it(tmp_path: Path, path: str, name: str) -> None:
    def passages(client: httpx.Client, **more: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            client.post(path, json={name: QUESTION, **more}).raise_for_status().json()["passages"]
        )
        return found

    with salthaven(tmp_path) as client:
        plain, explained = passages(client), passages(client, explain=True)
        assert not any("evidence" in one for one in plain)
        harbour = next(one for one in explained if one["article_id"] == "harbour")
        assert harbour["evidence"]["matched"] == ["harbour", "closed", "storms"]
        assert harbour["evidence"]["vector"]["rank"] == 1
        assert [one | {"evidence": None} for one in plain] == [one | {"evidence": None} for one in explained]
        assert client.post(path, json={name: QUESTION, "explain": "yes"}).status_code == 422
