"""The HTTP service as a process under test: an acknowledgement is a 2xx, and several requests are under way at once."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx

from corpus.own_process import module_environment
from service.keys.key import Scope
from service.keys.store import create_key
from tests.resilience.ledger import Ledger
from tests.resilience.operations import Kind, Operation, Version, Words
from tests.resilience.workers import ROOT

_LONGEST_SECONDS = 0.8
_CLIENTS = 3


def serve_and_kill(home: Path, random: Random, ledger: Ledger, words: Words, *, ids: list[str]) -> list[str]:
    """Starts the service, checks that it serves what was acknowledged, has clients change that, and kills it meanwhile.

    Returns what was wrong.
    """
    key = Operation(Kind.KEY, subject=words.next())
    ledger.begin(key)
    # once there are keys, which the other processes make, requests need one
    _, text = create_key(home, key.subject, scope=Scope.WRITE)
    ledger.acknowledge(key)
    clients = _Clients(ledger, words, {"Authorization": f"Bearer {text}"})
    with _service(home, random.choice(["processes", "threads"])) as (process, address):
        if not address:
            return [f"the service did not start: status {process.wait()}"]
        with clients.client(address) as client:
            clients.wrong += _served_wrong(client, ledger)
        killer = threading.Timer(random.uniform(0, _LONGEST_SECONDS), process.kill)
        threads = [
            threading.Thread(target=clients.change, args=(address, Random(random.random()), ids[number::_CLIENTS]))
            for number in range(_CLIENTS)
        ]
        for thread in (killer, *threads):
            thread.start()
        for thread in (killer, *threads):
            thread.join()
    return clients.wrong


class _Clients:
    """What several clients have of each other: the ledger, of which each alone changes some articles."""

    def __init__(self, ledger: Ledger, words: Words, headers: dict[str, str]) -> None:
        self._ledger = ledger
        self._words = words
        self._headers = headers
        self._lock = threading.Lock()
        self.wrong: list[str] = []

    def client(self, address: str) -> httpx.Client:
        """Speaks to the service with the key."""
        return httpx.Client(base_url=address, headers=self._headers, timeout=30)

    def change(self, address: str, random: Random, ids: list[str]) -> None:
        """One client; it ends with the service."""
        with self.client(address) as client:
            while True:
                with self._lock:
                    operation = self._drawn(random, ids)
                    self._ledger.begin(operation)
                try:
                    answer = _sent(client, operation)
                except httpx.TransportError:
                    return
                with self._lock:
                    if not answer.is_success:
                        self.wrong.append(f"answered {answer.status_code}: {answer.text[:200]}")
                        self._ledger.refused(operation)
                        return
                    self._ledger.acknowledge(operation)

    def _drawn(self, random: Random, ids: list[str]) -> Operation:
        here = sorted(self._ledger.present & set(ids))
        if here and random.random() < 0.25:
            return Operation(Kind.REMOVE, subject=random.choice(here))
        return Operation(Kind.PUT, (Version(random.choice(ids), self._words.next(), random.randint(1, 5)),))


@contextmanager
def _service(home: Path, how: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.resilience.serve", str(home), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=module_environment(),
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _sent(client: httpx.Client, operation: Operation) -> httpx.Response:
    if operation.kind is Kind.REMOVE:
        return client.delete(f"/v1/articles/{operation.subject}")
    (version,) = operation.versions
    body = {"text": version.article.text, "title": version.article.title}
    return client.put(f"/v1/articles/{version.article_id}", json=body)


def _served_wrong(client: httpx.Client, ledger: Ledger) -> list[str]:
    """Listing, texts, search and citations as clients get them."""
    try:
        listed = {line["id"] for line in _json(client.get("/v1/articles"))["articles"]}
        if listed != ledger.present:
            return [f"lost: listed are {sorted(listed)} and not {sorted(ledger.present)}"]
        there = [version for version in ledger.articles.values() if version is not None]
        return [wrong for version in there for wrong in _article_wrong(client, version)]
    except httpx.HTTPError as error:
        return [f"answered: {error!r}"]


def _article_wrong(client: httpx.Client, version: Version) -> Iterator[str]:
    if _json(client.get(f"/v1/articles/{version.article_id}"))["text"] != version.article.text:
        yield f"lost: {version.article_id} is not what was acknowledged"
    best = _json(client.post("/v1/search", json={"query": version.word}))["passages"][0]
    citation = {each: best[each] for each in ("article_id", "revision", "start", "end")} | {"quote": best["text"]}
    if best["article_id"] != version.article_id or not _json(client.post("/v1/verify", json=citation))["valid"]:
        yield f"lost: {version.word} finds {citation}"


def _json(answer: httpx.Response) -> Any:  # noqa: ANN401 - as JSON is
    """Raises HTTPError with all that was said."""
    if not answer.is_success:
        raise httpx.HTTPError(f"{answer.request.url} gave {answer.status_code}: {answer.text[:300]}")
    return answer.json()
