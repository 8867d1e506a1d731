"""Clients that never pause, and the account of what became of each of their requests."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from urllib.parse import urlsplit

_SECONDS = 60.0


class Fate(StrEnum):
    """What became of a request."""

    ANSWERED = "answered"
    """With a 2xx."""
    REFUSED = "refused"
    """With 503 and a Retry-After."""
    WRONG = "wrong"
    """With any other status."""
    LOST = "lost"
    """It was sent over a connection that was accepted, and no whole answer came."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to be sent."""

    method: str
    path: str
    body: bytes = b""
    article: str | None = None
    """The article that it stores."""

    def as_bytes(self) -> bytes:
        """As it stands on the wire."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        return f"{head}content-length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass(slots=True)
class Account:
    """Of all clients together."""

    fates: Counter[Fate] = field(default_factory=Counter)
    stored: set[str] = field(default_factory=set)
    """Articles whose storing was acknowledged."""
    details: list[str] = field(default_factory=list)
    """Of what was wrong or lost."""

    def add(self, sent: Sent, fate: Fate, detail: str = "") -> None:
        """Notes one."""
        self.fates[fate] += 1
        if fate is Fate.ANSWERED and sent.article is not None:
            self.stored.add(sent.article)
        if detail:
            self.details.append(f"{sent.method} {sent.path}: {detail}")


def questions(*, storing: str | None = None) -> Iterator[Sent]:
    """Searches without end; the second request, and every tenth from it, stores an article of an id that begins so."""
    for number in count():
        if storing is not None and number % 10 == 1:
            name = f"{storing}-{number}"
            body = json.dumps({"text": f"Ferry {number} of {storing} sank off the harbour wall."}).encode()
            yield Sent("PUT", f"/v1/articles/{name}", body, article=name)
        else:
            yield Sent(
                "POST", "/v1/search", json.dumps({"query": f"what sank off wall {number % 97}", "k": 5}).encode()
            )


async def client(address: str, requests: Iterator[Sent], account: Account, *, goes_on: Callable[[], bool]) -> None:
    """Sends one request after the other, on one connection as long as it is kept, until no connection is to be had."""
    reader = writer = None
    try:
        while goes_on():
            if writer is None:
                parts = urlsplit(address)
                try:
                    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                except OSError:
                    # nobody listens any more, so nothing was accepted
                    return
            assert reader is not None
            sent = next(requests)
            try:
                writer.write(sent.as_bytes())
                async with asyncio.timeout(_SECONDS):
                    status, head = await _answer(reader)
            except (OSError, EOFError, TimeoutError) as error:
                account.add(sent, Fate.LOST, repr(error))
                writer.close()
                writer = None
                continue
            account.add(sent, *_fate(status, head))
            if b"\r\nconnection: close\r\n" in head.lower():
                writer.close()
                writer = None
    finally:
        if writer is not None:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), head


def _fate(status: int, head: bytes) -> tuple[Fate, str]:
    if 200 <= status < 300:
        return Fate.ANSWERED, ""
    if status == 503 and b"\r\nretry-after:" in head.lower():
        return Fate.REFUSED, ""
    return Fate.WRONG, f"status {status}"
