"""Files that come with the project: compared with what they were before anything reads them."""

from pathlib import Path

from indexing.checksum import file_sha256
from indexing.errors import CarriedFileBroken


def check_carried(file: Path, *, sha256: str) -> None:
    """Raises CarriedFileBroken unless the file is there and is the one that is meant."""
    try:
        found = file_sha256(file)
    except OSError as error:
        raise CarriedFileBroken(file, f"it cannot be read ({error.strerror})") from error
    if found != sha256:
        raise CarriedFileBroken(file, f"it is damaged: its SHA-256 is {found}")
