"""LangChain with HuggingFaceEmbeddings and its FAISS vector store, as its documentation shows them."""

from typing import Any

import faiss
import torch
from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings


class Peer:
    """An exact index; the store keeps its documents in a pickle, which is what `save_local` writes."""

    def __init__(self, model: str, threads: int) -> None:
        torch.set_num_threads(threads)
        faiss.omp_set_num_threads(threads)
        self._folder = model

    def load(self) -> None:
        """The model."""
        self._embeddings = HuggingFaceEmbeddings(
            model_name=self._folder, model_kwargs={"device": "cpu"}, encode_kwargs={"normalize_embeddings": True}
        )

    def index(self, documents: list[dict[str, Any]], folder: str) -> None:
        """`add_documents` to an empty store."""
        store = FAISS(
            embedding_function=self._embeddings,
            index=faiss.IndexFlatL2(len(self._embeddings.embed_query("hello world"))),
            docstore=InMemoryDocstore(),
            index_to_docstore_id={},
        )
        store.add_documents(
            [Document(page_content=one["input"], metadata={"id": one["id"]}) for one in documents],
            ids=[one["id"] for one in documents],
        )
        store.save_local(folder)

    def open(self, folder: str) -> None:
        """The model and what `save_local` wrote."""
        self.load()
        # its own file, written a moment ago by this very class, is the only thing it can be read back from
        self._store = FAISS.load_local(folder, self._embeddings, allow_dangerous_deserialization=True)

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """`similarity_search_with_score`: distances, the nearest first."""
        found = self._store.similarity_search_with_score(question, k=k)
        return [(document.metadata["id"], document.page_content, -float(distance)) for document, distance in found]
