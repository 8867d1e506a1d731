"""A real PostgreSQL for tests: Debian's, in a folder of its own, reached by a socket in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlencode

import psycopg

from corpus.library.database import Database
from corpus.library.postgres.database import Postgres

_STARTING_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "60",
    # the machine stays up while tests run; those of durability ask for it
    "fsync": "off",
    "full_page_writes": "off",
}


def programs() -> Path | None:
    """The folder with PostgreSQL's programs, the newest if there are several; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if found:
        return found[-1]
    on_path = shutil.which("initdb")
    return None if on_path is None else Path(on_path).resolve().parent


class Server:
    """A server that its maker starts and stops. Ordered by a language, so that an order by code point is asked for."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count()
        self._port: str | None = None
        self._owner = _unprivileged()
        folder.chmod(0o700)
        if self._owner is not None:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        made = ("initdb", "-D", "data", "-U", "byline", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (folder / "initdb.log").open("wb") as log:
            self._begun(*made, "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en", log=log).wait()
        if not (folder / "data" / "PG_VERSION").exists():
            raise RuntimeError((folder / "initdb.log").read_text())

    def start(self, **settings: str) -> None:
        """Starts it and waits until it takes connections."""
        self._port = settings.get("port")
        chosen = {**_SETTINGS, "unix_socket_directories": str(self.folder), **settings}
        arguments = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "server.log").open("ab") as log:
            self._process = self._begun("postgres", "-D", "data", *arguments, log=log)
        deadline = time.monotonic() + _STARTING_SECONDS
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "server.log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, *, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it at once: its clients are cut off. SIGQUIT is as a crash."""
        if self._process is not None:
            self.thaw()
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stops the server and all of its processes where they are; the kernel goes on taking what they are sent."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets them go on."""
        self._tell(signal.SIGCONT)

    def _tell(self, what: signal.Signals) -> None:
        if self._process is None:
            return
        # the server itself first, so that it starts no other meanwhile
        own = self._process.pid
        for number in (own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())):
            with suppress(ProcessLookupError):
                os.kill(number, what)

    def address(self, name: str, **parts: str) -> str:
        """A database's address."""
        port = {} if self._port is None else {"port": self._port}
        given = {"host": str(self.folder), **port, **parts}
        return f"postgresql://byline@/{name}?{urlencode(given, quote_via=quote)}"

    def new_database(self) -> str:
        """The address of a database that nothing is in."""
        name = f"library{next(self._numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)

    def _begun(self, program: str, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        owner = self._owner
        return subprocess.Popen(
            [str(self._binaries / program), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, start_new_session=True,
            user=None if owner is None else owner.pw_uid, group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else (),
        )  # fmt: skip


class Places:
    """Where libraries are made, each by itself; in SQLite's files without a server."""

    def __init__(self, server: Server | None) -> None:
        self._server = server
        self.examples = 8 if server is None else 2
        """Of a long law: a server takes several times as long, for the same queries."""

    def new(self, home: Path) -> Path | Database:
        """A place that has no library yet, for a machine whose folder is `home`."""
        return home if self._server is None else Postgres(home, self._server.new_database())


@contextmanager
def running(binaries: Path, **settings: str) -> Iterator[Server]:
    """A server that is gone when the block ends."""
    # the path of a socket is short
    folder = Path(tempfile.mkdtemp(prefix="byline-pg-"))
    server = Server(folder, binaries)
    try:
        server.start(**settings)
        yield server
    finally:
        # nothing of it is needed any more
        server.stop(how=signal.SIGQUIT)
        shutil.rmtree(folder)


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom it runs as where the tests run as root, which it refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
