"""A retriever of LangChain: `pip install byline[langchain]`."""

from datetime import date

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, SecretStr, field_validator

from service.clients.passages import Passage, Service, filters_of


class BylineRetriever(BaseRetriever):
    """Asks a Byline service for the passages that fit a question best.

    A document's metadata says where its words stand: `text[start:end]` of that revision of the article. Raises
    ServiceError when the service gives none.
    """

    url: str = Field(description="Such as `http://127.0.0.1:8000`.")
    key: SecretStr | None = Field(None, description="An API key, if the service wants one.")
    k: int = Field(5, description="Documents returned.")
    published_from: date | None = Field(None, description="First day, inclusive.")
    published_to: date | None = Field(None, description="Last day, inclusive.")
    publishers: list[str] | None = Field(None, description="Any of these, spelt as stored.")
    timeout_seconds: float = Field(30.0, gt=0)

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return Service(value).url

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager
        return [_document(one) for one in self._service.search(query, k=self.k, filters=self._filters)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager
        return [_document(one) for one in await self._service.asearch(query, k=self.k, filters=self._filters)]

    @property
    def _service(self) -> Service:
        return Service(self.url, None if self.key is None else self.key.get_secret_value(), self.timeout_seconds)

    @property
    def _filters(self) -> dict[str, object]:
        return filters_of(self.published_from, self.published_to, self.publishers)


def _document(passage: Passage) -> Document:
    return Document(id=passage.id, page_content=passage.text, metadata=passage.metadata)
