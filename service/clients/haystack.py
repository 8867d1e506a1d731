"""A retriever component of Haystack: `pip install byline[haystack]`."""

from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.utils import Secret

from service.clients.passages import Passage, Service, filters_of


@component
class BylineRetriever:
    """Asks a Byline service for the passages that fit a question best.

    A document's `meta` says where its words stand: `text[start:end]` of that revision of the article. `publishers` are
    spelt as stored; days are written like 2024-01-16 and both are included. What `run` is given counts in the place of
    what the component was made with. Raises ValueError for an address that is none, and ServiceError when the service
    gives no passages.
    """

    def __init__(
        self,
        url: str,
        *,
        key: Secret | None = None,
        top_k: int = 5,
        published_from: str | None = None,
        published_to: str | None = None,
        publishers: list[str] | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self.url = Service(url).url
        self.key = key
        self.top_k = top_k
        self.published_from = published_from
        self.published_to = published_to
        self.publishers = publishers
        self.timeout_seconds = timeout_seconds

    def to_dict(self) -> dict[str, Any]:
        """For a pipeline that is saved; a key from the environment is saved by its variable's name only."""
        return default_to_dict(
            self,
            url=self.url,
            key=None if self.key is None else self.key.to_dict(),
            top_k=self.top_k,
            published_from=self.published_from,
            published_to=self.published_to,
            publishers=self.publishers,
            timeout_seconds=self.timeout_seconds,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "BylineRetriever":
        """The component that `to_dict` told of."""
        parameters = dict(data["init_parameters"])
        if parameters.get("key") is not None:
            parameters["key"] = Secret.from_dict(parameters["key"])
        made: BylineRetriever = default_from_dict(cls, {**data, "init_parameters": parameters})
        return made

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        top_k: int | None = None,
        published_from: str | None = None,
        published_to: str | None = None,
        publishers: list[str] | None = None,
    ) -> dict[str, list[Document]]:
        """The best passages as `documents`."""
        filters = self._filters(published_from, published_to, publishers)
        found = self._service.search(query, k=self.top_k if top_k is None else top_k, filters=filters)
        return {"documents": [_document(one) for one in found]}

    @component.output_types(documents=list[Document])
    async def run_async(
        self,
        query: str,
        top_k: int | None = None,
        published_from: str | None = None,
        published_to: str | None = None,
        publishers: list[str] | None = None,
    ) -> dict[str, list[Document]]:
        """The same in an asynchronous pipeline."""
        filters = self._filters(published_from, published_to, publishers)
        found = await self._service.asearch(query, k=self.top_k if top_k is None else top_k, filters=filters)
        return {"documents": [_document(one) for one in found]}

    @property
    def _service(self) -> Service:
        return Service(self.url, None if self.key is None else self.key.resolve_value(), self.timeout_seconds)

    def _filters(
        self, published_from: str | None, published_to: str | None, publishers: list[str] | None
    ) -> dict[str, object]:
        return filters_of(
            published_from or self.published_from,
            published_to or self.published_to,
            self.publishers if publishers is None else publishers,
        )


def _document(passage: Passage) -> Document:
    return Document(id=passage.id, content=passage.text, meta=passage.metadata, score=passage.score)
