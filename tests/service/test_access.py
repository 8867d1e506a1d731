"""Who comes in over HTTP: nobody without a key where one is needed, and nothing of a body is read before."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from service.http.access import AccessCheck
from service.http.needs import scope_needed
from service.keys import key as keys
from service.keys.limit import Limit
from service.keys.rates import Rates
from service.keys.ring import KeyRing
from service.keys.store import KEYS, create_key, revoke_key
from tests.fakes import fake_parts
from tests.service.conftest import salthaven
from tests.service.serving import serving
from tests.service.test_http_refusals import refused

OPEN = ("/livez", "/readyz", "/", "/read/harbour", "/static/shared.js")
READS = (
    ("GET", "/v1/articles"),
    ("GET", "/v1/articles/harbour"),
    ("GET", "/v1/passages/1"),
    ("GET", "/openapi.json"),
    ("POST", "/v1/ask"),
    ("POST", "/v1/search"),
    ("POST", "/v1/verify"),
    ("POST", "/mcp"),
    ("DELETE", "/mcp"),
    ("POST", "/retrieval"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/vector_stores/vs_byline/search"),
    ("POST", "/v1/feedback"),
    ("GET", "/nothing"),
    ("OPTIONS", "/v1/ask"),
)
WRITES = (
    ("PUT", "/v1/articles/new"),
    ("DELETE", "/v1/articles/new"),
    ("PATCH", "/v1/articles/new"),
    ("PURGE", "/v1/ask"),
    ("POST", "/not/thought/of/yet"),
    ("POST", "/v1/articles"),
    ("POST", "/livez"),
)


@dataclass(frozen=True)
class Keyed:
    """A server with two articles and a key of each kind."""

    client: httpx.Client
    home: Path
    read: str
    write: str
    revoked: str


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """One server for all tests here: none of them changes what it holds."""
    home = tmp_path_factory.mktemp("home")
    with salthaven(home, key_rate=0) as client:
        (_, read), (_, write) = (create_key(home, "tests", scope=scope) for scope in keys.Scope)
        revoked, text = create_key(home, "tests", scope=keys.Scope.WRITE)
        revoke_key(home, revoked.id)
        yield Keyed(client, home, read, write, text)


def bearing(key: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize(("method", "path"), [*READS, *WRITES])
def test_without_a_key_nothing_but_health_and_the_page_is_had(keyed: Keyed, method: str, path: str) -> None:
    response = keyed.client.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="byline"'
    assert "API key" in response.text


@pytest.mark.parametrize("path", OPEN)
def test_health_and_the_page_need_no_key(keyed: Keyed, path: str) -> None:
    assert keyed.client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/livez/", "//livez", "/LIVEZ", "/livez/../v1/articles", "/static/", "/static/../v1/articles", "/read", ""]
)
def test_what_is_only_like_an_open_path_is_not_open(path: str) -> None:
    """The server routes a path as it stands, so it is compared as it stands."""
    assert scope_needed("GET", path) is keys.Scope.READ


@pytest.mark.parametrize(
    "path",
    ["/v1/ask/", "/v1/vector_stores/vs_byline/files", "/v1/vector_stores/a/b/search", "/v1/vector_stores//search"],
)
def test_a_post_that_is_only_like_a_question_may_change_something(path: str) -> None:
    assert scope_needed("POST", path) is keys.Scope.WRITE


@given(st.text(), st.text())
def test_every_method_and_path_has_its_need(method: str, path: str) -> None:
    needed = scope_needed(method, path)
    assert needed is keys.Scope.WRITE or method in {"GET", "HEAD", "OPTIONS"} or path == "/mcp"


@pytest.mark.parametrize(("method", "path"), READS)
def test_either_key_is_good_for_reading(keyed: Keyed, method: str, path: str) -> None:
    for key in (keyed.read, keyed.write):
        response = keyed.client.request(method, path, headers=bearing(key))
        assert response.status_code not in {401, 403, 429, 500, 503}, response.text


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_key_for_reading_changes_nothing(keyed: Keyed, method: str, path: str) -> None:
    response = keyed.client.request(method, path, headers=bearing(keyed.read), json={"text": "Words."})
    assert "--scope write" in str(refused(response, 403)["detail"])
    assert 'error="insufficient_scope", scope="write"' in response.headers["www-authenticate"]
    assert keyed.client.get("/v1/articles/new", headers=bearing(keyed.read)).status_code == 404


def test_a_key_for_writing_writes(keyed: Keyed) -> None:
    body = {"text": "A kite was seen."}
    assert keyed.client.put("/v1/articles/kite", json=body, headers=bearing(keyed.write)).status_code == 201
    assert keyed.client.delete("/v1/articles/kite", headers=bearing(keyed.write)).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        lambda key: {"authorization": f"Basic {key}"},
        lambda key: {"authorization": key},
        lambda _: {"authorization": "Bearer"},
        lambda key: {"authorization": f"Bearer {key} {key}"},
        lambda key: {"authorization": f"Bearer {key[:-1]}"},
        lambda key: {"authorization": f"Bearer {key.upper()}"},
        lambda key: [("authorization", f"Bearer {key}"), ("authorization", f"Bearer {key}")],
        lambda key: {"x-api-key": key},
        lambda key: {"cookie": f"key={key}"},
    ],
)
def test_a_right_key_in_a_wrong_place_is_none(keyed: Keyed, headers: object) -> None:
    assert callable(headers)
    refused(keyed.client.get("/v1/articles", headers=headers(keyed.write)), 401)
    refused(keyed.client.get("/v1/articles", params={"api_key": keyed.write, "key": keyed.write}), 401)


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_as_http_has_it(keyed: Keyed, kind: str) -> None:
    headers = {"authorization": f"{kind} {keyed.read}"}
    assert keyed.client.get("/v1/articles", headers=headers).status_code == 200


def test_revoking_takes_effect_at_the_next_request(tmp_path: Path) -> None:
    with salthaven(tmp_path) as client:
        key, text = create_key(tmp_path, "bot")
        for _ in range(3):
            assert client.post("/v1/search", json={"query": "crane"}, headers=bearing(text)).status_code == 200
        revoke_key(tmp_path, key.id)
        response = client.post("/v1/search", json={"query": "crane"}, headers=bearing(text))
        assert "revoked" in str(refused(response, 401)["detail"])
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
        # the last one is gone, and that opens nothing
        refused(client.post("/v1/search", json={"query": "crane"}), 401)


def test_loopback_is_open_until_the_first_key_and_elsewhere_nothing_is(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path / "local")) as client:
        assert client.get("/v1/articles").status_code == 200
        create_key(tmp_path / "local", "bot")
        refused(client.get("/v1/articles"), 401)
    with serving(fake_parts(tmp_path / "far"), host="0.0.0.0") as client:  # noqa: S104 - it is only told so
        refused(client.get("/v1/articles"), 401)
        assert client.get("/livez").status_code == 200
        _, text = create_key(tmp_path / "far", "bot")
        assert client.get("/v1/articles", headers=bearing(text)).status_code == 200
    asked, setting = tmp_path / "asked", tmp_path / "setting"
    for home, parts, keyless in ((asked, fake_parts(asked), True), (setting, fake_parts(setting, open=True), False)):
        with serving(parts, host="0.0.0.0", keyless=keyless) as client:  # noqa: S104 - as above
            assert client.get("/v1/articles").status_code == 200
            create_key(home, "bot")
            refused(client.get("/v1/articles"), 401)


def test_keys_that_cannot_be_read_let_nobody_in(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client:
        _, text = create_key(tmp_path, "bot")
        assert client.get("/v1/articles", headers=bearing(text)).status_code == 200
        away = KEYS.of(tmp_path).rename(tmp_path / "away")
        for headers in ({}, bearing(text)):
            response = client.get("/v1/articles", headers=headers)
            assert str(tmp_path) not in str(refused(response, 503))
            assert int(response.headers["retry-after"]) > 0
        assert client.get("/readyz").status_code == 200
        away.rename(KEYS.of(tmp_path))
        assert client.get("/v1/articles", headers=bearing(text)).status_code == 200


async def _no_body() -> Message:
    raise AssertionError("the body was read")


async def _passed_on(_: Scope, __: Receive, ___: Send) -> None:
    raise AssertionError("it was passed on")


def answered(check: AccessCheck, *headers: tuple[bytes, bytes], path: str = "/v1/ask") -> Message:
    """The head of the answer to a POST with these headers, whose body nobody may read."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers), "client": ("192.0.2.1", 5)}
    asyncio.run(check(scope, _no_body, send))
    return sent[0]


@pytest.fixture(scope="module")
def check(keyed: Keyed) -> AccessCheck:
    """The check alone, in front of what must not be reached."""
    rates = Rates(clock=lambda: 10**15)
    return AccessCheck(_passed_on, ring=KeyRing(keyed.home), rates=rates, default=Limit(0, 1), keyless=True)


@given(
    st.lists(st.tuples(st.sampled_from([b"authorization", b"x-api-key", b"content-length"]), st.binary()), max_size=4)
)
def test_whatever_stands_in_the_headers_is_refused_and_nothing_is_read(
    check: AccessCheck, headers: list[tuple[bytes, bytes]]
) -> None:
    assert answered(check, *headers)["status"] in {401, 429}


@given(st.binary().map(lambda tail: b"Bearer " + tail), st.text(max_size=20))
def test_whatever_stands_behind_bearer_is_refused_on_any_path(check: AccessCheck, told: bytes, path: str) -> None:
    assert answered(check, (b"authorization", told), path=f"/v1/{path}")["status"] in {401, 429}


@given(
    st.binary(max_size=200).map(lambda raw: raw.translate(None, b"\r\n")),
    st.sampled_from([b"Bearer ", b"bearer\t", b"", b"Bearer byline_"]),
)
def test_whatever_bytes_come_over_the_line_never_break_the_service(keyed: Keyed, told: bytes, kind: bytes) -> None:
    with socket.create_connection((keyed.client.base_url.host, keyed.client.base_url.port), timeout=10) as line:
        line.sendall(b"GET /v1/articles HTTP/1.1\r\nhost: localhost\r\nauthorization: " + kind + told + b"\r\n\r\n")
        # what is no HTTP at all the parser refuses
        assert line.recv(4096)[:13] in {b"HTTP/1.1 400 ", b"HTTP/1.1 401 ", b"HTTP/1.1 429 "}


def test_a_connection_with_a_long_body_to_come_is_closed_and_another_is_kept(keyed: Keyed) -> None:
    for headers, status, kept in (
        ("content-length: 40000000", "401", False),
        ("transfer-encoding: chunked", "401", False),
        (f"authorization: Bearer {keyed.read}\r\ncontent-length: 40000000", "403", False),
        ("content-length: 2", "401", True),
    ):
        host, port = keyed.client.base_url.host, keyed.client.base_url.port
        with socket.create_connection((host, port), timeout=10) as line:
            line.sendall(f"PUT /v1/articles/a HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n\r\n".encode())
            # of the body nothing is sent, and the answer comes all the same
            head = line.recv(4096).decode()
            assert head.startswith(f"HTTP/1.1 {status} ")
            assert ("connection: close" not in head.lower()) == kept
