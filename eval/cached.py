"""Libraries that the evaluator makes for itself, kept in the cache as long as nothing that they depend on changes."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from corpus.errors import LibraryBroken, LibraryMismatch
from eval.collection import OpenParts, drafts_of, fill
from indexing.errors import IndexBroken
from indexing.own_code import code_digest
from service.compose import Parts
from service.settings import Settings

Prepare = Callable[[Parts], None]
"""Makes a library hold what it is to hold."""

_ABANDONED_SECONDS = 24 * 60 * 60


def cached_home(settings: Settings, names: Sequence[str]) -> Path:
    """The folder of the library with these names: another one for other settings, and for other code.

    Its last part stands for all code that reads, splits and stores, so that figures are of the code that is measured
    and not of what an earlier version left.
    """
    depends_on = [
        *names,
        settings.encoder,
        settings.encoder_backend,
        settings.encoder_precision,
        settings.max_tokens,
        settings.overlap_tokens,
        settings.vector_index,
        settings.vector_recall,
    ]
    return settings.cache / "eval" / hashlib.sha256(repr(depends_on).encode()).hexdigest()[:16] / _measured_code()


@contextmanager
def cached_library(
    settings: Settings, names: Sequence[str], *, prepare: Prepare, open_parts: OpenParts = Parts
) -> Iterator[Parts]:
    """The parts of the library with these names, after `prepare` made it hold what it should.

    One that cannot be used any more, broken or made by another encoder of that name, is made anew.
    """
    home = cached_home(settings, names)
    at_home = settings.in_sqlite(home)
    _remove_abandoned(home)
    if home.exists() and not _usable(at_home, open_parts):
        shutil.rmtree(home)
    with closing(open_parts(at_home)) as parts:
        prepare(parts)
        yield parts


@contextmanager
def indexed(
    settings: Settings,
    paths: Sequence[Path],
    *,
    leave_out: Sequence[Path] = (),
    open_parts: OpenParts = Parts,
    on_article: Callable[[], None] = lambda: None,
) -> Iterator[Parts]:
    """The parts of a library of exactly the articles of these files and folders.

    Raises BadCollection for an article that cannot be read: figures over a part of the articles mislead.
    """
    names = sorted(str(path.absolute()) for path in paths)
    with cached_library(
        settings,
        names,
        prepare=lambda parts: fill(parts, drafts_of(paths, leave_out), on_article=on_article),
        open_parts=open_parts,
    ) as parts:
        yield parts


def _usable(settings: Settings, open_parts: OpenParts) -> bool:
    try:
        with closing(open_parts(settings)) as parts, parts.index.reading():
            return True
    except (LibraryBroken, LibraryMismatch, IndexBroken):
        return False


def _remove_abandoned(home: Path) -> None:
    """Removes what other versions of the code left a day or longer ago."""
    if not home.parent.is_dir():
        return
    for other in home.parent.iterdir():
        if other != home and other.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
            shutil.rmtree(other)


@cache
def _measured_code() -> str:
    return code_digest()
