"""Damages copies of a home in every file, and tells what became of the answers.

`python -m tests.resilience.corruption COUNT [SEED]` prints a table; the exit status is 1 if an answer
was silently wrong.
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from corpus.errors import LibraryError
from indexing.errors import IndexBroken
from indexing.generations.manifest import CURRENT, FOLDER
from service.doctor.library import examine_library
from tests.resilience.observed import OURS, make_home, observed, parts_of

_OUTCOMES = ("detected", "harmless", "gone")


@dataclass(frozen=True)
class Damage:
    """What is done to one file."""

    file: str
    how: str
    detail: str


@dataclass
class Tally:
    """What became of damaged copies."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind of file, and `harmless`, `detected`, `gone` (a side file that is not there counts as never made)."""
    silent: list[str] = field(default_factory=list)
    rebuilt: int = 0


def damage(home: Path, rng: random.Random) -> Damage:
    """Damages one file of the home, drawn at random, in a way drawn at random."""
    files = sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock")
    # by kind first, or the many files of tantivy would be all that is drawn
    kinds = sorted({kind_of(home, path) for path in files})
    kind = rng.choice([*kinds, *["library.sqlite3"] * 6, *["library.sqlite3-wal"] * 2])
    path = rng.choice([path for path in files if kind_of(home, path) == kind])
    name = path.relative_to(home).as_posix()
    content = bytearray(path.read_bytes())
    how = rng.choice(["flip", "flip", "flip", "flip", "zeros", "cut", "swap", "empty", "delete"])
    if not content:
        how = "delete"
    detail = ""
    if how == "flip":
        at, bit = rng.randrange(len(content)), rng.randrange(8)
        content[at] ^= 1 << bit
        detail = f"byte {at} bit {bit}"
    elif how == "zeros":
        at = rng.randrange(0, len(content), 512)
        content[at : at + 512] = b"\x00" * len(content[at : at + 512])
        detail = f"bytes {at} on"
    elif how == "cut":
        at = rng.randrange(len(content))
        del content[at:]
        detail = f"to {at} bytes"
    elif how == "swap":
        other = rng.choice([one for one in files if one != path])
        content = bytearray(other.read_bytes())
        detail = f"with {other.relative_to(home).as_posix()}"
    elif how == "empty":
        content.clear()
    if how == "delete":
        path.unlink()
    else:
        path.write_bytes(content)
    return Damage(name, how, detail)


def kind_of(home: Path, path: Path) -> str:
    """The file's kind: what it is, whatever its generation or segment."""
    inside = path.relative_to(home)
    if inside.parts[0] != "indexes" or len(inside.parts) == 2:
        return inside.name
    return inside.name if inside.name == "manifest.json" else "/".join(inside.parts[-2:-1]) + " index"


def run(template: Path, *, count: int, seed: int, on_one: Callable[[], object] = lambda: None) -> Tally:
    """Damages `count` copies, one at a time."""
    rng, tally = random.Random(seed), Tally()
    with copied(template) as home:
        expected = observed(home)
    with copied(template) as home:
        # without a pointer nothing was published, and everything is searched from the library; BM25 then counts only
        # the passages that are searchable, and not those that are gone and still in a part
        (home / FOLDER / CURRENT).unlink()
        unpublished = observed(home)
    assert not any(isinstance(value, Exception) for value in [*expected.values(), *unpublished.values()])
    for _ in range(count):
        with copied(template) as home:
            done = damage(home, rng)
            pointed = (home / FOLDER / CURRENT).exists()
            _judge(home, done, expected if pointed else unpublished, tally)
        on_one()
    return tally


def _judge(home: Path, done: Damage, expected: dict[str, object], tally: Tally) -> None:
    kind = kind_of(Path(), Path(done.file))
    try:
        found = observed(home)
    except Exception as error:  # noqa: BLE001 - one that is not ours is what is looked for
        tally.silent.append(f"{done}: {type(error).__name__}: {error}")
        return
    differing = {name: value for name, value in found.items() if value != expected[name]}
    wrong = {name: value for name, value in differing.items() if not isinstance(value, OURS)}
    gone = done.how == "delete" and done.file.startswith(("keys.", "feedback."))
    if wrong and not gone:
        tally.silent.append(f"{done}: {list(wrong)[:4]}: {str(next(iter(wrong.values())))[:300]}")
        return
    outcome = "gone" if wrong else "detected" if differing else "harmless"
    tally.outcomes[kind, outcome] += 1
    if any(isinstance(value, IndexBroken) for value in differing.values()):
        _rebuild(home, done, expected, tally)


def _rebuild(home: Path, done: Damage, expected: dict[str, object], tally: Tally) -> None:
    """Where only the indexes are damaged, making them anew brings every answer back."""
    try:
        with closing(parts_of(home)) as parts:
            parts.rebuild()
    except LibraryError:
        if done.file.startswith("indexes/"):
            tally.silent.append(f"{done}: cannot be rebuilt")
        return
    anew = observed(home)
    if any(isinstance(value, LibraryError) for value in anew.values()):
        return
    with closing(parts_of(home)) as parts:
        sound = all(finding.sound for finding in examine_library(parts))
    # scores of the one part that there is now differ a little from those of several
    same = {name for name in expected if name.startswith(("article", "list", "counts", "keys", "feedback"))}
    if not sound or any(anew[name] != expected[name] for name in same):
        tally.silent.append(f"{done}: rebuilt, and not as it was")
    else:
        tally.rebuilt += 1


@contextmanager
def copied(template: Path) -> Iterator[Path]:
    """A copy that is gone when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        yield shutil.copytree(template, Path(folder) / "home")


def main() -> int:
    """Prints how many were detected or harmless, by kind of file, and each that was neither."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        tally = run(make_home(Path(folder) / "home"), count=count, seed=seed)
    for kind in sorted({kind for kind, _ in tally.outcomes}):
        told = {outcome: tally.outcomes[kind, outcome] for outcome in _OUTCOMES}
        sys.stdout.write(f"{kind:24} " + "  ".join(f"{number:5} {what}" for what, number in told.items()) + "\n")
    of = {what: sum(n for (_, outcome), n in tally.outcomes.items() if outcome == what) for what in _OUTCOMES}
    sys.stdout.write(
        f"{count} damaged copies, seed {seed}: {of['detected']} detected, {of['harmless']} harmless, {of['gone']} with "
        f"keys or feedback gone, {len(tally.silent)} silent; {tally.rebuilt} rebuilt from the library\n"
    )
    sys.stdout.writelines(f"SILENT {one}\n" for one in tally.silent)
    return 1 if tally.silent else 0


if __name__ == "__main__":
    sys.exit(main())
