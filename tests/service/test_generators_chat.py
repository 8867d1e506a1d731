"""A language model's endpoint gives text or a failure with a reason, in bounded time, and never sees its key again."""

import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.core.errors import GeneratorFailed
from service.core.generator import Generator, Message
from service.generators.chat import MAX_REPLY_BYTES, ChatEndpoint
from tests.service.scripted_model import Reply, scripted_model

KEY = "sk-very-secret"
PROMPT = [Message("system", "Answer briefly."), Message("user", "Who lives in Čapek’s house? 🏠")]


def endpoint(
    url: str, *, key: str | None = KEY, seconds: float = 5, transport: httpx.BaseTransport | None = None
) -> ChatEndpoint:
    return ChatEndpoint(base_url=url, model="scripted", key=key, timeout_seconds=seconds, transport=transport)


def ask(generator: Generator) -> str:
    return generator.complete(PROMPT, most_tokens=64)


def reason(generator: Generator) -> str:
    with pytest.raises(GeneratorFailed) as caught:
        ask(generator)
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    return caught.value.reason


def replying(body: bytes) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(body)))


def completion(**message: object) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()


def test_the_text_comes_back_as_written_and_the_request_is_the_one_agreed_on() -> None:
    with scripted_model(lambda messages: f"  {messages[-1]['content']}\n") as model:
        generator = endpoint(model.url + "/")
        assert generator.name == "scripted"
        assert ask(generator) == f"  {PROMPT[1].content}\n"
    (received,) = model.requests
    assert received.path == "/v1/chat/completions"
    assert received.headers["Authorization"] == f"Bearer {KEY}"
    assert received.headers["Accept-Encoding"] == "identity"
    assert received.body == {
        "model": "scripted",
        "messages": [{"role": message.role, "content": message.content} for message in PROMPT],
        "temperature": 0,
        "max_tokens": 64,
        "stream": False,
    }


def test_several_threads_each_get_their_own_answer() -> None:
    with scripted_model(lambda messages: messages[0]["content"]) as model, ThreadPoolExecutor(8) as threads:
        generator = endpoint(model.url)
        texts = [str(number) for number in range(24)]
        answers = threads.map(lambda text: generator.complete([Message("user", text)], most_tokens=8), texts)
        assert list(answers) == texts
    generator.close()


def test_an_answer_cut_off_at_its_length_is_an_answer() -> None:
    with scripted_model(lambda _: Reply("Nobody. It", finish_reason="length")) as model:
        assert ask(endpoint(model.url)) == "Nobody. It"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(status=500), "it answered with status 500"),
        (Reply(status=401, body=KEY.encode()), "it answered with status 401"),
        (Reply(status=307, headers={"Location": "/v1/elsewhere"}), "it answered with status 307"),
        (Reply("x", status=201), "it answered with status 201"),
        (Reply(hang_up=True), "the connection to it broke"),
        (Reply("cut", headers={"Content-Length": "9999"}), "the connection to it broke"),
        (Reply("cut", headers={"Transfer-Encoding": "nonsense"}), "the connection to it broke"),
        (Reply(refusal="I would rather not."), "it refused"),
        (Reply("Some", finish_reason="content_filter"), "a content filter withheld its answer"),
        (Reply(" \n"), "its answer is empty"),
        (Reply(None), "its reply holds no text"),
        (Reply("x" * MAX_REPLY_BYTES), "its reply is too large"),
        (
            Reply(body=gzip.compress(bytes(1024**3 // 64)), headers={"Content-Encoding": "gzip"}),
            "its reply is not JSON",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_failure_has_its_reason_and_nothing_is_repeated(reply: Reply, expected: str) -> None:
    with scripted_model(lambda _: reply) as model:
        assert reason(endpoint(model.url)) == expected
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "its reply is not JSON"),
        (b"<html>" + KEY.encode(), "its reply is not JSON"),
        (b"\xff\xfe\xff", "its reply is not JSON"),
        (b"[" * 100_000, "its reply is not JSON"),
        (b"9" * 5000, "its reply is not JSON"),
        (b"[]", "its reply is not the expected JSON"),
        (b'{"error": {"message": "out of memory"}}', "its reply is not the expected JSON"),
        (b'{"choices": []}', "its reply is not the expected JSON"),
        (b'{"choices": [{"text": "an older API"}]}', "its reply is not the expected JSON"),
        (completion(content=5), "its reply holds no text"),
        (completion(content=["in parts"]), "its reply holds no text"),
        (completion(tool_calls=[]), "its reply holds no text"),
        (completion(content=""), "its answer is empty"),
        (completion(content="half \ud83c"), "its answer is not text"),
        (completion(content="a\0b"), "its answer is not text"),
        (completion(content="half ").replace(b"half ", b"\xed\xa0\xbc"), "its answer is not text"),
    ],
)
def test_what_is_wrong_with_a_reply_is_told(body: bytes, expected: str) -> None:
    assert reason(endpoint("http://model/v1", transport=replying(body))) == expected


def test_two_halves_of_a_character_are_one() -> None:
    generator = endpoint("http://model/v1", transport=replying(completion(content="🏠")))
    assert ask(generator) == "🏠"


KEYS = st.sampled_from(["choices", "message", "content", "refusal", "finish_reason"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4),
)
CHOICES = st.fixed_dictionaries({"choices": st.lists(st.fixed_dictionaries({"message": JSON}) | JSON, max_size=2)})
CONTENTS = st.builds(lambda content: {"choices": [{"message": {"content": content}}]}, JSON)


@given(st.binary() | st.builds(lambda reply: json.dumps(reply).encode(), JSON | CHOICES | CONTENTS))
@example(b"\xef\xbb\xbf{}")
def test_whatever_the_reply_it_is_text_or_a_failure(body: bytes) -> None:
    try:
        text = ask(endpoint("http://model/v1", transport=replying(body)))
    except GeneratorFailed:
        return
    assert text.strip()
    assert "\0" not in text.encode().decode()


def test_a_dead_endpoint_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert reason(endpoint(f"http://127.0.0.1:{port}/v1")) == "it cannot be reached"


@pytest.mark.parametrize("slow", [Reply("x", delay_seconds=30), Reply("x", drip="body"), Reply("x", drip="all")])
def test_a_slow_endpoint_is_hung_up_on_in_time(slow: Reply) -> None:
    """The reply would take eight seconds or more; nothing keeps listening to it."""
    start = time.monotonic()
    with scripted_model(lambda _: slow) as model:
        assert reason(endpoint(model.url, seconds=0.3)) == "it did not answer within 0.3 s"
        assert 0.3 <= time.monotonic() - start < 1.3
        assert _ends(lambda: not any(thread.name == "generator" for thread in threading.enumerate()))


def test_what_cannot_be_interrupted_does_not_hold_the_caller() -> None:
    """Such as a name server that is silent."""
    released = threading.Event()

    def blocked(_: httpx.Request) -> httpx.Response:
        released.wait(10)
        return httpx.Response(200)

    start = time.monotonic()
    try:
        failed = reason(endpoint("http://model/v1", seconds=0.2, transport=httpx.MockTransport(blocked)))
    finally:
        released.set()
    assert failed == "it did not answer within 0.2 s"
    assert time.monotonic() - start < 1.2


def test_the_key_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), scripted_model(lambda _: "x") as model:
        generator = endpoint(model.url)
        ask(generator)
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in f"{generator!r} {vars(generator)}"


def test_without_a_key_nothing_else_is_sent_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted_model(lambda _: "x") as model:
        ask(endpoint(model.url, key=None))
    assert "Authorization" not in model.requests[0].headers


def test_a_proxy_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with scripted_model(lambda _: "from the proxy") as proxy, scripted_model(lambda _: "from here") as model:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        assert ask(endpoint(model.url)) == "from here"
        assert ask(endpoint("http://model.example/v1")) == "from the proxy"
    assert [received.path for received in proxy.requests] == ["http://model.example/v1/chat/completions"]


def _ends(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 1
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()
