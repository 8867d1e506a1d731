"""`byline serve` as a process of its own, for figures of what it costs and how much it answers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.errors import EvalError

_READY = re.compile(r"is ready: (http://\S+)")
_END_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Served:
    """A running service."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self.process.pid

    def end(self, *, seconds: float) -> int:
        """Tells it to end, and gives its exit status. Raises EvalError if it has not ended after so many seconds."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise EvalError(f"the service did not end within {seconds:.0f} seconds") from error

    def processes(self) -> list[int]:
        """All of its processes. Linux only."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def processor_seconds(self) -> float:
        """What all of its processes have used so far. Linux only."""
        # the name in front may hold spaces; of what is behind it, fields 11 and 12 are user and system time
        told = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.processes())
        return sum(int(fields[11]) + int(fields[12]) for fields in told) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Of all of its processes together, what they share counted once (PSS). Linux only."""
        found = (
            re.search(r"Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text()) for pid in self.processes()
        )
        return sum(int(one[1]) for one in found if one) / 1024


@contextmanager
def served(home: Path, *, workers: int, settings: Mapping[str, str], port: int = 0) -> Iterator[Served]:
    """A service on this port or a free one, ended with the block; `settings` are variables.

    Raises EvalError if it does not start.
    """
    variables = [f"{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "service.cli.main", "--home", str(home)]
    with subprocess.Popen(  # noqa: S603 - our own service
        ["env", *variables, *command, "serve", "--port", str(port), "--workers", str(workers)],  # noqa: S607 - POSIX has it
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            lines = process.stdout or ()
            address = next((found[1] for line in lines if (found := _READY.search(line))), None)
            if address is None:
                raise EvalError("the service did not start")
            yield Served(address, process)
        finally:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            finally:
                process.kill()
