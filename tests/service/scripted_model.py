"""A language model's endpoint on a real socket, answering as the test's script says."""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Script = Callable[[list[dict[str, str]]], "Reply | str"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request gets; a plain str in its place is `Reply(text)`."""

    text: str | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Instead of a chat completion."""
    delay_seconds: float = 0
    """Before the first byte."""
    drip: Literal["nothing", "body", "all"] = "nothing"
    """What is sent a byte at a time, 20 a second; `all` begins with the status line."""
    hang_up: bool = False
    """Instead of any answer."""

    def head_and_body(self) -> tuple[bytes, bytes]:
        message = {"role": "assistant", "content": self.text, "refusal": self.refusal}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        completion = {"id": "scripted", "object": "chat.completion", "choices": [choice]}
        body = json.dumps(completion).encode() if self.body is None else self.body
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{k}: {v}" for k, v in (headers | dict(self.headers)).items())]
        return "\r\n".join([*lines, "", ""]).encode(), body


@dataclass(frozen=True, slots=True)
class Received:
    """One request that came in."""

    path: str
    headers: Headers
    body: Any


class ScriptedModel(ThreadingHTTPServer):
    """The endpoint; `requests` grows as they come in."""

    daemon_threads = False  # so that closing waits for what still answers
    request_queue_size = 64  # past the usual five, a caller among many would wait a second and try again

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[Received] = []
        self.errors: list[BaseException] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class's names
        if (error := sys.exception()) and not isinstance(error, ConnectionError):  # a caller may hang up
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if len(sent) < int(self.headers["Content-Length"]):  # a caller may hang up half-way
            return
        body = json.loads(sent)
        self.server.requests.append(Received(self.path, self.headers, body))
        scripted = self.server.script(body["messages"])
        reply = Reply(scripted) if isinstance(scripted, str) else scripted
        self.server.over.wait(reply.delay_seconds)
        if reply.hang_up:
            return
        head, content = reply.head_and_body()
        if reply.drip == "all":
            self._drip(head + content)
        else:
            self.wfile.write(head)
            (self._drip if reply.drip == "body" else self.wfile.write)(content)

    def _drip(self, content: bytes) -> None:
        for at in range(len(content)):
            self.wfile.write(content[at : at + 1])
            self.server.over.wait(0.05)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's names
        pass


@contextmanager
def scripted_model(script: Script) -> Iterator[ScriptedModel]:
    """An endpoint that asks `script` what to answer to the messages of each request. Raises what the script raised."""
    with ScriptedModel(script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
    for error in server.errors:
        raise error
