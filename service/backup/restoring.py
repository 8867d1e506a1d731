"""Restoring a backup: all of it is checked before anything is touched, and the library changes in one step."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import LibraryError
from corpus.library.database import Database
from corpus.library.moving.filing import put_file_back
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import OnProgress, contents_of
from corpus.library.sqlite.database import Sqlite, as_database
from indexing.checksum import file_sha256
from indexing.errors import IndexBroken
from indexing.generations.protocol import Generations
from indexing.generations.publishing import continued, publish
from indexing.generations.step import Step
from indexing.vectors.plan import Plan
from service.backup.errors import BackupBroken, BackupExists, BackupUnavailable
from service.backup.manifest import BackupManifest, read_manifest
from service.backup.replacing import bring_back
from service.feedback.copying import count_feedback, put_feedback_back
from service.feedback.errors import FeedbackError
from service.feedback.store import FEEDBACK


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoration did."""

    manifest: BackupManifest
    generation: int | None
    """The number of the generation that was made anew; None where the indexes that were there fit."""


def check_backup(folder: Path) -> BackupManifest:
    """Reads all of a backup and compares it with what it says of itself. Raises BackupBroken or BackupUnavailable."""
    bring_back(folder)
    manifest = read_manifest(folder)
    known = {schema.FILE_NAME, FEEDBACK.of(folder).name}
    if schema.FILE_NAME not in manifest.files or not known >= manifest.files.keys():
        raise BackupBroken(folder, "its manifest does not name a library")
    for name, expected in manifest.files.items():
        try:
            found = file_sha256(folder / name)
        except FileNotFoundError as error:
            raise BackupBroken(folder, f"{name} is missing") from error
        except OSError as error:
            raise BackupUnavailable(folder, f"{name} cannot be read: {error.strerror}") from error
        if found != expected.sha256:
            raise BackupBroken(folder, f"{name} is damaged: its checksum is not the one of the backup")
    try:
        contents = contents_of(folder / schema.FILE_NAME)
        said = count_feedback(folder) if FEEDBACK.of(folder).name in manifest.files else 0
    except (LibraryError, FeedbackError) as error:
        # what comes behind the cause is what to do about a library in use
        raise BackupBroken(folder, str(error).partition("; ")[0]) from error
    if (contents, said) != (manifest.library, manifest.feedback):
        raise BackupBroken(folder, "it holds something else than its manifest says")
    return manifest


def restore_backup(
    folder: Path,
    where: Path | Database,
    *,
    replace: bool = False,
    wait_seconds: float,
    plan: Plan,
    engine: Callable[[Callable[[], Library]], Generations] | None = None,
    on_progress: OnProgress = lambda _done, _total: None,
) -> Restored:
    """Makes the library and the feedback what they were. Feedback stays where the backup has none.

    A service that runs on it goes on with the former library until the moment of the change, and then with this one;
    in between it answers 503 while the indexes are made anew, where those that are there are of another history.
    `engine` gives what has the indexes where the folder has not; it is brought up to date, or filled anew.
    No encoder is run. API keys stay as they are. Until the change a crash leaves the former library.

    Raises BackupExists where there is a library and it is not to be replaced, BackupBroken, BackupUnavailable, a
    LibraryError, a FeedbackError, or whatever making the indexes raises; then the articles are restored.
    """
    manifest = check_backup(folder)
    database = as_database(where)
    home = database.home
    held = [name for name in manifest.files if name != schema.FILE_NAME and (home / name).exists()]
    if (home / schema.FILE_NAME).exists() if isinstance(database, Sqlite) else database.exists():
        held.insert(0, database.name)
    if held and not replace:
        raise BackupExists(home, f"{held[0]} is there already; --replace restores over it")
    put_file_back(database, folder / schema.FILE_NAME, wait_seconds=wait_seconds, on_progress=on_progress)
    if FEEDBACK.of(folder).name in manifest.files:
        put_feedback_back(folder, home)
    library = Library(database)
    try:
        if engine is not None:
            generations = engine(lambda: library)
            generations.carry_out(Step.REBUILD, library, wait_seconds=wait_seconds, in_other_process=False)
            current = generations.current()
            generation = None if current is None else current.number
        else:
            generation = None if _fits(library) else publish(library, wait_seconds=wait_seconds, plan=plan).number
    finally:
        library.close()
    return Restored(manifest, generation)


def _fits(library: Library) -> bool:
    """Whether the indexes that are there are of this history."""
    try:
        with library.snapshot() as snapshot:
            return continued(library.home, snapshot) is not None
    except IndexBroken:
        return False
