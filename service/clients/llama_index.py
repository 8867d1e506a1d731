"""A retriever of LlamaIndex: `pip install byline[llama-index]`."""

from collections.abc import Sequence
from datetime import date

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from service.clients.passages import METADATA, Passage, Service, filters_of

_SHOWN = {"title", "publisher", "published_at"}
"""Of the metadata, what a language model is to read."""


class BylineRetriever(BaseRetriever):
    """Asks a Byline service for the passages that fit a question best.

    A node's metadata says where its words stand: `text[start:end]` of that revision of the article. `publishers` are
    spelt as stored, both days are included. Raises ValueError for an address that is none, and ServiceError when the
    service gives no passages.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        k: int = 5,
        published_from: date | str | None = None,
        published_to: date | str | None = None,
        publishers: Sequence[str] | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self._service = Service(url, key, timeout_seconds)
        self._k = k
        self._filters = filters_of(published_from, published_to, publishers)
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._service.search(query_bundle.query_str, k=self._k, filters=self._filters)
        return [_node(one) for one in found]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = await self._service.asearch(query_bundle.query_str, k=self._k, filters=self._filters)
        return [_node(one) for one in found]


def _node(passage: Passage) -> NodeWithScore:
    hidden = [name for name in METADATA if name not in _SHOWN]
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=passage.metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=list(METADATA),
    )
    return NodeWithScore(node=node, score=passage.score)
