"""An HTTP/1.1 client of so little work that it can share two cores with the service it measures."""

import asyncio
import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from eval.errors import EvalError

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *\d+\r\n", re.IGNORECASE)
_STATUS = slice(9, 12)
_KEY = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked; on this machine, as a load on another one is an attack."""

    host: str
    port: int
    path: str
    key: str | None = field(default=None, repr=False)
    """Sent with each request, to a service that has API keys."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}{self.path}"

    def bodies(self, questions: Sequence[str], *, k: int) -> list[bytes]:
        """Requests of Byline's for these questions."""
        name = "question" if self.path.endswith("/ask") else "query"
        return [json.dumps({name: text, "k": k}).encode() for text in questions]

    def request(self, body: bytes) -> bytes:
        """A POST of a JSON body, as it stands on the wire."""
        key = "" if self.key is None else f"authorization: Bearer {self.key}\r\n"
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\n{key}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def target_of(url: str, *, key: str | None = None) -> Target:
    """Raises EvalError for what is no address, or not one of this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise EvalError(f"{url}: {error}") from error
    if parts.scheme != "http" or not local:
        raise EvalError(f"{url}: only http:// and loopback addresses, such as http://127.0.0.1:8000/v1/search")
    return Target(host, port, parts.path or "/", key)


def key_in(file: Path) -> str:
    """The API key that a file holds and nothing else. Raises EvalError, without what it holds."""
    try:
        key = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not ASCII"
        raise EvalError(f"{file}: {reason}") from error
    # nothing that would begin another header
    if not _KEY.fullmatch(key):
        raise EvalError(f"{file}: it must hold one API key, as `byline keys create` prints it")
    return key


@dataclass(frozen=True, slots=True)
class Answered:
    """The end of one request."""

    due: float
    """When the request was due, by the loop's clock."""
    status: int
    """0 for a connection that broke."""
    says_when: bool
    """Whether it has a Retry-After."""
    kept: bool
    """Whether the connection takes another request."""


class Connection(asyncio.Protocol):
    """Sends one request after the other and tells of each answer. Answers must state their length."""

    def __init__(self, answered: Callable[["Connection", Answered], None]) -> None:
        self._answered = answered
        self._transport: asyncio.Transport | None = None
        self._due: float | None = None
        self._received = self._head = b""
        self._missing = -1
        """Bytes of the answer that are yet to come; -1 before its head is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._transport = transport

    @property
    def closed(self) -> bool:
        """Whether it takes no more requests, as when the service closed what was idle for long."""
        return self._transport is None or self._transport.is_closing()

    def send(self, due: float, request: bytes) -> None:
        """Sends a request; only when the one before was answered."""
        self._due = due
        if self._transport is None or self.closed:
            self._end(0, kept=False)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Notes a part of an answer; most answers come in one or two."""
        if self._missing >= 0:
            self._missing -= len(data)
        else:
            self._received += data
            at = self._received.find(_HEAD_END)
            if at < 0:
                return
            head = self._received[: at + 2]
            length = _LENGTH.search(head)
            if length is None:
                self.close()
                return
            self._missing = int(length[1]) - (len(self._received) - at - len(_HEAD_END))
            self._head = head
        if self._missing <= 0:
            retry = _RETRY_AFTER.search(self._head) is not None
            self._end(int(self._head[_STATUS]), kept=not _CLOSES.search(self._head), says_when=retry)

    def connection_lost(self, _: Exception | None) -> None:
        """A request that waits for its answer has failed."""
        if self._due is not None:
            self._end(0, kept=False)

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()

    def _end(self, status: int, *, kept: bool, says_when: bool = False) -> None:
        due, self._due, self._received, self._missing = self._due, None, b"", -1
        if due is not None:
            self._answered(self, Answered(due, status, says_when, kept))
