"""A disk that is full or read-only: the error is ours, nothing of the change is kept, and reading goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.library.reading import Library
from tests.corpus.test_library_samples import new_library, put

_FULL = """
import resource, sys
from pathlib import Path
from corpus.article import Article
from corpus.errors import LibraryUnavailable
from tests.corpus.test_library_samples import put
home = Path(sys.argv[1])
# no file may grow beyond this, which a write meets like the end of the disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    big = Article(id="big", text="word " * int(sys.argv[2]), title="t")
    put(home, Article(id="small", text="Fits well.", title="t"), big)
except LibraryUnavailable as error:
    sys.exit(0 if error.home == home else "the error names another folder")
sys.exit("nothing was raised")
"""

_READ_ONLY = """
import os, sys
from pathlib import Path
from corpus.article import Article
from corpus.errors import LibraryUnavailable
from corpus.library.reading import Library
from tests.corpus.test_library_samples import IDENTITY, make_library, put
os.chdir(sys.argv[1])  # the folders above may be closed to the user that this becomes
home = Path("library")
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for attempt in (
    lambda: put(home, Article(id="new", text="Not to be kept.", title="t")),
    lambda: make_library(home, IDENTITY, wait_seconds=5),
    lambda: make_library(home / "inner", IDENTITY, wait_seconds=5),
):
    try:
        attempt()
    except LibraryUnavailable:
        continue
    sys.exit("nothing was raised")
"""


def run(script: str, *arguments: object) -> None:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check_only_the_first_is_there(home: Path) -> None:
    with Library(home).snapshot() as snapshot:
        assert [summary.id for summary in snapshot.summaries()] == ["first"]
        assert snapshot.damage() == []
    put(home, Article(id="second", text="Room again.", title="t"))


@pytest.mark.parametrize(("words", "most_bytes"), [(200_000, 300_000), (10_000, 70_000)], ids=["early", "at commit"])
def test_a_write_that_meets_the_end_of_the_disk_raises_our_error_and_keeps_nothing(
    tmp_path: Path, words: int, most_bytes: int
) -> None:
    """SQLite holds a change in memory as long as it is small, and first writes when it is committed."""
    home = new_library(tmp_path / "library")
    put(home, Article(id="first", text="Was there before.", title="t"))
    run(_FULL, home, words, most_bytes)
    check_only_the_first_is_there(home)


def test_a_write_into_a_read_only_folder_raises_our_error_and_keeps_nothing(tmp_path: Path) -> None:
    home = new_library(tmp_path / "library")
    put(home, Article(id="first", text="Was there before.", title="t"))
    files = [home, *home.iterdir()]
    modes = [file.stat().st_mode for file in files]
    for file in files:
        file.chmod(0o555 if file.is_dir() else 0o444)
    try:
        run(_READ_ONLY, tmp_path)
    finally:
        for file, mode in zip(files, modes, strict=True):
            if file.exists():
                file.chmod(mode)
    check_only_the_first_is_there(home)
