"""A process that hands work to a Ray cluster for another one: `python -m indexing.spread.ray SOCKET TOLD`.

The only file that imports Ray, which ends its process without a word when the cluster is gone, prints, and takes
signals: none of that is to happen to the process that stores. Orders come over the socket and answers go back, in the
order in which they are ready.
"""

import contextlib
import json
import os
import shutil
import socket
import sys
import threading
from concurrent.futures import Future
from functools import partial
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from indexing.spread.frames import Frame, received, send
from indexing.spread.work import carried_out

_LOST = 5
"""Workers that one order may cost. They are lost with their machines, and not by what an order holds, as readers
have processes of their own; one that costs so many is not tried for ever."""
_OBJECTS_BYTES = 256 << 20
"""Orders and answers under way in a cluster of our own: some MB."""
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
"""Of each worker, as there are as many as processors."""


def main() -> None:
    """The process. The exit status is 1 where no cluster can be had, with the reason on standard error."""
    number, told = int(sys.argv[1]), json.loads(sys.argv[2])
    folder: str = told["folder"]
    # Ray adds the current folder to where workers look for modules: an empty one
    os.chdir(folder)
    with socket.socket(fileno=number) as parent:
        try:
            workers = _connected(told["address"], processes=told["processes"], folder=folder)
        except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
            sys.stderr.write(f"\n{' '.join(str(error).split())}\n")
            sys.exit(1)
        try:
            _serve(parent, workers=workers)
        finally:
            ray.shutdown()
            # the other process does so too, where this one ends otherwise
            shutil.rmtree(folder, ignore_errors=True)


def _connected(address: str | None, *, processes: int, folder: str) -> int:
    """Connects to a cluster, or starts one of so many processes here; how many orders it carries out at a time."""
    here: dict[str, Any] = {}
    if address is None:
        here = {"num_cpus": processes, "object_store_memory": _OBJECTS_BYTES, "_temp_dir": folder}
    ray.init(
        address=address or "local",
        log_to_driver=False,
        configure_logging=False,
        include_dashboard=None if address else False,
        runtime_env={"env_vars": _ENVIRONMENT},
        **here,
    )
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(found.get("CPU", 1)))


def _serve(parent: socket.socket, *, workers: int) -> None:
    """Until the parent closes the socket, or is gone."""
    sending = threading.Lock()
    send(parent, Frame(0, json.dumps({"workers": workers}).encode()))
    work = ray.remote(num_cpus=1, max_retries=_LOST)(carried_out)
    while (order := received(parent)) is not None:
        future = work.remote(order.body).future()
        future.add_done_callback(partial(_answer, parent, sending, order.number))


def _answer(parent: socket.socket, sending: threading.Lock, number: int, future: "Future[bytes]") -> None:
    try:
        frame = Frame(number, future.result())
    except RayTaskError as error:
        frame = Frame(number, f"a worker failed: {error.cause!r}".encode(errors="replace"), failed=True)
    except RayError as error:
        frame = Frame(number, " ".join(str(error).split()).encode(errors="replace"), failed=True)
    # nobody may wait any more
    with sending, contextlib.suppress(OSError):
        send(parent, frame)


if __name__ == "__main__":
    main()
