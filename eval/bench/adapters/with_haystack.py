"""Haystack's hybrid retrieval as its documentation shows it, in memory, and hayhooks as the service."""

import sys
from pathlib import Path
from typing import Any

import torch
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

_FILE = "store.json"
_CPU = ComponentDevice.from_str("cpu")

_WRAPPER = '''
"""What hayhooks serves: the adapter's search as a pipeline's."""

import importlib.util

from hayhooks import BasePipelineWrapper

spec = importlib.util.spec_from_file_location("with_haystack", {adapter!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)


class PipelineWrapper(BasePipelineWrapper):
    """Opens the store once."""

    def setup(self) -> None:
        """The pipeline."""
        self.peer = module.Peer({model!r}, {threads})
        self.peer.open({folder!r})
        self.pipeline = self.peer.pipeline

    def run_api(self, query: str, k: int) -> list[dict]:
        """The k best."""
        return [dict(id=name, text=text, score=score) for name, text, score in self.peer.search(query, k)]
'''


class Peer:
    """BM25 and vectors, joined by reciprocal rank fusion."""

    def __init__(self, model: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._model, self._threads = model, threads

    def load(self) -> None:
        """The model that encodes documents."""
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=self._model, device=_CPU, normalize_embeddings=True, progress_bar=False
        )
        self._embedder.warm_up()

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """An indexing pipeline of an embedder and a writer; the store is saved as JSON."""
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        indexing = Pipeline()
        indexing.add_component("embedder", self._embedder)
        indexing.add_component("writer", DocumentWriter(store))
        indexing.connect("embedder", "writer")
        indexing.run({"embedder": {"documents": [Document(id=one["id"], content=one["input"]) for one in documents]}})
        store.save_to_disk(str(Path(folder) / _FILE))

    def open(self, folder: str) -> None:
        """The hybrid pipeline over the saved store."""
        store = InMemoryDocumentStore.load_from_disk(str(Path(folder) / _FILE))
        made = Pipeline()
        made.add_component(
            "text_embedder",
            SentenceTransformersTextEmbedder(
                model=self._model, device=_CPU, normalize_embeddings=True, progress_bar=False
            ),
        )
        made.add_component("embedding_retriever", InMemoryEmbeddingRetriever(store))
        made.add_component("bm25_retriever", InMemoryBM25Retriever(store))
        made.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        made.connect("text_embedder", "embedding_retriever")
        made.connect("bm25_retriever", "joiner")
        made.connect("embedding_retriever", "joiner")
        self.pipeline = made

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """The k best after both retrievers gave k each."""
        result = self.pipeline.run(
            {
                "text_embedder": {"text": question},
                "bm25_retriever": {"query": question, "top_k": k},
                "embedding_retriever": {"top_k": k},
                "joiner": {"top_k": k},
            }
        )
        return [(one.id, one.content or "", float(one.score or 0)) for one in result["joiner"]["documents"]]

    def front(self, folder: str, port: int) -> tuple[list[str], dict[str, str]]:
        """`hayhooks run` with a pipeline wrapper."""
        wrapped = Path(folder) / "pipelines" / "hybrid"
        wrapped.mkdir(parents=True, exist_ok=True)
        text = _WRAPPER.format(adapter=__file__, model=self._model, threads=self._threads, folder=folder)
        (wrapped / "pipeline_wrapper.py").write_text(text, encoding="utf-8")
        options = ["--host", "127.0.0.1", "--port", str(port), "--pipelines-dir", str(wrapped.parent)]
        return [str(Path(sys.executable).parent / "hayhooks"), "run", *options], {}
