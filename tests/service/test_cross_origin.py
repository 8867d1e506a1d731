"""Pages of other origins: none may read anything unless its origin is set, and then refusals too."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.keys.store import create_key
from service.settings import SettingsError, load_settings
from tests.fakes import fake_parts
from tests.service.conftest import salthaven
from tests.service.serving import serving

PAGE = "https://news.example"
ASKING = {
    "origin": PAGE,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization,content-type,x-stainless-os",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A server with an origin set, and its key."""
    home = tmp_path_factory.mktemp("home")
    with salthaven(home, cors_origins=(PAGE, "http://localhost:3000")) as found:
        yield found, create_key(home, "page")[1]


def allowed(response: httpx.Response) -> str | None:
    found: str | None = response.headers.get("access-control-allow-origin")
    return found


def test_the_pages_of_a_set_origin_may_use_mcp_too(client: tuple[httpx.Client, str]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    head = {"authorization": f"Bearer {client[1]}", "accept": "application/json, text/event-stream"}
    for origin, status in ((PAGE, 200), ("https://other.example", 403)):
        answer = client[0].post("/mcp", json=body, headers={**head, "origin": origin})
        assert answer.status_code == status, answer.text


def test_a_page_may_ask_whether_it_may_call_without_a_key(client: tuple[httpx.Client, str]) -> None:
    response = client[0].options("/v1/articles/a", headers=ASKING)
    assert response.status_code == 200
    assert allowed(response) == PAGE
    assert "PUT" in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in response.headers


def test_a_page_can_read_answers_and_every_refusal(client: tuple[httpx.Client, str]) -> None:
    found, key = client
    bearer = {"origin": PAGE, "authorization": f"Bearer {key}"}
    for expected, response in {
        200: found.post("/v1/search", json={"query": "crane"}, headers=bearer),
        401: found.post("/v1/search", json={"query": "crane"}, headers={"origin": PAGE}),
        403: found.delete("/v1/articles/harbour", headers=bearer),
        404: found.get("/v1/articles/nothing", headers=bearer),
        413: found.post("/v1/ask", content=b"x" * (1 << 21), headers=bearer),
        421: found.get("/v1/articles", headers={**bearer, "host": "evil.example"}),
        422: found.post("/v1/ask", json={}, headers=bearer),
    }.items():
        assert response.status_code == expected
        assert allowed(response) == PAGE
        assert "Retry-After" in response.headers["access-control-expose-headers"]
        assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://news.example", "https://news.example:8443", "https://news.example.evil", "null"],
)
def test_a_page_of_another_origin_reads_nothing(client: tuple[httpx.Client, str], origin: str) -> None:
    found, key = client
    headers = {"origin": origin, "authorization": f"Bearer {key}"}
    assert allowed(found.post("/v1/search", json={"query": "crane"}, headers=headers)) is None
    preflight = found.options("/v1/search", headers={**ASKING, "origin": origin})
    assert preflight.status_code == 400
    assert allowed(preflight) is None


def test_no_page_reads_anything_unless_it_is_set(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as found:
        assert allowed(found.get("/v1/articles", headers={"origin": PAGE})) is None
        assert found.options("/v1/articles", headers=ASKING).status_code == 405
        create_key(tmp_path, "bot")
        assert found.options("/v1/articles", headers=ASKING).status_code == 401


def test_origins_are_set_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_CORS_ORIGINS", f"{PAGE}, http://localhost:3000,http://[::1]:8080")
    assert load_settings().cors_origins == (PAGE, "http://localhost:3000", "http://[::1]:8080")


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "https://*.example",
        "news.example",
        f"{PAGE}/",
        "HTTPS://NEWS.EXAMPLE",
        f"{PAGE}:443",
        f"{PAGE},",
        "null",
        "ftp://news.example",
        "https://user@news.example",
        '["https://news.example"]',
    ],
)
def test_what_no_browser_sends_is_refused_by_name(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYLINE_CORS_ORIGINS", value)
    with pytest.raises(SettingsError, match=r"^BYLINE_CORS_ORIGINS: "):
        load_settings()


@pytest.mark.parametrize(("name", "value"), [("OPEN", "maybe"), ("KEY_RATE", "-1"), ("KEY_RATE", "1000001")])
def test_the_other_settings_of_access_are_checked(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"BYLINE_{name}", value)
    with pytest.raises(SettingsError, match=f"^BYLINE_{name}: "):
        load_settings()
