"""Where Milvus is and what is asked of it, as an operator sets it."""

from dataclasses import dataclass, field
from enum import StrEnum

from indexing.http_address import http_parts


class Index(StrEnum):
    """How Milvus indexes vectors; see its documentation of each."""

    HNSW = "hnsw"
    """A graph over whole vectors: about 1.2 times their size, in memory. Scores are exact."""
    IVF_SQ8 = "ivf_sq8"
    """A byte a dimension, in lists: a quarter of the memory. Scores are of these bytes, so off by some thousandths."""
    AUTOINDEX = "autoindex"
    """What Milvus takes for good."""


@dataclass(frozen=True, slots=True)
class Address:
    """What is needed to use Milvus."""

    uri: str
    token: str | None = field(default=None, repr=False)
    prefix: str = "byline"
    """Begins the names of all collections: two copies of a library must not share one."""
    index: Index = Index.HNSW
    timeout_seconds: float = 5.0
    """Of one call."""

    @property
    def own_process(self) -> bool:
        """Whether it is a file that this process opens by Milvus Lite, as no other can then."""
        return self.uri.endswith(".db")


def uri_in(uri: object) -> object:
    """Milvus's address, of a service or of a Milvus Lite file. Raises ValueError for what is neither."""
    if not isinstance(uri, str) or uri.endswith(".db"):
        return uri
    parts = http_parts(uri)
    if parts is None:
        raise ValueError("it is not the address of a Milvus (expected like http://127.0.0.1:19530)")
    if "@" in parts.netloc:
        raise ValueError("it holds a user or password; set BYLINE_MILVUS_TOKEN to `user:password` instead")
    return uri
