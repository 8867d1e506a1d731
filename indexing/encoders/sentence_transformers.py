"""The reference encoder: sentence-transformers itself, for any model and any device."""

import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from sentence_transformers import CrossEncoder, SentenceTransformer
from transformers.utils.logging import disable_progress_bar

from indexing.encoders.protocol import Embedding, Embeddings, Encoded, EncoderIdentity
from indexing.encoders.source import ModelSource, find_model
from indexing.encoders.steps import check_lengths, joined, mean_of, pieces_of, readable_parts, unit
from indexing.errors import DeviceUnusable, EncoderNotFound

LOADING = (OSError, ValueError, KeyError, ImportError, RuntimeError, AssertionError, SafetensorError)
"""What loading raises for a folder that holds no such model, or one that this torch cannot load."""
_UNSTATED_LIMIT = 512
"""Word pieces read of one text when a model states no limit; that of the BERT family."""


class SentenceTransformersEncoder:
    """Runs a sentence-transformers model with torch. Loading it takes seconds and about 1.3 GB at peak."""

    def __init__(self, source: ModelSource, *, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self.model = load(source.folder, name=source.name, device=device)
        dim = self.model.get_embedding_dimension()
        if dim is None:
            raise EncoderNotFound(source.name, "the model does not state its dimension")
        if not getattr(self.model.tokenizer, "is_fast", False):
            raise EncoderNotFound(source.name, "its tokenizer has no fast form, which tells where word pieces stand")
        # the tokenizer keeps truncation and padding as state, which counting and encoding set differently
        self._lock = threading.RLock()
        self._identity = EncoderIdentity(source.name, source.sha256, dim, max_pieces(self.model))

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is."""
        return self._identity

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text with the passage prompt and special tokens."""
        prompt = self.model.prompts.get("document") or ""
        return self._count([prompt + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        """Shape (len(texts), dim). Raises PassageTooLong rather than cut a text."""
        check_lengths(texts, self.count_pieces(texts), limit=self._identity.max_pieces)
        if not texts:
            return np.empty((0, self._identity.dim), np.float32)
        with self._lock:
            vectors: Embeddings = self.model.encode_document(
                list(texts), normalize_embeddings=True, show_progress_bar=False
            )
        return vectors

    def encode_question(self, text: str) -> Embedding:
        """Shape (dim,); the mean over parts for a question longer than the encoder reads."""
        parts = self._question_parts(text)
        with self._lock:
            return mean_of(self.model.encode_query(parts, normalize_embeddings=True, show_progress_bar=False))

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        """Vectors and word pieces. Raises PassageTooLong rather than cut a text."""
        check_lengths(texts, self.count_pieces(texts), limit=self._identity.max_pieces)
        return self._with_pieces(texts, prompt=self.model.prompts.get("document") or "", encode="encode_document")

    def encode_question_with_pieces(self, text: str) -> Encoded:
        """The mean over parts for a question longer than the encoder reads, and the pieces of all parts."""
        parts = self._question_parts(text)
        return joined(parts, self._with_pieces(parts, prompt=self._question_prompt, encode="encode_query"))

    @property
    def _question_prompt(self) -> str:
        return self.model.prompts.get("query") or ""

    def _question_parts(self, text: str) -> list[str]:
        prompt = self._question_prompt
        return readable_parts(
            text, count_pieces=lambda part: self._count([prompt + part])[0], limit=self._identity.max_pieces
        )

    def _with_pieces(self, texts: Sequence[str], *, prompt: str, encode: str) -> list[Encoded]:
        if not texts:
            return []
        tokenizer: Any = self.model.tokenizer
        with self._lock:
            outputs = getattr(self.model, encode)(list(texts), output_value=None, show_progress_bar=False)
            placed = tokenizer(
                [prompt + text for text in texts],
                truncation=False,
                padding=False,
                verbose=False,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
            )
        found = []
        for text, output, offsets, special in zip(
            texts, outputs, placed["offset_mapping"], placed["special_tokens_mask"], strict=True
        ):
            read = output["attention_mask"].bool()
            tokens = output["token_embeddings"][read].float().cpu().numpy()
            vector = output["sentence_embedding"].float().cpu().numpy()
            found.append(Encoded(unit(vector), *pieces_of(text, tokens, offsets, special, prompt=len(prompt))))
        return found

    def _count(self, texts: list[str]) -> list[int]:
        if not texts:
            return []
        tokenizer: Any = self.model.tokenizer
        with self._lock:
            ids = tokenizer(texts, truncation=False, padding=False, verbose=False)["input_ids"]
        return [len(sequence) for sequence in ids]


def check_device(device: str) -> None:
    """Raises DeviceUnusable for a device that torch does not know, was not built for or does not find."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceUnusable(device, str(error).partition("\n")[0]) from error


def load(folder: Path, *, name: str, device: str, attention: str | None = None) -> SentenceTransformer:
    """The model in this folder, from safetensors only and without running code of its own.

    Raises EncoderNotFound or DeviceUnusable.

    `attention` is transformers' name of an implementation; by default it takes the fastest in torch.
    """
    check_device(device)
    # loading takes a second; its bar would stand between a command's own lines
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(folder),
            device=device,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "attn_implementation": attention},
        )
    except LOADING as error:
        raise EncoderNotFound(name, f"sentence-transformers cannot load it: {error}") from error
    return model.eval()


def max_pieces(model: SentenceTransformer | CrossEncoder) -> int:
    """Word pieces the model reads of one text."""
    stated = model.max_seq_length  # infinite for a model of word vectors
    return int(stated) if stated and math.isfinite(stated) else _UNSTATED_LIMIT


def open_encoder(name: str, *, device: str, threads: int) -> SentenceTransformersEncoder:
    """The reference encoder for a model by name or folder. Raises EncoderNotFound or DeviceUnusable."""
    return SentenceTransformersEncoder(find_model(name), device=device, threads=threads)
