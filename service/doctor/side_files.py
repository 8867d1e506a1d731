"""What is checked alike of the SQLite files beside the library: that they are sound, and their owner's only."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from service.doctor.finding import Finding
from service.side_file import open_to_others


def examine_file(path: Path, damage: Sequence[str], *, of: str, absent: str, remedy: str) -> Iterator[Finding]:
    """The file of what `of` names, `damage` being what was found when it was opened.

    `absent` says what it means that there is none, which is nothing wrong.
    """
    made = int(path.exists())
    unit = "file" if made else f"files ({absent})"
    yield Finding(
        f"the file of {of} opens and is sound",
        promise=None,
        checked=made,
        unit=unit,
        problems=tuple(damage),
        remedy=remedy,
    )
    exposed = open_to_others(path)
    problems = tuple(f"others than its owner may use {file} (mode {file.stat().st_mode & 0o777:o})" for file in exposed)
    chmod = f"run `chmod 600 {shlex.join(map(str, exposed))}`"
    yield Finding(
        f"only its owner may read the file of {of}",
        promise=None,
        checked=made,
        unit=unit,
        problems=problems,
        remedy=chmod,
    )
