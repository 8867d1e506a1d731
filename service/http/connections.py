"""A connection that waits for nobody for ever: not for a head, and not for a client that does not read."""

import asyncio
from http import HTTPStatus
from typing import ClassVar

from service.http.heads import BoundedHead, whole_answer


class BoundedConnection(BoundedHead):
    """Hangs up on who sends half a head, or reads no more of an answer that does not fit into the kernel's buffers.

    At the end of the service it takes one more request, as its client may have sent that already: closing at once
    would leave it unanswered, though it was received.
    """

    HEAD_SECONDS: ClassVar[float] = 20.0
    """From the first byte of a head, or the opening of the connection, to the head's last."""
    STALL_SECONDS: ClassVar[float] = 30.0
    """In which a client has to read something of what waits for it."""
    LAST_SECONDS: ClassVar[float] = 0.3
    """For which an idle connection is kept open at the end of the service."""

    _head_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None
    _is_last = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's is typed
        """The first head is waited for from here on."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """A head that comes in one piece, as nearly all do, costs no timer."""
        super().data_received(data)
        if self.is_answering:
            self._cancel_head_timer()
        elif self._head_timer is None:
            # whatever else it was that came, uvicorn does not wait for the next head any more
            self._await_head()

    def on_headers_complete(self) -> None:
        """Where the service ends, this request is the connection's last."""
        super().on_headers_complete()
        if self._is_last:
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        """More waits for the client than it reads."""
        super().pause_writing()
        self._await_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        self._cancel_stall_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._cancel_head_timer()
        self._cancel_stall_timer()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Closes after the present request, or else after one that comes very soon."""
        self._is_last = True
        if self.is_answering:
            self.cycle.keep_alive = False
        else:
            self.loop.call_later(self.LAST_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not self.is_answering:
            self.transport.close()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.HEAD_SECONDS, self._head_late)

    def _head_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        # who has said nothing yet expects no answer
        if self._received:
            self.transport.write(whole_answer(HTTPStatus.REQUEST_TIMEOUT, "the head did not come in time"))
        self.transport.close()

    def _await_reader(self, unread: int) -> None:
        self._stall_timer = self.loop.call_later(self.STALL_SECONDS, self._reader_late, unread)

    def _reader_late(self, before: int) -> None:
        unread = self.transport.get_write_buffer_size()
        if unread < before:
            self._await_reader(unread)
        else:
            # closing would wait for the client to read the rest
            self.transport.abort()

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cancel_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
