"""Processes under test as their parent sees them: started anew by exec, spoken to by pipes, and killed."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from corpus.own_process import module_environment
from tests.resilience.examining import Seen, seen_of

ROOT = Path(__file__).parents[2]


class Died(Exception):
    """The process ended before it answered."""


class Worker:
    """A child process that works on the library in `home`; `wait_seconds` is how long it waits for other writers."""

    def __init__(self, home: Path, *, wait_seconds: float = 20) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.resilience.child", str(home), str(wait_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            # one thread for each library that has some: what is tested is not how fast it is
            env={**module_environment(), "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"},
        )
        self.wrong: list[str] = []
        """What the process itself found wrong, or why it ended when nobody had killed it."""

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Returns when it has imported everything and has not opened anything. Raises Died."""
        self._answer({"ready"})

    def examine(self, words: list[str]) -> Seen:
        """Has it open the library and tell everything. Raises Died."""
        self._tell("examine", words)
        raw = self._answer({"seen"})[1]
        assert isinstance(raw, dict)
        return seen_of(raw)

    def upkeep(self, seed: int) -> None:
        """Has it build indexes in the background from now on. Raises Died."""
        self._tell("upkeep", seed)

    def do(self, operation: list[object]) -> bool:
        """Whether it acknowledged the operation; False where another process was writing. Raises Died."""
        self._tell("do", operation)
        return self._answer({"acknowledged", "busy"})[0] == "acknowledged"

    def kill(self) -> None:
        """Ends it with SIGKILL, whatever it is doing; from any thread."""
        self._process.kill()

    def close(self) -> None:
        """Ends it if it still runs, and waits for its end."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _tell(self, request: str, what: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([request, what]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._died() from error

    def _answer(self, kinds: set[str]) -> tuple[str, object]:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if not line.endswith("\n"):
                break  # a line that was cut off by the end of the process
            kind, what = json.loads(line)
            if kind in kinds:
                return kind, what
            self.wrong.append(f"{kind}: {what}")
        raise self._died()

    def _died(self) -> Died:
        status = self._process.wait()
        if status != -9:
            assert self._process.stderr is not None
            self.wrong.append(f"it ended by itself with status {status}: {self._process.stderr.read()[-2000:]}")
        return Died(status)
