"""What a process may take that reads files of strangers: memory, processor time, files, and no network."""

import contextlib
import math
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

_OPEN_FILES = 32
"""Enough for imports and the file that is read."""
_REFUSED = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.exec",
            "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn")  # fmt: skip
"""Python's own names of what no reader does, as its audit events have them."""
_STATM_DATA = 5
"""The field of /proc/self/statm that counts the pages of data and stack."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the reading of an article may take."""

    memory_mb: int = 256
    """All data of the process, the interpreter's own included. Linux holds it; macOS does not."""
    seconds: int = 10
    """Of a processor, and as long by the clock where the file is a regular one."""


def confine(bounds: Bounds) -> None:
    """Bounds this process for the rest of its life.

    It writes no file, starts no process and connects to nothing; more memory is a MemoryError. `more_time` begins the
    seconds of a processor that it has.
    """
    sys.dont_write_bytecode = True
    sys.addaudithook(_refuse)
    _lower(resource.RLIMIT_DATA, bounds.memory_mb << 20)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NPROC, 0)


def more_time(bounds: Bounds) -> None:
    """From now on the process has so many seconds of a processor, and is killed after them."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime) + bounds.seconds
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    soft = until if most == resource.RLIM_INFINITY else min(until, most)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, most))


def too_much_memory(bounds: Bounds) -> str:
    """Why an article is not read that takes more."""
    return f"reading it takes more than {bounds.memory_mb} MB of memory"


def has_grown(bounds: Bounds) -> bool:
    """Whether half of the memory is taken, so that the next file would not have what it may take."""
    with contextlib.suppress(OSError):
        # absent on macOS, where memory is not bounded either
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[_STATM_DATA])
        return pages * resource.getpagesize() > bounds.memory_mb << 19
    return False


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (least, least))


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if event in _REFUSED:
        raise PermissionError(f"a process that reads files does not do this: {event}")
