"""Making a backup: copied aside beside whoever writes, read back, synced, and only then given its name."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from corpus.durable import sync_tree
from corpus.errors import LibraryBroken, LibraryBusy, LibraryUnavailable
from corpus.library.database import WHAT_TO_DO, Database
from corpus.library.lock import exclusive
from corpus.library.moving.filing import copy_to_file
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import OnProgress, contents_of
from corpus.library.sqlite.database import as_database
from indexing.checksum import file_sha256
from service.backup.errors import BackupExists, BackupUnavailable
from service.backup.manifest import MANIFEST, BackupManifest, Copied, written
from service.backup.replacing import put_in_place
from service.feedback.copying import copy_feedback
from service.feedback.store import FEEDBACK

_LOCK = "backup.lock"


def make_backup(
    where: Path | Database, folder: Path, *, replace: bool = False, on_progress: OnProgress = lambda _done, _total: None
) -> BackupManifest:
    """Makes a folder that holds the library and the feedback, each as it is at one commit. Nobody waits for it.

    The library is a file of SQLite in it, wherever it is kept; a folder stands for the SQLite library in it.

    The indexes are not in it, which are made from the library, nor the API keys: a key that was revoked since would be
    good again. `replace` lets it take the place of a former backup, and of nothing else.

    Raises BackupExists, BackupUnavailable, a LibraryError or a FeedbackError; then there is no backup of this name, or
    the former one.
    """
    database = as_database(where)
    home, folder = database.home, folder.absolute()
    _check_place(folder, replace=replace)
    with _unfinished(folder) as aside:
        library = copy_to_file(database, aside, on_progress=on_progress)
        try:
            contents = contents_of(library)
        except LibraryBroken as error:
            # what was copied is what is there
            raise LibraryBroken(home, f"{error.reason}; {WHAT_TO_DO}") from error
        said = copy_feedback(home, aside)
        names = [schema.FILE_NAME] + [FEEDBACK.of(aside).name] * (said is not None)
        files = {name: Copied(file_sha256(aside / name), (aside / name).stat().st_size) for name in names}
        manifest = BackupManifest(datetime.now(UTC).replace(microsecond=0), contents, said or 0, files)
        # last, so that a folder without it is known to be unfinished
        (aside / MANIFEST).write_text(written(manifest), encoding="utf-8")
        sync_tree(aside)
        (aside / _LOCK).unlink()
        put_in_place(aside, folder)
    return manifest


def _check_place(folder: Path, *, replace: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MANIFEST).is_file():
        raise BackupExists(folder, "what is there is no backup, and is not replaced; name another folder")
    if not replace:
        raise BackupExists(folder, "a backup is there already; --replace puts the new one in its place")


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """An empty folder beside the one to be made, on the same disk; gone when the block ends."""
    aside = folder.with_name(f".{folder.name}.unfinished")
    try:
        # held while it is written, so that what a crash left is told from what another process is at
        with exclusive(aside, _LOCK, wait_seconds=0):
            for leftover in aside.iterdir():
                if leftover.name != _LOCK:
                    leftover.unlink()
            try:
                yield aside
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    except LibraryBusy as busy:
        raise BackupUnavailable(folder, f"another process makes this backup: {busy.owner}") from busy
    except OSError as error:
        raise BackupUnavailable(folder, f"it cannot be written: {error.strerror or error}") from error
    except LibraryUnavailable as error:
        if error.home == aside:
            raise BackupUnavailable(folder, f"it cannot be written: {error.reason}") from error
        raise
