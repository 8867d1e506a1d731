"""The reranker that is a sentence-transformers CrossEncoder, run with torch."""

import threading
from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import CrossEncoder
from transformers.utils.logging import disable_progress_bar

from indexing.encoders.sentence_transformers import LOADING, check_device, max_pieces
from indexing.encoders.source import ModelSource, find_model
from indexing.encoders.steps import readable_parts
from indexing.errors import EncoderNotFound, RerankerFailed, RerankerNotFound
from indexing.rerankers.protocol import Scores

_LEAST_ROOM = 32
"""Word pieces beyond those that any pair takes, without which texts would be read letter by letter."""
_JUDGING = "ForSequenceClassification"
"""How the name of a transformer ends that was trained to judge; any other would be given a head of random numbers."""

Pair = tuple[str, str]


class CrossEncoderReranker:
    """Reads the question and a passage as one text; its scores are the model's logits.

    Where the model reads less than both, the passage is read in parts and counts as its best one. A question that
    leaves passages less than half of what is read is read in parts as well, and the scores are the mean over them.
    """

    def __init__(self, source: ModelSource, *, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._name = source.name
        self._model = _load(source, device=device)
        self._prompt = self._model.prompts.get(self._model.default_prompt_name or "")
        # the tokenizer keeps truncation and padding as state, which counting and scoring set differently
        self._lock = threading.Lock()
        self._limit = max_pieces(self._model)
        shortest = self._count([("?", "?")])[0]
        room = self._limit - shortest
        if room < _LEAST_ROOM:
            reason = f"it reads {self._limit} word pieces, which is {room} more than the shortest question and passage"
            raise RerankerNotFound(source.name, f"{reason} take; at least {_LEAST_ROOM} are needed")
        self._question_limit = shortest + room // 2
        # a model that cannot score anything is told of now and not when a user asks
        self.scores("Who?", ["Nobody."])

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),). Raises RerankerFailed for a model that gives no finite scores."""
        if not passages:
            return np.empty(0, np.float32)
        try:
            with self._lock:
                asked = readable_parts(
                    question, count_pieces=lambda part: self._count([(part, "")])[0], limit=self._question_limit
                )
                found: Scores = np.mean([self._best(part, passages) for part in asked], axis=0)
        except (RuntimeError, IndexError) as error:
            # torch's own, for memory that it lacks or a piece that the model has no vector for
            raise RerankerFailed(self._name, f"torch failed: {error}") from error
        if found.shape != (len(passages),) or not np.isfinite(found).all():
            raise RerankerFailed(self._name, "its scores are not one finite number for each passage")
        return found

    def _best(self, question: str, passages: Sequence[str]) -> Scores:
        """The scores of the passages, each by its best part."""
        pairs, starts = list[Pair](), list[int]()
        whole = self._count([(question, passage) for passage in passages])
        for passage, count in zip(passages, whole, strict=True):
            starts.append(len(pairs))
            pairs += [(question, part) for part in self._parts(question, passage, count=count)]
        by_part = self._model.predict(pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False)
        best: Scores = np.maximum.reduceat(by_part, starts)
        return best

    def _parts(self, question: str, passage: str, *, count: int) -> list[str]:
        if count <= self._limit:
            return [passage]
        return readable_parts(passage, count_pieces=lambda part: self._count([(question, part)])[0], limit=self._limit)

    def _count(self, pairs: list[Pair]) -> list[int]:
        """Word pieces of each pair with what the model puts around and between them."""
        read = self._model.preprocess(
            pairs, prompt=self._prompt, processing_kwargs={"text": {"truncation": False, "verbose": False}}
        )
        counts: list[int] = read["attention_mask"].sum(dim=1).tolist()
        return counts


def open_reranker(name: str, *, device: str, threads: int) -> CrossEncoderReranker:
    """The CrossEncoder in a folder or of this name on the model hub.

    Only a hub name that is not in the local hub cache needs the network. Raises DeviceUnusable, and RerankerNotFound
    for one that cannot be read or used: without safetensors weights, with more than one label, or with scores that are
    not finite.
    """
    try:
        return CrossEncoderReranker(find_model(name), device=device, threads=threads)
    except EncoderNotFound as error:
        raise RerankerNotFound(name, error.reason) from error
    except RerankerFailed as error:
        raise RerankerNotFound(name, error.reason) from error


def _load(source: ModelSource, *, device: str) -> CrossEncoder:
    """From safetensors only and without running code of its own."""
    check_device(device)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: CrossEncoder = CrossEncoder(
            str(source.folder),
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
            # a model's configuration may name one, which would be looked up in torch and called
            activation_fn=torch.nn.Identity(),
        )
    except LOADING as error:
        raise RerankerNotFound(source.name, f"sentence-transformers cannot load it: {error}") from error
    kinds = getattr(model.config, "architectures", None) or ()
    if len(model) == 1 and not any(kind.endswith(_JUDGING) for kind in kinds):
        raise RerankerNotFound(source.name, "it is no cross-encoder, which judges a question and a passage together")
    if model.num_labels != 1:
        raise RerankerNotFound(source.name, f"it gives {model.num_labels} labels a pair instead of one score")
    model.eval()
    return model
