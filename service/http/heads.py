"""The head of a request: a bound on address and headers, which the parser takes at any length, and what it tells."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.http.problems import response

MAX_HEAD_BYTES = 64 * 1024
QUERY_BEGUN = "byline.query_begun"
"""Extension of a request's scope: there is a '?' in its address, be it with nothing behind it."""
_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def whole_answer(status: HTTPStatus, detail: str) -> bytes:
    """An error as it goes over the wire, for what never becomes a request; the connection is to be closed behind it."""
    answer = response(status, detail, headers=CLOSING)
    fields = b"".join(name + b": " + value + b"\r\n" for name, value in answer.raw_headers)
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() + fields + b"\r\n" + bytes(answer.body)


_SHORT_LENGTH = len("99999")
"""Digits of a body's length for which the connection is kept: the server then reads the body and drops it."""


CLOSING: Mapping[str, str] = MappingProxyType({"Connection": "close"})
"""Headers of a refusal behind which the server hangs up."""


def hangs_up(scope: Scope) -> bool:
    """Whether a refusal of a request whose body is not read is the last: where one may come that is long to read."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and len(value) > _SHORT_LENGTH)
        for name, value in scope["headers"]
    )


_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


def _without_upgrade(data: bytes) -> bytes:
    """A piece of a head with another name for its field `Upgrade`, of the same length.

    No protocol is offered to go over to, so the field is to be ignored (RFC 9110, 7.8), as Java's client sends it with
    every request. The parser would end there and drop the body.
    """
    return _UPGRADE.sub(b"\r\nx-grade:", data, count=1)


class BoundedHead(HttpToolsProtocol):
    """Answers 431 and hangs up when a head that has not ended is longer than the bound."""

    _in_head = True
    _received = _trailers = 0

    def data_received(self, data: bytes) -> None:
        """Counts what belongs to a head only."""
        expected = self._in_head
        if expected or not self.is_answering:
            data = _without_upgrade(data)
        super().data_received(data)
        if not self._in_head:
            return
        # of what a head begins with the piece that it begins in is not counted: the body before it may be in it, too
        self._received += len(data) if expected else 1
        if self._received > MAX_HEAD_BYTES and not self.transport.is_closing():
            if self.is_answering:
                # a pipelined one: what was written now would be taken for the answer to the request before
                self.cycle.keep_alive = False
                self.flow.pause_reading()
            else:
                said = f"address and headers are longer than {MAX_HEAD_BYTES:,} bytes"
                self.transport.write(whole_answer(_TOO_LARGE, said))
                self.transport.close()

    @property
    def is_answering(self) -> bool:
        """Whether a request is under way whose answer is not complete."""
        return self.cycle is not None and not self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is uvicorn's, and for every cause the same
        """Says as other errors do that the parser takes it for no request, which uvicorn says in plain text."""
        said = "this is no HTTP request: its method, its address, a header or a chunk of its body cannot be read"
        self.transport.write(whole_answer(HTTPStatus.BAD_REQUEST, said))
        self.transport.close()

    def on_message_begin(self) -> None:
        """Another request."""
        self._in_head, self._received, self._trailers = True, 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Fields behind a body, which nothing here reads and the parser would take without end, are counted as well."""
        if self._in_head:
            super().on_header(name, value)
            return
        self._trailers += len(name) + len(value)
        if self._trailers > MAX_HEAD_BYTES:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """From here on `BodyLimit` counts. An address that ends with its '?' is told apart by nothing else."""
        self._in_head = False
        if b"?" in self.url:
            self.scope["extensions"] = {QUERY_BEGUN: {}}
        super().on_headers_complete()
