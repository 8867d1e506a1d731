"""What a backup says of itself: when it was made, what is in it, and the checksum of each of its files."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from corpus.library.records import Counts
from corpus.library.sqlite.copying import Contents
from service.backup.errors import BackupBroken, BackupUnavailable

FORMAT = 1
MANIFEST = "backup.json"


@dataclass(frozen=True, slots=True)
class Copied:
    """One file of a backup."""

    sha256: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What lies beside it in its folder."""

    made_at: datetime
    library: Contents
    feedback: int
    """How many entries; 0 where there is no file of feedback."""
    files: dict[str, Copied]
    """By name."""


def written(manifest: BackupManifest) -> str:
    """The manifest as its file holds it."""
    raw = {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    return json.dumps(raw, indent=1) + "\n"


def read_manifest(folder: Path) -> BackupManifest:
    """Raises BackupBroken for a folder that is no whole backup, BackupUnavailable if it cannot be read."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BackupBroken(folder, f"it is no backup: there is no {MANIFEST}") from error
    except UnicodeDecodeError as error:
        raise BackupBroken(folder, f"{MANIFEST} is damaged ({error})") from error
    except OSError as error:
        raise BackupUnavailable(folder, f"{MANIFEST} cannot be read: {error.strerror}") from error
    try:
        raw = json.loads(text)
        if raw.pop("format") != FORMAT:
            raise BackupBroken(folder, "it was made by another version of Byline, which can restore it")
        return _parsed(raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupBroken(folder, f"{MANIFEST} is damaged ({error})") from error


def _parsed(raw: dict[str, Any]) -> BackupManifest:
    library = raw["library"]
    return BackupManifest(
        made_at=datetime.fromisoformat(raw["made_at"]),
        library=Contents(**{**library, "counts": Counts(**library["counts"])}),
        feedback=int(raw["feedback"]),
        files={str(name): Copied(**one) for name, one in raw["files"].items()},
    )
