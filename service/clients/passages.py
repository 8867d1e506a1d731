"""The one request that the retrievers make of a service, and the passages it gives.

ServiceError
├── ServiceRefused       the service answered with an error; has its status
└── ServiceUnreachable   nothing answered, or nothing that Byline would say
"""

import functools
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import httpx

METADATA = (
    "passage_id",
    "article_id",
    "revision",
    "start",
    "end",
    "title",
    "publisher",
    "published_at",
    "url",
    "score",
)
"""What a document's metadata holds: `text[start:end]` of that revision of the article are its words."""


class ServiceError(Exception):
    """The service gave no passages."""


class ServiceRefused(ServiceError):
    """The service answered with an error."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(f"the service refused with {status}: {detail}")


class ServiceUnreachable(ServiceError):
    """Nothing answered, or nothing that Byline would say."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of an article, and where they stand."""

    text: str
    metadata: dict[str, Any]
    """The fields of METADATA; null where the article has no such value."""

    @property
    def id(self) -> str:
        """Of the passage, as a text."""
        return str(self.metadata["passage_id"])

    @property
    def score(self) -> float:
        """0 to 1; comparable within one result only."""
        return float(self.metadata["score"])


@dataclass(frozen=True, slots=True)
class Service:
    """A Byline service. Raises ValueError for an address that is none. Safe to use from several threads and loops."""

    url: str
    """Such as `http://127.0.0.1:8000`."""
    key: str | None = field(default=None, repr=False)
    """An API key, if the service wants one."""
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"url: {self.url!r} is not an address like http://127.0.0.1:8000")

    def search(self, query: str, *, k: int, filters: Mapping[str, object]) -> list[Passage]:
        """The k best passages. Raises ServiceError."""
        try:
            with httpx.Client(verify=_tls(), timeout=self.timeout_seconds) as client:
                answer = client.post(self._route, json=_body(query, k, filters), headers=self._headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServiceUnreachable(f"{self.url}: {error or type(error).__name__}") from error
        return self._passages(answer)

    async def asearch(self, query: str, *, k: int, filters: Mapping[str, object]) -> list[Passage]:
        """The same for an event loop."""
        try:
            async with httpx.AsyncClient(verify=_tls(), timeout=self.timeout_seconds) as client:
                answer = await client.post(self._route, json=_body(query, k, filters), headers=self._headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServiceUnreachable(f"{self.url}: {error or type(error).__name__}") from error
        return self._passages(answer)

    @property
    def _route(self) -> str:
        return f"{self.url.rstrip('/')}/v1/search"

    @property
    def _headers(self) -> dict[str, str]:
        return {} if self.key is None else {"authorization": f"Bearer {self.key}"}

    def _passages(self, answer: httpx.Response) -> list[Passage]:
        try:
            found = answer.json()
            if answer.is_success:
                return [Passage(one["text"], {name: one[name] for name in METADATA}) for one in found["passages"]]
            raise ServiceRefused(answer.status_code, str(found["detail"]))
        except (ValueError, KeyError, TypeError) as error:
            if not answer.is_success:
                raise ServiceRefused(answer.status_code, answer.reason_phrase) from error
            raise ServiceUnreachable(f"{self.url}: what answers there is not Byline") from error


def filters_of(
    published_from: date | str | None, published_to: date | str | None, publishers: Sequence[str] | None
) -> dict[str, object]:
    """As the service takes them: days as written, publishers spelt as stored; what is None is no condition."""
    days = {"published_from": published_from, "published_to": published_to}
    filters: dict[str, object] = {name: str(day) for name, day in days.items() if day is not None}
    return filters if publishers is None else {**filters, "publishers": list(publishers)}


def _body(query: str, k: int, filters: Mapping[str, object]) -> dict[str, object]:
    return {"query": query, "k": k, "filters": dict(filters)}


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes longer than a search."""
    return httpx.create_ssl_context()
