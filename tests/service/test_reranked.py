"""A reranker in late interaction's place: one without a model, and a CrossEncoder that is configured."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.article import Article
from corpus.library.records import Filters
from indexing.encoders.protocol import passage_input
from indexing.errors import RerankerFailed
from indexing.ingest import Draft
from indexing.rerankers.protocol import Reranker, Scores
from service.compose import Parts
from service.core.engine import Engine
from service.core.rerank import FUSED_WEIGHT
from service.core.retrieve import ALL_STEPS, Steps
from service.core.values import Abstention, Answer, Hit, Reply
from service.settings import SettingsError
from tests.fakes import WordEncoder, WordReranker, fake_parts, fake_settings, reranked_parts
from tests.indexing.models import tiny_cross_encoder, unwarned
from tests.service.serving import serving

QUESTION = "Which crane was painted on day 7?"
COLOURS = ("red", "blue", "green", "white", "black", "grey", "brown", "pink", "yellow")


def filled(parts: Parts) -> Parts:
    """With nine passages, each of another colour."""
    text = " ".join(f"Crane number {n} was painted {colour} on day {n}." for n, colour in enumerate(COLOURS))
    parts.ingester.put(Draft(Article("cranes", text, "Paint")))
    return parts


SHORT: dict[str, Any] = {"max_tokens": 16, "overlap_tokens": 0, "answerable_threshold": 0.0}


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Parts]:
    with closing(filled(fake_parts(tmp_path / "plain", **SHORT))) as parts:
        yield parts


def engine(parts: Parts, reranker: Reranker | None, *, steps: Steps = ALL_STEPS) -> Engine:
    return Engine(
        library=parts.library,
        index=parts.index,
        encoder=parts.encoder,
        answerable_model=parts.answerable_model,
        answerable_threshold=0.0,
        reranker=reranker,
        steps=steps,
    )


def texts(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


def test_the_reranker_decides_the_order_and_the_answer_cites_exactly(plain: Parts) -> None:
    for colour in COLOURS:
        asked = engine(plain, WordReranker(colour))
        reply = asked.ask(QUESTION, k=9)
        assert f" {colour} " in reply.hits[0].passage.text
        assert len(reply.hits) == len(COLOURS)
        assert all(0 <= hit.score <= 1 for hit in reply.hits)
        cites_exactly(asked, reply)


def cites_exactly(asked: Engine, reply: Reply) -> None:
    assert isinstance(reply.outcome, Answer)
    for citation in reply.outcome.citations:
        assert asked.verify(
            citation.passage.article_id,
            revision=citation.passage.revision,
            start=citation.span.start,
            end=citation.span.end,
            quote=citation.quote,
        ).valid


def test_it_is_given_the_whole_question_and_the_best_fused_passages_behind_their_titles(plain: Parts) -> None:
    fused = fused_hits(plain)
    reranker = WordReranker("pink")
    question = f"{QUESTION} And who painted it?"
    engine(plain, reranker, steps=Steps(reranked=4)).search(question, k=9)
    ((asked, passages),) = reranker.asked
    assert asked == question
    assert len(passages) == 4
    engine(plain, reranker, steps=Steps(reranked=4)).search(QUESTION, k=9)
    assert list(reranker.asked[-1][1]) == [passage_input("Paint", text) for text in texts(fused[:4])]


def fused_hits(parts: Parts) -> tuple[Hit, ...]:
    return engine(parts, None, steps=Steps(reranked=0)).search(QUESTION, k=9)


def test_passages_beyond_those_that_are_reranked_stay_behind_in_their_order(plain: Parts) -> None:
    fused = texts(fused_hits(plain))
    last = next(colour for colour in COLOURS if f" {colour} " in fused[-1])
    found = texts(engine(plain, WordReranker(last), steps=Steps(reranked=3)).search(QUESTION, k=9))
    assert sorted(found[:3]) == sorted(fused[:3])
    assert found[3:] == fused[3:]


def test_a_score_is_the_convex_combination_of_the_fused_one_and_the_rerankers(plain: Parts) -> None:
    fused = {hit.passage.passage_id: hit.score for hit in fused_hits(plain)}
    for hit in engine(plain, WordReranker("pink")).search(QUESTION, k=9):
        judged = 1.0 if " pink " in hit.passage.text else 0.0
        expected = FUSED_WEIGHT * fused[hit.passage.passage_id] + (1 - FUSED_WEIGHT) * judged
        assert hit.score == pytest.approx(expected, abs=1e-6)


def test_answerable_hears_of_maxsim_and_not_of_the_rerankers_scores(plain: Parts) -> None:
    """One that sees no difference leaves the fused order; so does late interaction that is switched off."""
    reply = engine(plain, WordReranker("zeppelin")).ask(QUESTION, k=9)
    fused = engine(plain, None, steps=Steps(reranked=0)).ask(QUESTION, k=9)
    assert texts(reply.hits) == texts(fused.hits)
    assert reply.features == fused.features


def test_without_re_ranking_it_is_not_asked(plain: Parts) -> None:
    reranker = WordReranker("pink")
    engine(plain, reranker, steps=Steps(reranked=0)).search(QUESTION, k=9)
    assert reranker.asked == []


def test_where_no_passage_meets_the_filters_there_is_an_abstention(plain: Parts) -> None:
    reply = engine(plain, WordReranker("pink")).ask(QUESTION, k=3, filters=Filters(publishers=("Nobody",)))
    assert isinstance(reply.outcome, Abstention)
    assert reply.hits == ()


@dataclass(frozen=True, slots=True)
class Failing:
    """A reranker whose model gives no numbers."""

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        raise RerankerFailed("broken", f"its scores are not one finite number ({question[:5]}, {len(passages)})")


def test_a_reranker_that_fails_makes_the_service_unavailable_and_says_why(tmp_path: Path) -> None:
    with serving(filled(reranked_parts(tmp_path, Failing(), **SHORT))) as client:
        for path, body in (("ask", {"question": QUESTION}), ("search", {"query": QUESTION})):
            response = client.post(f"/v1/{path}", json=body)
            assert response.status_code == 503
            assert response.headers["content-type"] == "application/problem+json"
            assert "reranker broken: its scores are not one finite number" in response.json()["detail"]


@pytest.mark.model
def test_a_cross_encoder_that_is_configured_takes_late_interactions_place(tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path / "model")
    settings = fake_settings(tmp_path / "home", **SHORT, reranker=str(folder), threads=1)
    with closing(filled(Parts(settings, encoder=lambda _: WordEncoder()))) as parts, unwarned():
        assert parts.reranker is not None
        reply = parts.engine.ask(QUESTION, k=9)
        cites_exactly(parts.engine, reply)
        fused = fused_hits(parts)
        late = engine(parts, None).search(QUESTION, k=9)
        judged = parts.reranker.scores(QUESTION, [passage_input("Paint", text) for text in texts(fused)])
        assert parts.engine.ask(QUESTION, k=9).hits == reply.hits
    expected = FUSED_WEIGHT * np.array([hit.score for hit in fused])
    expected += (1 - FUSED_WEIGHT) * (judged - judged.min()) / np.ptp(judged)
    order = np.argsort(-expected)
    assert texts(reply.hits) == [fused[at].passage.text for at in order]
    np.testing.assert_allclose([hit.score for hit in reply.hits], expected[order], atol=1e-5)
    assert texts(reply.hits) != texts(late)


@pytest.mark.model
def test_a_cross_encoder_that_cannot_be_used_is_told_of_by_its_setting(tmp_path: Path) -> None:
    pickled = tiny_cross_encoder(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    for folder, reason in (
        (tmp_path / "missing", "neither a folder nor a model"),
        (pickled, "no weights in safetensors form"),
        (tiny_cross_encoder(tmp_path / "two", labels=2), "2 labels"),
    ):
        parts = filled(fake_parts(tmp_path / "home", reranker=str(folder), **SHORT))
        with (
            closing(parts),
            unwarned(),
            pytest.raises(SettingsError, match=f"^BYLINE_RERANKER: {folder}: .*{reason}"),
        ):
            parts.engine  # noqa: B018 - opens it
