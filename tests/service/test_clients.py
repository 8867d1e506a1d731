"""The retrievers of other frameworks, each with the real framework against the real server."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from llama_index.core.schema import MetadataMode, NodeWithScore

from service.clients.langchain import BylineRetriever as OfLangChain
from service.clients.llama_index import BylineRetriever as OfLlamaIndex
from service.clients.passages import METADATA, Passage, ServiceRefused, ServiceUnreachable
from tests.service.conftest import FERRY, HARBOUR, salthaven

if TYPE_CHECKING:
    from haystack import Document as HaystackDocument

pytestmark = pytest.mark.server
QUERY = "Who checked the cranes of the harbour, and what of the ferry fares?"
Options = dict[str, Any]
Retrieve = Callable[[str, Options], list[Passage]]


def langchain(url: str, options: Options) -> list[Passage]:
    """Through LangChain."""
    return [_of_langchain(one) for one in OfLangChain(url=url, **options).invoke(QUERY)]


def langchain_async(url: str, options: Options) -> list[Passage]:
    """Through LangChain on an event loop."""
    return [_of_langchain(one) for one in asyncio.run(OfLangChain(url=url, **options).ainvoke(QUERY))]


def llama_index(url: str, options: Options) -> list[Passage]:
    """Through LlamaIndex."""
    return [_of_llama_index(one) for one in OfLlamaIndex(url, **options).retrieve(QUERY)]


def llama_index_async(url: str, options: Options) -> list[Passage]:
    """Through LlamaIndex on an event loop."""
    return [_of_llama_index(one) for one in asyncio.run(OfLlamaIndex(url, **options).aretrieve(QUERY))]


def haystack(url: str, options: Options) -> list[Passage]:
    """Through a component of Haystack."""
    from service.clients.haystack import BylineRetriever as OfHaystack  # noqa: PLC0415 - takes seconds, also where these tests are left out

    return [_of_haystack(one) for one in OfHaystack(url, **_for_haystack(options)).run(QUERY)["documents"]]


def haystack_async(url: str, options: Options) -> list[Passage]:
    """Through a component of Haystack on an event loop."""
    from service.clients.haystack import BylineRetriever as OfHaystack  # noqa: PLC0415 - takes seconds, also where these tests are left out

    retriever = OfHaystack(url, **_for_haystack(options))
    return [_of_haystack(one) for one in asyncio.run(retriever.run_async(QUERY))["documents"]]


def _for_haystack(options: Options) -> Options:
    from haystack.utils import Secret  # noqa: PLC0415 - takes seconds, also where these tests are left out

    renamed = {"k": "top_k"}
    made = {renamed.get(name, name): value for name, value in options.items()}
    if "key" in made:
        made["key"] = Secret.from_token(made["key"])
    return {name: str(value) if isinstance(value, date) else value for name, value in made.items()}


def _of_langchain(one: Document) -> Passage:
    assert one.id == str(one.metadata["passage_id"])
    return Passage(one.page_content, one.metadata)


def _of_llama_index(one: NodeWithScore) -> Passage:
    assert one.score == one.metadata["score"]
    assert one.node_id == str(one.metadata["passage_id"])
    return Passage(one.text, one.metadata)


def _of_haystack(one: "HaystackDocument") -> Passage:
    assert one.score == one.meta["score"]
    assert one.id == str(one.meta["passage_id"])
    assert one.content is not None
    return Passage(one.content, one.meta)


every = pytest.mark.parametrize(
    "retrieve", [langchain, langchain_async, llama_index, llama_index_async, haystack, haystack_async]
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that the tests of this module change nothing of."""
    with salthaven(tmp_path_factory.mktemp("clients")) as found:
        yield found


@every
def test_documents_are_what_the_service_finds_with_all_that_a_citation_needs(
    server: httpx.Client, retrieve: Retrieve
) -> None:
    found = retrieve(str(server.base_url), {})
    expected = server.post("/v1/search", json={"query": QUERY, "k": 5}).json()["passages"]
    assert [one.text for one in found] == [one["text"] for one in expected]
    assert [one.metadata for one in found] == [{name: one[name] for name in METADATA} for one in expected]
    for one in found:
        params = {"revision": one.metadata["revision"]}
        text = server.get(f"/v1/articles/{one.metadata['article_id']}", params=params).json()["text"]
        assert text[one.metadata["start"] : one.metadata["end"]] == one.text


@every
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"k": 1}, 1),
        ({"publishers": [FERRY["publisher"]]}, {"ferry"}),
        ({"published_from": date(2024, 1, 1)}, {"harbour"}),
        ({"published_to": date(2024, 1, 1)}, {"ferry"}),
        ({"published_from": date(2024, 1, 1), "publishers": [FERRY["publisher"]]}, set()),
    ],
)
def test_number_and_filters_are_passed_through(
    server: httpx.Client, retrieve: Retrieve, options: Options, found: int | set[str]
) -> None:
    passages = retrieve(f"{server.base_url}/", options)
    assert (len(passages) if isinstance(found, int) else {one.metadata["article_id"] for one in passages}) == found


@every
def test_what_the_service_refuses_is_told_by_its_field(server: httpx.Client, retrieve: Retrieve) -> None:
    with pytest.raises(ServiceRefused, match="422: k: ") as caught:
        retrieve(str(server.base_url), {"k": 0})
    assert caught.value.status == 422
    with pytest.raises(ServiceRefused, match=r"422: filters\.publishers: "):
        retrieve(str(server.base_url), {"publishers": []})


@every
def test_a_service_that_is_not_there_is_told_of(retrieve: Retrieve) -> None:
    with pytest.raises(ServiceUnreachable, match=r"http://127\.0\.0\.1:9: "):
        retrieve("http://127.0.0.1:9", {})


@every
@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://a", "http://"])
def test_what_is_no_address_is_refused_at_once(retrieve: Retrieve, url: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        retrieve(url, {})


class _Noting(BaseHTTPRequestHandler):
    """Notes the key that it was sent, and says something that Byline would not."""

    keys: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        """The name that http.server calls."""
        self.keys.append(self.headers["authorization"])
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<p>hello</p>")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@every
def test_a_key_is_sent_and_an_answer_that_is_not_bylines_is_told_of(retrieve: Retrieve) -> None:
    with HTTPServer(("127.0.0.1", 0), _Noting) as other:
        thread = Thread(target=other.handle_request)
        thread.start()
        with pytest.raises(ServiceUnreachable, match="not Byline") as caught:
            retrieve(f"http://127.0.0.1:{other.server_port}", {"key": "canary"})
        thread.join()
    assert _Noting.keys.pop() == "Bearer canary"
    assert "canary" not in repr(caught.value)


def test_a_key_is_not_shown() -> None:
    assert "canary" not in repr(OfLangChain(url="http://localhost", key="canary"))
    assert "canary" not in repr(OfLlamaIndex("http://localhost", key="canary")._service)


def test_langchain_chains_it(server: httpx.Client) -> None:
    chain = OfLangChain(url=str(server.base_url), k=1) | RunnableLambda(lambda found: found[0].metadata["url"])
    assert chain.invoke("Who checked the cranes?") == HARBOUR["url"]


def test_llama_index_shows_a_model_title_publisher_and_day_only(server: httpx.Client) -> None:
    node = OfLlamaIndex(str(server.base_url), k=1).retrieve("Who checked the cranes?")[0]
    shown = node.node.get_content(MetadataMode.LLM)
    assert HARBOUR["publisher"] in shown
    assert node.metadata["revision"] not in shown


def test_haystack_saves_and_loads_it_and_what_run_is_given_counts(
    server: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from haystack import Pipeline  # noqa: PLC0415 - takes seconds, also where these tests are left out
    from haystack.utils import Secret  # noqa: PLC0415 - takes seconds, also where these tests are left out

    from service.clients.haystack import BylineRetriever as OfHaystack  # noqa: PLC0415 - takes seconds, also where these tests are left out

    monkeypatch.setenv("A_KEY", "canary")
    pipeline = Pipeline()
    key = Secret.from_env_var("A_KEY")
    pipeline.add_component("byline", OfHaystack(str(server.base_url), key=key, publishers=["nobody"]))
    saved = pipeline.dumps()
    assert "canary" not in saved
    loaded = Pipeline.loads(saved, allowed_modules=["service.clients.haystack"])
    assert loaded.run({"byline": {"query": QUERY}})["byline"]["documents"] == []
    given = {"query": QUERY, "publishers": [FERRY["publisher"]], "top_k": 1}
    found = loaded.run({"byline": given})["byline"]["documents"]
    assert [one.meta["article_id"] for one in found] == ["ferry"]


def test_haystack_runs_it_on_an_event_loop(server: httpx.Client) -> None:
    from haystack import Pipeline  # noqa: PLC0415 - takes seconds, also where these tests are left out

    from service.clients.haystack import BylineRetriever as OfHaystack  # noqa: PLC0415 - takes seconds, also where these tests are left out

    pipeline = Pipeline()
    pipeline.add_component("byline", OfHaystack(str(server.base_url), top_k=1))
    found = asyncio.run(pipeline.run_async({"byline": {"query": "Who checked the cranes?"}}))
    assert found["byline"]["documents"][0].meta["article_id"] == "harbour"


def test_they_load_nothing_of_byline_but_themselves() -> None:
    code = (
        "import sys, service.clients.langchain;"
        "loaded = {name for name in sys.modules if name.split('.')[0] in {'service', 'corpus', 'indexing', 'eval'}};"
        "sys.exit(loaded != {'service', 'service.clients', 'service.clients.passages', 'service.clients.langchain'})"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
