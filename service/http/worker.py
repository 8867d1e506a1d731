"""`python -m service.http.worker`: one of several serving processes, started by `service.http.workers` only.

It inherits the listening socket, the table of rates and a line to its parent: it says there when it takes connections,
and ends when the parent is gone. Settings come from the environment as everywhere, so nothing is pickled.
"""

import argparse
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

from corpus.errors import CorpusError
from indexing.errors import IndexingError
from service.keys.errors import KeysError
from service.settings import SettingsError, load_settings
from service.threads import limit_threads

READY = b"ready"


def main() -> None:
    """Serves until SIGTERM, SIGINT or the end of its parent. The exit status is 1 for an error that it knows."""
    parser = argparse.ArgumentParser(description="One of several serving processes.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--listener", type=int, required=True)
    parser.add_argument("--line", type=int, required=True)
    parser.add_argument("--rates", type=int, required=True)
    parser.add_argument("--keyless", action="store_true")
    arguments = parser.parse_args()
    listener, line = (socket.socket(fileno=number) for number in (arguments.listener, arguments.line))
    try:
        settings = load_settings(home=arguments.home)
        limit_threads(settings.threads)
        # imported only now: numerical libraries read the number of threads when they are loaded
        from service.compose import opened  # noqa: PLC0415
        from service.http.serving import run  # noqa: PLC0415
        from service.keys.rates import Rates  # noqa: PLC0415

        threading.Thread(target=_end_with_parent, args=(line,), name="parent", daemon=True).start()
        with opened(settings, tell=_tell, in_other_process=True) as parts:
            run(
                parts,
                host=arguments.host,
                listener=listener,
                on_start=lambda: line.sendall(READY),
                processes=arguments.processes,
                rates=Rates(arguments.rates),
                keyless=arguments.keyless,
            )
    except (CorpusError, IndexingError, KeysError, SettingsError, OSError) as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(1)


def _tell(said: str) -> None:
    sys.stderr.write(f"{said}\n")


def _end_with_parent(line: socket.socket) -> None:
    # nothing is ever sent this way: it ends with the parent, and with a reset where that had not read what was sent
    with suppress(OSError):
        line.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
