"""LlamaIndex with HuggingFaceEmbedding and FaissVectorStore, as its documentation shows them."""

from typing import Any

import faiss
import torch
from llama_index.core import Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.faiss import FaissVectorStore


class Peer:
    """An exact index over nodes, one a document: the passages are split already."""

    def __init__(self, model: str, threads: int) -> None:
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._folder = model

    def load(self) -> None:
        """The model, with no language model behind it."""
        Settings.embed_model = HuggingFaceEmbedding(model_name=self._folder, device="cpu")
        Settings.llm = None  # type: ignore[assignment]  # means none here; its type does not say so

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """`VectorStoreIndex` over nodes, persisted."""
        store = FaissVectorStore(faiss_index=faiss.IndexFlatL2(len(Settings.embed_model.get_text_embedding("hello"))))
        nodes = [TextNode(id_=one["id"], text=one["input"]) for one in documents]
        made = VectorStoreIndex(nodes, storage_context=StorageContext.from_defaults(vector_store=store))
        made.storage_context.persist(persist_dir=folder)

    def open(self, folder: str) -> None:
        """The model and what `persist` wrote."""
        self.load()
        store = FaissVectorStore.from_persist_dir(folder)
        context = StorageContext.from_defaults(vector_store=store, persist_dir=folder)
        self._index = load_index_from_storage(context)
        self._retrievers: dict[int, Any] = {}

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """A retriever's nodes; one retriever is kept for each k."""
        if k not in self._retrievers:
            self._retrievers[k] = self._index.as_retriever(similarity_top_k=k)
        found = self._retrievers[k].retrieve(question)
        return [(one.node.node_id, one.node.get_content(), float(one.score or 0)) for one in found]
