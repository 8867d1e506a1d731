"""Rerankers: each keeps one contract; a CrossEncoder reads all of both texts, and one that is of no use is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexing.encoders.steps import readable_parts
from indexing.errors import RerankerFailed, RerankerNotFound
from indexing.rerankers.protocol import Reranker
from tests.fakes import WordReranker
from tests.indexing.models import VOCABULARY, tiny_cross_encoder, tiny_model, unwarned

PASSAGES = [
    "Harbour\nThe harbour reopened on Tuesday.",
    "",
    "?",
    "Jam\nHe likes strawberry jam.",
    "L'accord sera signé à Genève; 서울은 논평하지 않았다. 漢字かな交じり文 😀 e\u0301",
    "Longer than a small model reads\n" + "The harbour reopened on Tuesday. " * 20,
]
QUESTION = "When did the harbour reopen?"


def opened(name: Path | str) -> Reranker:
    with unwarned():
        from indexing.rerankers.cross_encoder import open_reranker  # noqa: PLC0415 - imports torch

        return open_reranker(str(name), device="cpu", threads=1)


@pytest.fixture(scope="module")
def words() -> Reranker:
    return WordReranker("harbour")


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    return opened(tiny_cross_encoder(tmp_path_factory.mktemp("tiny") / "model"))


@pytest.fixture(params=["words", pytest.param("cross_encoder", marks=pytest.mark.model)])
def reranker(request: pytest.FixtureRequest) -> Reranker:
    chosen: Reranker = request.getfixturevalue(str(request.param))
    return chosen


def test_each_passage_has_one_finite_score(reranker: Reranker) -> None:
    for count in (0, 1, len(PASSAGES)):
        scores = reranker.scores(QUESTION, PASSAGES[:count])
        assert scores.shape == (count,)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()


def test_the_same_texts_have_the_same_scores_in_any_order_and_company(reranker: Reranker) -> None:
    scores = reranker.scores(QUESTION, PASSAGES)
    np.testing.assert_array_equal(reranker.scores(QUESTION, PASSAGES), scores)
    np.testing.assert_allclose(reranker.scores(QUESTION, PASSAGES[::-1])[::-1], scores, atol=1e-5)
    alone = [float(reranker.scores(QUESTION, [passage])[0]) for passage in PASSAGES]
    np.testing.assert_allclose(alone, scores, atol=1e-5)
    np.testing.assert_allclose(reranker.scores(QUESTION, PASSAGES * 12), [*scores] * 12, atol=1e-5)


def test_a_question_of_any_length_is_scored(reranker: Reranker) -> None:
    for question in ("?", "Why? " * 300, "x" * 2000):
        assert np.isfinite(reranker.scores(question, PASSAGES)).all()


@pytest.mark.model
def test_different_passages_and_questions_have_different_scores(cross_encoder: Reranker) -> None:
    one, other = (cross_encoder.scores(question, PASSAGES) for question in (QUESTION, "Who likes jam?"))
    assert len(set(one.tolist())) == len(PASSAGES)
    assert not np.allclose(one, other, atol=1e-3)


LETTERS = " ".join("abcdefghijklmnopqrstuvwxyz"[n * n % 26] for n in range(300))
"""300 word pieces."""


@pytest.mark.model
def test_a_passage_that_the_model_cannot_read_whole_counts_as_its_best_part(cross_encoder: Reranker) -> None:
    question, around = "w h y", 3 + 3
    parts = readable_parts(LETTERS, count_pieces=lambda part: around + len(part.split()), limit=128)
    assert len(parts) == 4
    best = cross_encoder.scores(question, parts).max()
    np.testing.assert_allclose(cross_encoder.scores(question, ["x", LETTERS])[1], best, atol=1e-5)


@pytest.mark.model
def test_a_question_that_leaves_no_room_counts_as_the_mean_of_its_parts(cross_encoder: Reranker) -> None:
    parts = readable_parts(LETTERS, count_pieces=lambda part: 3 + len(part.split()), limit=5 + 123 // 2)
    assert len(parts) == 8
    mean = np.mean([cross_encoder.scores(part, PASSAGES) for part in parts], axis=0)
    np.testing.assert_allclose(cross_encoder.scores(LETTERS, PASSAGES), mean, atol=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("length", [1, 200])
def test_the_end_of_a_long_passage_and_of_a_long_question_is_read(cross_encoder: Reranker, length: int) -> None:
    body = "the harbour reopened. " * length
    asked = [cross_encoder.scores(body + end, ["the harbour reopened."])[0] for end in ("when?", "was it jam?")]
    assert abs(asked[0] - asked[1]) > 1e-5
    ends = [f" {letter * 9}" for letter in "bcdfgjklmn"]
    told = cross_encoder.scores("why?", [body + end for end in ends])
    assert len({round(float(score), 5) for score in told}) > 1


@pytest.mark.model
def test_a_models_prompt_is_read_with_the_pair_and_leaves_room_for_it(tmp_path: Path) -> None:
    plain = opened(tiny_cross_encoder(tmp_path / "plain"))
    prompted = opened(tiny_cross_encoder(tmp_path / "prompted", prompt="judge: "))
    assert not np.allclose(plain.scores(QUESTION, PASSAGES), prompted.scores(QUESTION, PASSAGES), atol=1e-3)
    np.testing.assert_allclose(
        prompted.scores("why?", PASSAGES[:4]), plain.scores("judge: why?", PASSAGES[:4]), atol=1e-5
    )
    with pytest.raises(RerankerNotFound, match="it reads 128 word pieces, which is 8 more"):
        opened(tiny_cross_encoder(tmp_path / "wordy", prompt="judge " * 23))


def _pickled(folder: Path) -> None:
    import torch  # noqa: PLC0415 - takes seconds

    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


def _truncated(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def _no_tokenizer(folder: Path) -> None:
    for file in (*folder.glob("tokenizer*"), *folder.glob("vocab*"), *folder.glob("special*")):
        file.unlink()


def _code_of_its_own(folder: Path) -> None:
    (folder / "custom.py").write_text(f"open({str(folder / 'it-ran')!r}, 'w').close()\nclass Custom: ...\n")
    modules = json.loads((folder / "modules.json").read_text())
    modules[-1]["type"] = "custom.Custom"
    (folder / "modules.json").write_text(json.dumps(modules))


@pytest.mark.model
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_pickled, "no weights in safetensors form"),
        (_truncated, "sentence-transformers cannot load it"),
        (_no_tokenizer, "holds no tokenizer"),
        (_code_of_its_own, "sentence-transformers cannot load it"),
    ],
)
def test_a_damaged_or_unsafe_model_is_refused_by_name(
    tmp_path: Path, damage: Callable[[Path], None], reason: str
) -> None:
    folder = tiny_cross_encoder(tmp_path / "model")
    damage(folder)
    with pytest.raises(RerankerNotFound, match=reason) as caught:
        opened(folder)
    assert caught.value.name == str(folder)
    assert not (folder / "it-ran").exists()


@pytest.mark.model
def test_a_model_with_two_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RerankerNotFound, match="it gives 2 labels a pair instead of one score"):
        opened(tiny_cross_encoder(tmp_path / "model", labels=2))


@pytest.mark.model
def test_an_encoder_is_refused_rather_than_given_a_head_of_random_numbers(tmp_path: Path) -> None:
    for name in (str(tiny_model(tmp_path / "encoder")), "all-MiniLM-L6-v2"):
        with pytest.raises(RerankerNotFound, match="it is no cross-encoder"):
            opened(name)


@pytest.mark.model
def test_a_model_that_reads_too_little_for_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RerankerNotFound, match="it reads 36 word pieces, which is 31 more"):
        opened(tiny_cross_encoder(tmp_path / "small", max_pieces=36))
    least = opened(tiny_cross_encoder(tmp_path / "least", max_pieces=37))
    assert np.isfinite(least.scores("한국어 " * 40, PASSAGES)).all()


@pytest.mark.model
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_model_whose_scores_are_no_finite_numbers_is_refused_when_it_is_opened(tmp_path: Path, value: float) -> None:
    def spoil(weights: dict[str, object]) -> None:
        weights["classifier.bias"] = weights["classifier.bias"] * 0 + value  # type: ignore[operator]

    with pytest.raises(RerankerNotFound, match="not one finite number for each passage"):
        opened(tiny_cross_encoder(tmp_path / "model", change=spoil))


@pytest.mark.model
def test_a_model_that_fails_at_one_word_only_says_so_when_it_meets_it(tmp_path: Path) -> None:
    def spoil(weights: dict[str, object]) -> None:
        weights["bert.embeddings.word_embeddings.weight"][VOCABULARY.index("q")] = float("nan")  # type: ignore[index]

    reranker = opened(tiny_cross_encoder(tmp_path / "model", change=spoil))
    assert np.isfinite(reranker.scores("why?", ["the harbour"])).all()
    with pytest.raises(RerankerFailed, match="not one finite number"):
        reranker.scores("why?", ["the harbour", "q"])


@pytest.mark.model
@pytest.mark.parametrize("name", ["/no/such/folder", "nobody/has-this-model"])
def test_a_model_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(RerankerNotFound, match="neither a folder nor a model") as caught:
        opened(name)
    assert caught.value.name == name
