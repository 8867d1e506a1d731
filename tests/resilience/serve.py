"""`python -m tests.resilience.serve HOME`: the HTTP service around an encoder without a model, to be killed.

It prints its address when it takes connections, and serves until it is ended. Indexes are built by processes of their
own, as `byline serve` with several workers has it, or in threads.
"""

import socket
import sys
from pathlib import Path

from service.compose import Parts
from service.http.serving import run
from tests.fakes import fake_settings
from tests.resilience.collection import ENCODER


def main() -> None:
    """Serves."""
    home, in_other_process = Path(sys.argv[1]), sys.argv[2] == "processes"
    settings = fake_settings(home, max_tokens=24, overlap_tokens=0, threads=1, key_rate=0, write_wait_seconds=20.0)
    parts = Parts(settings, encoder=lambda _: ENCODER, in_other_process=in_other_process)
    listener = socket.create_server(("127.0.0.1", 0))
    address = "http://{}:{}".format(*listener.getsockname()[:2])

    def tell() -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()

    run(parts, host="127.0.0.1", listener=listener, on_start=tell)


if __name__ == "__main__":
    main()
