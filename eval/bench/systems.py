"""The systems that are measured: Byline and its peers, each with its adapter and the service it is put behind."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

ADAPTERS = Path(str(files("eval.bench"))) / "adapters"
BYLINE = "byline"
K = 10
"""Passages asked for, everywhere."""

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask a system."""

    name: str
    """The adapter's method."""
    path: str
    """Where its service takes the same question."""
    body: Callable[[str], Body]


@dataclass(frozen=True, slots=True)
class System:
    """One of those that take turns."""

    name: str
    told: str
    """What it is, in a few words, with the service it is put behind."""
    adapter: Path
    ways: tuple[Way, ...]
    pinned: Path | None
    """The versions that its environment is made of; None for Byline, which runs in ours."""
    package: str = "byline"
    """The library that it is named after."""

    @property
    def version(self) -> str:
        """Of that library."""
        if self.pinned is None:
            return version(self.package)
        found = re.search(rf"^{re.escape(self.package)}==(\S+)", self.pinned.read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else "?"


def _query(question: str) -> Body:
    return {"query": question, "k": K}


def _peer(name: str, told: str, *, package: str, path: str = "/search", body: Callable[[str], Body] = _query) -> System:
    stem = f"with_{name.replace('-', '_')}"
    ways = (Way("search", path, body),)
    return System(name, told, ADAPTERS / f"{stem}.py", ways, ADAPTERS / f"{stem}.txt", package)


OURS = System(
    BYLINE,
    "this program, `byline serve`",
    ADAPTERS / "with_byline.py",
    (
        Way("search", "/v1/search", _query),
        Way("ask", "/v1/ask", lambda question: {"question": question, "k": K}),
    ),
    None,
)
PLAIN = _peer("plain", "sentence-transformers and FAISS in a plain script, FastAPI", package="sentence-transformers")
HAYSTACK = _peer(
    "haystack",
    "Haystack hybrid: BM25 and embeddings joined by RRF, hayhooks",
    package="haystack-ai",
    path="/hybrid/run",
)
PEERS = (
    PLAIN,
    _peer("llama-index", "LlamaIndex and FAISS, FastAPI", package="llama-index-core"),
    _peer("langchain", "LangChain and FAISS, FastAPI", package="langchain-community"),
    _peer(
        "txtai",
        "txtai, its own API",
        package="txtai",
        path="/batchsearch",
        body=lambda question: {"queries": [question], "limit": K},
    ),
    HAYSTACK,
)
