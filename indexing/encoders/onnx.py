"""The serving encoder: a model exported to ONNX, run by ONNX Runtime without torch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from indexing.encoders.exported import MODEL, TOKENIZER, read_manifest
from indexing.encoders.protocol import (
    Embedding,
    Embeddings,
    Encoded,
    EncoderIdentity,
    check_lengths,
    joined,
    mean_of,
    pieces_of,
    readable_parts,
    unit,
)

_BATCH_PIECES = 4096
"""Word pieces, padding included, encoded in one run: enough to keep both cores busy, small enough for their caches."""


_VECTOR = ["sentence_embedding"]
_BOTH = ["sentence_embedding", "token_embeddings"]


class OnnxEncoder:
    """Runs an exported model. Raises ExportRefused when its files are not what the export wrote."""

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
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # workers spin while a question is encoded, which takes 3.5 ms then and 5.1 otherwise, and not between two of
        # them, where they would take the other core from whatever runs beside this
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {value.name for value in self._session.get_inputs()}

    @property
    def identity(self) -> EncoderIdentity:
        """Which model this is."""
        return self._identity

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text with the passage prompt and special tokens."""
        return [len(encoding) for encoding in self._tokenize(texts, prompt=self._passage_prompt)]

    def encode_passages(self, texts: Sequence[str]) -> Embeddings:
        """Shape (len(texts), dim). Raises PassageTooLong rather than cut a text."""
        return self._encode(texts, prompt=self._passage_prompt)

    def encode_question(self, text: str) -> Embedding:
        """Shape (dim,); the mean over parts for a question longer than the encoder reads."""
        return mean_of(self._encode(self._parts(text), prompt=self._question_prompt))

    def encode_passages_with_pieces(self, texts: Sequence[str]) -> list[Encoded]:
        """Vectors and word pieces. Raises PassageTooLong rather than cut a text."""
        return self._encode_with_pieces(texts, prompt=self._passage_prompt)

    def encode_question_with_pieces(self, text: str) -> Encoded:
        """The mean over parts for a question longer than the encoder reads, and the pieces of all parts."""
        parts = self._parts(text)
        return joined(parts, self._encode_with_pieces(parts, prompt=self._question_prompt))

    def _parts(self, text: str) -> list[str]:
        return readable_parts(
            text,
            count_pieces=lambda part: len(self._tokenize([part], prompt=self._question_prompt)[0]),
            limit=self._identity.max_pieces,
        )

    def _tokenize(self, texts: Sequence[str], *, prompt: str) -> list[Encoding]:
        return self._tokenizer.encode_batch([prompt + text for text in texts])

    def _encode(self, texts: Sequence[str], *, prompt: str) -> Embeddings:
        encodings = self._tokenize(texts, prompt=prompt)
        lengths = [len(encoding) for encoding in encodings]
        check_lengths(texts, lengths, limit=self._identity.max_pieces)
        vectors = np.empty((len(texts), self._identity.dim), np.float32)
        for rows in _batches(lengths):
            (vectors[rows],) = self._run([encodings[row] for row in rows], outputs=_VECTOR)
        # most models end in a normalising layer; for the others the inner product must be the cosine all the same
        return unit(vectors)

    def _encode_with_pieces(self, texts: Sequence[str], *, prompt: str) -> list[Encoded]:
        encodings = self._tokenize(texts, prompt=prompt)
        lengths = [len(encoding) for encoding in encodings]
        check_lengths(texts, lengths, limit=self._identity.max_pieces)
        found = dict[int, Encoded]()
        for rows in _batches(lengths):
            vectors, tokens = self._run([encodings[row] for row in rows], outputs=_BOTH)
            for row, vector, token in zip(rows, unit(vectors), tokens, strict=True):
                offsets, special = encodings[row].offsets, encodings[row].special_tokens_mask
                found[row] = Encoded(vector, *pieces_of(texts[row], token, offsets, special, prompt=len(prompt)))
        return [found[row] for row in range(len(texts))]

    def _run(self, encodings: list[Encoding], *, outputs: list[str]) -> list[Embeddings]:
        shape = (len(encodings), max(len(encoding) for encoding in encodings))
        feed: dict[str, NDArray[np.int64]] = {name: np.zeros(shape, np.int64) for name in self._inputs}
        for row, encoding in enumerate(encodings):
            columns = slice(len(encoding))
            feed["input_ids"][row, columns] = encoding.ids
            feed["attention_mask"][row, columns] = encoding.attention_mask
            if "token_type_ids" in feed:
                feed["token_type_ids"][row, columns] = encoding.type_ids
        found: list[Embeddings] = self._session.run(outputs, feed)
        return found


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows to encode together: texts of like length, so that little of a batch is padding."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    at = 0
    while at < len(order):
        size = max(1, _BATCH_PIECES // lengths[order[at]])
        yield order[at : at + size]
        at += size
