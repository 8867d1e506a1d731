"""What every measurement needs: the systems with their Pythons, the collection, and each system's index of it."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorpusError
from eval.bench.collection import Collection
from eval.bench.environments import Tell
from eval.bench.errors import SystemFailed
from eval.bench.figures import DISK, Figures
from eval.bench.process import Talk, folder_mb, talking
from eval.bench.systems import ADAPTERS, System
from eval.errors import EvalError
from indexing.errors import IndexingError
from indexing.own_code import code_digest

INDEX_SECONDS = 4 * 60 * 60.0
"""For the whole collection, which the slowest peer takes minutes for each thousand of."""
REPLY_SECONDS = 30 * 60.0
_COMPLETE = ".complete"


@dataclass(frozen=True, slots=True)
class Workplace:
    """One run's. Only one system works at a time."""

    systems: dict[System, Path]
    """In the order of their turns, each with its Python."""
    collection: Collection
    model: Path
    """The folder of the weights that all of them have."""
    version: str
    """Of those weights and of the settings that Byline's index depends on."""
    threads: int
    cache: Path
    figures: Figures
    tell: Tell

    @contextmanager
    def turn(self, system: System, *, at: str) -> Iterator[None]:
        """What the block cannot do is noted and left out."""
        self.tell(f"{system.name}: {at}")
        try:
            yield
        except SystemFailed as error:
            self.figures.note_failure(system.name, f"{at}: {error.reason}")
        except (CorpusError, IndexingError, EvalError) as error:
            self.figures.note_failure(system.name, f"{at}: {error}")
        except OSError as error:
            self.figures.note_failure(system.name, f"{at}: it ended ({error})")

    @contextmanager
    def talk(self, system: System) -> Iterator[Talk]:
        """A process with the system's adapter."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
            talking(
                system, python=self.systems[system], model=self.model, threads=self.threads, errors=errors
            ) as process,
        ):
            yield process

    def index_of(self, system: System) -> Path:
        """The system's index of the whole collection: kept in the cache, made anew for another version of it."""
        version = self.cache / "bench" / "indexes" / system.name / self._version_of(system)
        folder = version / self.collection.file.stem
        if not (folder / _COMPLETE).exists():
            for other in version.parent.glob("*"):
                if other != version:
                    shutil.rmtree(other)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            with self.talk(system) as process:
                process(
                    "index",
                    within=INDEX_SECONDS,
                    documents=str(self.collection.file),
                    first=None,
                    folder=str(folder),
                )
            (folder / _COMPLETE).write_text(str(folder_mb(folder)))
        self.figures.note(system.name, 0, DISK, float((folder / _COMPLETE).read_text()))
        return folder

    def in_turn(self, number: int) -> list[System]:
        """The systems in the order of one round, in which another one is the first each time."""
        systems = list(self.systems)
        first = number % max(1, len(systems))
        return systems[first:] + systems[:first]

    def _version_of(self, system: System) -> str:
        """Of all that decides what a system's index holds."""
        if system.pinned is None:
            made_by = code_digest(ADAPTERS)
        else:
            made_by = repr([file.read_bytes() for file in (system.pinned, system.adapter)])
        return hashlib.sha256(f"{self.version} {made_by}".encode()).hexdigest()[:12]


def prepared(work: Workplace) -> dict[System, Path]:
    """Each system's index of the collection; one that could not make its own is left out."""
    folders = {}
    for system in work.systems:
        with work.turn(system, at="indexing all passages"):
            folders[system] = work.index_of(system)
    return folders


def seconds_since(begun: float) -> float:
    """Of time.perf_counter."""
    return time.perf_counter() - begun
