"""One process that serves: the application on a socket until a signal ends it."""

import ctypes
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from service.compose import Parts
from service.http.app import build_app
from service.http.connections import BoundedConnection
from service.http.ending import DRAIN_SECONDS
from service.http.listening import SharingServer
from service.http.masking import without_keys
from service.keys.rates import Rates
from service.logs import configure

_SWITCH_SECONDS = 0.0005
"""For which one thread keeps another from running Python; 5 ms are the default. At 141 searches a second, 8 of 10 of
what two cores can do, the slowest 1 of 100 took 43 to 45 ms instead of 59 to 87."""
_MOST_FILES = 8192
"""Open at a time, connections included, where the system allows it. Shells often set 1024, which as many clients that
say nothing would use up until they are hung up on."""
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""
BACKLOG = 2048
"""Connections that wait to be taken; the kernel refuses more."""


def run(
    parts: Parts,
    *,
    host: str,
    listener: socket.socket,
    on_start: Callable[[], None],
    processes: int = 1,
    rates: Rates | None = None,
    keyless: bool = False,
) -> None:
    """Serves these parts on `host`, as one of so many processes that share `rates`, until SIGTERM or SIGINT.

    Requests under way are answered first, and SIGTERM ends the process with status 0. `on_start` is called when
    connections are taken. `keyless` serves all who reach the host as long as no key was made.
    """
    _use_one_arena()
    configure(parts.settings.log_format, questions=parts.settings.log_questions)
    for handler in logging.getLogger().handlers:
        handler.addFilter(without_keys)
    config = uvicorn.Config(
        build_app(parts, host=host, processes=processes, rates=rates, keyless=keyless),
        http=BoundedConnection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    _raise_limit_of_files()
    # what is loaded by now stays: going through it at each full collection would stop every question for 50 ms
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_SWITCH_SECONDS)
    # the server sends itself the signal that ended it once more, which is no failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # from here on connections wait instead of being refused
    listener.listen(BACKLOG)
    SharingServer(config, listener=listener, on_start=on_start).run()


def _raise_limit_of_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(_MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _use_one_arena() -> None:
    """Has all threads allocate memory from one place.

    By default each has an arena of its own, where what was freed is of no use to the others: while 400 articles were
    stored and 200 generations of indexes loaded, memory grew by 6 MB, and so by 1 MB.
    """
    # other C libraries have no such thing
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
