"""LangChain with HuggingFaceEmbeddings and its FAISS vector store, as its documentation shows them."""

import json
from pathlib import Path
from typing import Any

import faiss
import torch
from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings


class Peer:
    """An exact index. It is saved by FAISS and as JSON: `save_local` would write a pickle, which nothing here reads."""

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
        faiss.write_index(store.index, str(Path(folder) / "index.faiss"))
        texts = [[one["id"], one["input"]] for one in documents]
        (Path(folder) / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def open(self, folder: str) -> None:
        """The model and a store of what was saved."""
        self.load()
        texts = json.loads((Path(folder) / "texts.json").read_text(encoding="utf-8"))
        documents = {name: Document(page_content=text, metadata={"id": name}) for name, text in texts}
        self._store = FAISS(
            embedding_function=self._embeddings,
            index=faiss.read_index(str(Path(folder) / "index.faiss")),
            docstore=InMemoryDocstore(documents),
            index_to_docstore_id=dict(enumerate(documents)),
        )

    def search(self, question: str, k: int) -> list[tuple[str, str, float]]:
        """`similarity_search_with_score`: distances, the nearest first."""
        found = self._store.similarity_search_with_score(question, k=k)
        return [(document.metadata["id"], document.page_content, -float(distance)) for document, distance in found]
