"""Standard streams that whoever started the command closed: Python has None in their place."""

import errno
import sys
from typing import BinaryIO


def closed(stream: str, remedy: str) -> OSError:
    """The error of a stream that is needed; its message names the stream and what to do."""
    return OSError(errno.EBADF, f"it is closed; {remedy}", stream)


def standard_input() -> BinaryIO:
    """What comes in. Raises OSError where it is closed."""
    if sys.stdin is None:
        raise closed("standard input", "have something come in, be it /dev/null")
    return sys.stdin.buffer
