"""Making and restoring broken off, by a kill or a full disk: what was there stays, and the next try begins anew."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.errors import LibraryMissing
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from service.backup.making import make_backup
from service.backup.replacing import put_in_place
from service.backup.restoring import check_backup
from tests.service.backup.homes import ids, put, restored
from tests.service.cli_runs import ROOT

_KILLED = """
import os, signal, sys
from pathlib import Path
from corpus.library.sqlite import copying
from indexing.vectors.plan import BY_SIZE
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
copying._PAGES = 1
after = int(sys.argv[4])
def tell(done, total):
    if done >= after:
        os.kill(os.getpid(), signal.SIGKILL)
home, folder = map(Path, sys.argv[2:4])
if sys.argv[1] == "backup":
    make_backup(home, folder, replace=True, on_progress=tell)
else:
    restore_backup(folder, home, replace=True, wait_seconds=5, plan=BY_SIZE, on_progress=tell)
"""


def killed(what: str, home: Path, folder: Path, *, after: int) -> None:
    command = [sys.executable, "-c", _KILLED, what, str(home), str(folder), str(after)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_backup_that_is_killed_leaves_the_former_one_and_the_next_begins_anew(home: Path, backup: Path) -> None:
    put(home, "crane")
    killed("backup", home, backup, after=3)
    assert check_backup(backup).library.counts.articles == 2
    assert make_backup(home, backup, replace=True).library.counts.articles == 3
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_a_backup_that_was_being_replaced_when_the_process_was_killed_is_restored_all_the_same(
    home: Path, backup: Path
) -> None:
    former = backup.with_name(f".{backup.name}.former")
    backup.rename(former)
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]
    assert not former.exists()


def test_a_backup_that_cannot_get_its_name_leaves_it_to_the_former_one(home: Path, backup: Path) -> None:
    put(home, "crane")

    class Stubborn(type(backup)):  # type: ignore[misc]  # pathlib's own class for this system
        def rename(self, target: Path) -> Path:
            raise OSError(errno.EIO, f"{target} cannot be named")

    with pytest.raises(OSError, match="cannot be named"):
        put_in_place(Stubborn(backup.with_name("made")), backup)
    assert check_backup(backup).library.counts.articles == 2


@pytest.mark.parametrize("lost", [False, True])
def test_a_restoration_that_is_killed_leaves_the_former_library_or_none(
    home: Path, backup: Path, *, lost: bool
) -> None:
    put(home, "crane")
    if lost:
        schema.database(home).unlink()
    killed("restore", home, backup, after=5)
    if lost:
        with pytest.raises(LibraryMissing):
            Library(home)
    else:
        assert ids(home) == ["crane", "ferry", "harbour"]
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]


_FULL = """
import resource, signal, sys
from pathlib import Path
from corpus.errors import LibraryUnavailable
from indexing.vectors.plan import BY_SIZE
from service.backup.errors import BackupUnavailable
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
home, folder = map(Path, sys.argv[2:4])
try:
    if sys.argv[1] == "backup":
        make_backup(home, folder)
    else:
        restore_backup(folder, home, replace=True, wait_seconds=5, plan=BY_SIZE)
except (BackupUnavailable, LibraryUnavailable) as error:
    sys.exit(0)
sys.exit("nothing was raised")
"""


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_a_disk_that_fills_up_leaves_no_half_of_anything(home: Path, backup: Path, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "made" if what == "backup" else backup
    command = [sys.executable, "-c", _FULL, what, str(home), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "made").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert ids(home) == ["ferry", "harbour"]
