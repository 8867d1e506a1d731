"""sentence-transformers and FAISS, as a short tutorial has them: an exact index and the texts in a JSON file."""

import json
from pathlib import Path
from typing import Any

import faiss
import torch
from sentence_transformers import SentenceTransformer


class Peer:
    """One vector a document, compared with all."""

    def __init__(self, model: str, threads: int) -> None:
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._folder = model

    def load(self) -> None:
        """The model."""
        self._model = SentenceTransformer(self._folder, device="cpu")

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """Encodes in batches of 32, which is the library's default."""
        vectors = self._model.encode(
            [one["input"] for one in documents], normalize_embeddings=True, show_progress_bar=False
        )
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(Path(folder) / "index.faiss"))
        texts = [[one["id"], one["input"]] for one in documents]
        (Path(folder) / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def open(self, folder: str) -> None:
        """The model, the index and the texts."""
        self.load()
        self._index = faiss.read_index(str(Path(folder) / "index.faiss"))
        self._texts = json.loads((Path(folder) / "texts.json").read_text(encoding="utf-8"))

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """The k nearest."""
        vector = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        scores, rows = self._index.search(vector, k)
        return [
            (*self._texts[row], score)
            for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True)
            if row >= 0
        ]
