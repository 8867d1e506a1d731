"""How far a command has come: a bar on a terminal, and of `byline add` elsewhere a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from service.cli.pace import Pace

_TERMINAL_SECONDS = 0.1
_LINE_SECONDS = 30.0
_WIDE, _NARROW = 100, 80
"""Columns from which there is room for the bar, and below which there is none for the rate."""


class AddProgress:
    """Tells of progress on a console while it is entered. `total` is in bytes, None where it is not known."""

    def __init__(
        self, *, total: int | None, console: Console, quiet: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._console = console
        self._quiet = quiet
        self._clock = clock
        self._pace = Pace(clock=clock)
        self._articles = self._passages = self._read = 0
        name, told = TextColumn("{task.description}"), TextColumn("{task.fields[told]}")
        wide = (name, BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), told)
        columns = wide if console.width >= _WIDE else (name, TaskProgressColumn(), told)
        bar = Progress(*columns, console=console, transient=True)
        # one that cannot move back would show nothing
        moving = console.is_terminal and not console.is_dumb_terminal
        self._bar = bar if moving and not quiet else None
        self._task = bar.add_task("Adding", total=total, told="")
        self._every = _TERMINAL_SECONDS if self._bar else _LINE_SECONDS
        self._told = clock()

    def advance(self, *, read: int, passages: int) -> None:
        """One article more is stored, with so many passages; so many bytes in all were read up to it."""
        self._articles += 1
        self._passages += passages
        self._read = max(self._read, read)
        if self._quiet:
            return
        self._pace.note(read=self._read, passages=self._passages)
        now = self._clock()
        if now - self._told >= self._every:
            self._told = now
            self._tell()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def _tell(self) -> None:
        rate, left = self._pace.passages_per_second, self._pace.seconds_left(self._total)
        told = f"{self._articles:,} articles, {self._passages:,} passages"
        if rate is not None and (self._bar is None or self._console.width >= _NARROW):
            told += f", {rate:,.0f} passages/s"
        told += "" if left is None else f", {_clock_time(left)} left"
        if self._bar is None:
            self._console.print(f"adding: {told}")
        else:
            self._bar.update(self._task, completed=self._read, told=told)


@contextmanager
def copying_bar(*, console: Console, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, nothing elsewhere. It is told what is being done, how much of it is, and of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda now, done, total: progress.update(task, description=now, completed=done, total=total)


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
