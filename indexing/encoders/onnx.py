"""The serving encoder: a model exported to ONNX, run by ONNX Runtime without torch."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from indexing.encoders.exported import MODEL, PROBE, TOKENIZER, read_manifest
from indexing.encoders.protocol import Embedding, Embeddings, Encoded, EncoderIdentity
from indexing.encoders.steps import check_lengths, joined, mean_of, pieces_of, readable_parts, unit
from indexing.errors import ExportRefused

_Each = Callable[[Sequence[Encoding], Callable[[int], None]], None]
"""Has every row encoded."""
_SAME = 0.999
"""Cosine of one export's vectors on two processors that both compute it rightly: the same but for rounding."""
_VECTOR = ["sentence_embedding"]
_BOTH = ["sentence_embedding", "token_embeddings"]


class OnnxEncoder:
    """Runs an exported model. Raises ExportRefused when its files are not what the export wrote.

    Every text is encoded by itself on one thread, several texts side by side: its vector depends on nothing else, where
    the texts of a batch share the range that int8 numbers are scaled to, and no batch is as fast
    (`python -m eval.cost.encoding`).
    """

    def __init__(self, folder: Path, *, name: str, threads: int) -> None:
        manifest = read_manifest(folder, name=name)
        self._identity = manifest.identity
        self._question_prompt = manifest.question_prompt
        self._passage_prompt = manifest.passage_prompt
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        # lengths are bounded by the caller and checked here; a tokenizer that truncates would hide a mistake
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL),
            sess_options=options,
            providers=["CPUExecutionProvider"],
            # the fused operator takes five times as long as the two that it replaces
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        self._inputs = {value.name for value in self._session.get_inputs()}
        self._workers = ThreadPoolExecutor(threads, thread_name_prefix="encoder")
        if manifest.probe and float(self.encode_question(PROBE) @ np.array(manifest.probe, np.float32)) < _SAME:
            # int8 products overflow on processors that lack the instructions of the one that exported
            again = f"delete {folder} and run the command again to export it here"
            raise ExportRefused(name, f"this processor computes other vectors than the one that exported it; {again}")

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is."""
        return self._identity

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text with the passage prompt and special tokens."""
        return [len(encoding) for encoding in self._tokenize(texts, prompt=self._passage_prompt)]

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        """Shape (len(texts), dim). Raises PassageTooLong rather than cut a text."""
        return self._encode(texts, self._tokenized_passages(texts), each=self._side_by_side)

    def encode_question(self, text: str) -> Embedding:
        """Shape (dim,); the mean over parts for a question longer than the encoder reads."""
        return mean_of(self._encode(*self._question_parts(text), each=_in_turn))

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        """Vectors and word pieces. Raises PassageTooLong rather than cut a text."""
        return self._encode_with_pieces(
            texts, self._tokenized_passages(texts), prompt=self._passage_prompt, each=self._side_by_side
        )

    def encode_question_with_pieces(self, text: str) -> Encoded:
        """The mean over parts for a question longer than the encoder reads, and the pieces of all parts."""
        parts, encodings = self._question_parts(text)
        encoded = self._encode_with_pieces(parts, encodings, prompt=self._question_prompt, each=_in_turn)
        return joined(parts, encoded)

    def _tokenized_passages(self, texts: Sequence[str]) -> list[Encoding]:
        encodings = self._tokenize(texts, prompt=self._passage_prompt)
        check_lengths(texts, list(map(len, encodings)), limit=self._identity.max_pieces)
        return encodings

    def _question_parts(self, text: str) -> tuple[list[str], list[Encoding]]:
        whole = self._tokenize([text], prompt=self._question_prompt)
        if len(whole[0]) <= self._identity.max_pieces:
            return [text], whole
        parts = readable_parts(
            text,
            count_pieces=lambda part: len(self._tokenizer.encode(self._question_prompt + part)),
            limit=self._identity.max_pieces,
        )
        return parts, self._tokenize(parts, prompt=self._question_prompt)

    def _tokenize(self, texts: Sequence[str], *, prompt: str) -> list[Encoding]:
        return self._tokenizer.encode_batch([prompt + text for text in texts])

    def _encode(self, texts: Sequence[str], encodings: Sequence[Encoding], *, each: _Each) -> Embeddings:
        vectors = np.empty((len(texts), self._identity.dim), np.float32)

        def encode(row: int) -> None:
            (vectors[row],) = self._run(encodings[row], outputs=_VECTOR)

        each(encodings, encode)
        # most models end in a normalising layer; for the others the inner product must be the cosine all the same
        return unit(vectors)

    def _encode_with_pieces(
        self, texts: Sequence[str], encodings: Sequence[Encoding], *, prompt: str, each: _Each
    ) -> list[Encoded]:
        found = dict[int, Encoded]()

        def encode(row: int) -> None:
            vector, tokens = self._run(encodings[row], outputs=_BOTH)
            offsets, special = encodings[row].offsets, encodings[row].special_tokens_mask
            found[row] = Encoded(unit(vector), *pieces_of(texts[row], tokens, offsets, special, prompt=len(prompt)))

        each(encodings, encode)
        return [found[row] for row in range(len(texts))]

    def _side_by_side(self, encodings: Sequence[Encoding], encode: Callable[[int], None]) -> None:
        # the longest first, so that no thread is left with one when the others have nothing more to do
        order = sorted(range(len(encodings)), key=lambda row: len(encodings[row]), reverse=True)
        list(self._workers.map(encode, order))

    def _run(self, encoding: Encoding, *, outputs: list[str]) -> list[Embedding]:
        given = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {name: np.array([given[name]], np.int64) for name in self._inputs}
        found: list[Embeddings] = self._session.run(outputs, feed)
        return [output[0] for output in found]


def _in_turn(encodings: Sequence[Encoding], encode: Callable[[int], None]) -> None:
    """In the thread that asks: a question must not wait behind the passages that are being added."""
    for row in range(len(encodings)):
        encode(row)
