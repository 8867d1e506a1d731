"""Numbered messages of any length over a socket between two processes of this program."""

import socket
import struct
from dataclasses import dataclass

_HEAD = struct.Struct(">Q?Q")


@dataclass(frozen=True, slots=True)
class Frame:
    """A message. An answer has the number of what it answers."""

    number: int
    body: bytes
    failed: bool = False
    """Whether the body says why there is no answer."""


def send(to: socket.socket, frame: Frame) -> None:
    """Raises OSError if the other end is gone. One thread at a time."""
    to.sendall(_HEAD.pack(frame.number, frame.failed, len(frame.body)))
    to.sendall(frame.body)


def received(on: socket.socket) -> Frame | None:
    """The next one; None when the other end is closed or gone, also in the middle of one."""
    head = _exactly(on, _HEAD.size)
    if head is None:
        return None
    number, failed, length = _HEAD.unpack(head)
    body = _exactly(on, length)
    return None if body is None else Frame(number, body, failed)


def _exactly(on: socket.socket, length: int) -> bytes | None:
    held = bytearray(length)
    rest = memoryview(held)
    while rest:
        try:
            count = on.recv_into(rest)
        except OSError:
            return None
        if not count:
            return None
        rest = rest[count:]
    return bytes(held)
