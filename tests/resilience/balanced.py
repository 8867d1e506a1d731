"""nginx with the configuration of `deploy`, in front of replicas on this machine."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
_START_SECONDS = 20
_REPLICA = re.compile(r"\breplica-(\d):8000\b")


def why_not() -> str | None:
    """Why nothing can be tested with nginx here; None if it can."""
    return None if shutil.which("nginx") else "nginx is not installed (Debian's `nginx-light`)"


@contextmanager
def balanced(folder: Path, replicas: tuple[str, str]) -> Iterator[str]:
    """The address of an nginx in front of these two, each `host:port`; addresses and folders are the test's own."""
    port = free_port()
    file = folder / "nginx.conf"
    text = _REPLICA.sub(lambda found: replicas[int(found[1]) - 1], CONFIGURATION.read_text())
    text = text.replace("/tmp/", f"{folder}/")  # noqa: S108 - what the configuration says
    file.write_text(text.replace("listen 8080;", f"listen 127.0.0.1:{port};"))
    # a folder of a test is its user's alone
    user = " user root;" if os.geteuid() == 0 else ""
    command = ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(file), "-g", f"daemon off;{user}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + _START_SECONDS
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"nginx did not start: {checked(file)}")
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def checked(file: Path) -> str:
    """What nginx says of a configuration."""
    done = subprocess.run(
        ["nginx", "-t", "-e", "stderr", "-p", str(file.parent), "-c", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
