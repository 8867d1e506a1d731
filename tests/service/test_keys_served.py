"""`byline serve --workers 2` with keys: revoking and rates hold in all processes, and no key is found anywhere."""

import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from service.keys.key import Scope, new_key
from service.keys.limit import Limit
from service.keys.store import create_key, revoke_key
from tests.service.cli_runs import BYLINE, environment

pytestmark = [pytest.mark.model, pytest.mark.server]


@contextmanager
def served(home: Path, *, log: Path, workers: int = 2) -> Iterator[str]:
    """The address of a service with its log in a file."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*BYLINE, "--home", str(home), "serve", "--port", "0", "--workers", str(workers)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(),
        )
    assert process.stdout is not None
    said = ""
    try:
        while not (address := re.search(r"is ready: (http://127\.0\.0\.1:\d+)", said)):
            line = process.stdout.readline()
            assert line, f"it ended after saying: {said}{log.read_text()}"
            said += line
        yield address.group(1)
    finally:
        process.send_signal(signal.SIGTERM)
        said += process.stdout.read()
        process.wait(60)
        process.stdout.close()
        with log.open("a") as errors_too:
            errors_too.write(said)


@contextmanager
def connected(address: str, count: int = 16) -> Iterator[list[httpx.Client]]:
    """Clients with a connection each, so that both processes have some."""
    clients = [httpx.Client(base_url=address, timeout=30) for _ in range(count)]
    try:
        for client in clients:
            assert client.get("/readyz").status_code == 200
        yield clients
    finally:
        for client in clients:
            client.close()


def bearing(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_a_revoked_key_stops_at_the_next_request_in_all_processes(tmp_path: Path) -> None:
    with served(tmp_path, log=tmp_path / "log") as address, connected(address) as clients:
        for client in clients:
            assert client.get("/v1/articles").status_code == 200
        for _ in range(3):
            key, text = create_key(tmp_path, "bot", limit=Limit(0, 1))
            for client in clients:
                assert client.get("/v1/articles").status_code == 401
                assert client.get("/v1/articles", headers=bearing(text)).status_code == 200
            revoke_key(tmp_path, key.id)
            for client in clients:
                assert client.get("/v1/articles", headers=bearing(text)).status_code in {401, 429}


def test_a_rate_holds_over_all_processes_together(tmp_path: Path) -> None:
    _, text = create_key(tmp_path, "bot", limit=Limit(1, 20))
    with served(tmp_path, log=tmp_path / "log") as address, connected(address) as clients:
        statuses = [client.get("/v1/articles", headers=bearing(text)).status_code for client in clients * 4]
        assert statuses[:20] == [200] * 20
        # a minute gains one more, and the machine may be slow
        assert statuses[20:].count(200) <= 1
        assert set(statuses) == {200, 429}


def test_a_canary_is_found_in_no_log_error_database_or_document(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    (_, read), (_, write) = (create_key(home, "canary", scope=scope, limit=Limit(0, 1)) for scope in Scope)
    key, revoked = create_key(home, "canary", scope=Scope.WRITE)
    revoke_key(home, key.id)
    unknown = new_key()[1]
    bodies: list[bytes] = []
    with served(home, log=log, workers=1) as address, httpx.Client(base_url=address, timeout=30) as client:

        def sent(*arguments: str, **options: object) -> int:
            response = client.request(*arguments, **options)  # type: ignore[arg-type] # as a test writes them
            told = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
            bodies.append(response.content + told.encode())
            return response.status_code

        assert sent("GET", "/openapi.json", headers=bearing(read)) == 200
        article = {"text": "The harbour reopened on Tuesday."}
        assert sent("PUT", "/v1/articles/a", headers=bearing(write), json=article) == 201
        assert sent("PUT", "/v1/articles/b", headers=bearing(read), json=article) == 403
        assert sent("POST", "/v1/search", headers=bearing(read), json={"query": "harbour"}) == 200
        for canary in (read, write, revoked, unknown):
            for where in ({"headers": bearing(canary[:-1])}, {"params": {"api_key": canary}}):
                assert sent("GET", "/v1/articles", **where) in {401, 429}
            assert sent("POST", "/v1/chat/completions", headers=bearing(canary)) in {400, 401, 429}
            # in wrong places of requests that are let in
            told = bearing(read)
            assert sent("GET", "/v1/articles", headers=told, params={"api_key": canary, canary: "x"}) == 422
            assert sent("GET", f"/v1/articles/{canary}", headers=told) == 404
            assert sent("GET", "/v1/articles/a", headers=told, params={"revision": canary}) == 422
            assert sent("POST", "/v1/search", headers=told, json={canary: 1, "query": "x", "k": canary}) == 422
            assert sent("GET", f"/{canary}", headers=told) == 404
            assert sent("GET", "/v1/articles", headers={**told, "host": canary}) == 421
        for canary in (revoked, unknown):
            assert sent("GET", "/v1/articles", headers=bearing(canary)) in {401, 429}
        with closing(sqlite3.connect(home / "keys.sqlite3")) as keys:
            dump = "\n".join(keys.iterdump()).encode()
    logged = log.read_bytes()
    assert b"refused a request from 127.0.0.1" in logged
    files = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    assert len(files) > 2
    for canary in (read, write, revoked, unknown):
        # all but the last digit was sent too
        secret = canary.rpartition("_")[2][:-1]
        for found in (*bodies, logged, dump, *files):
            assert secret.encode() not in found.lower(), found[:2000]
            assert bytes.fromhex(secret[:-1]) not in found
