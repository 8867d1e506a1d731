"""The real application on a real socket, in a thread of the test's process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from service.compose import Parts
from service.http.app import build_app
from service.http.connections import BoundedConnection
from service.keys.rates import Rates

_START_SECONDS = 20


@contextmanager
def serving(
    parts: Parts, *, host: str = "127.0.0.1", rates: Rates | None = None, keyless: bool = False
) -> Iterator[httpx.Client]:
    """A client whose base address is a server around these parts, on a free port of 127.0.0.1.

    It is told that it listens on `host`.
    """
    app = build_app(parts, host=host, rates=rates, keyless=keyless)
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=BoundedConnection, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
