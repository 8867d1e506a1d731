"""Which revisions' texts were compared with their names, so that a process does it once for each."""

import hashlib

from corpus.library.checksums import RowDamaged

_MOST = 200_000
"""Revisions that are remembered: some 30 MB."""


class Verified:
    """Remembers them by number and name: a restored library may give a number to another text.

    Safe to use from several threads: at worst a text is compared twice.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def has(self, number: int, sha256: str) -> bool:
        """Whether the text of this revision was compared before."""
        return self._names.get(number) == sha256

    def check(self, number: int, sha256: str, text: str) -> None:
        """Compares it. Raises RowDamaged."""
        if self.has(number, sha256):
            return
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise RowDamaged(f"the text of revision {sha256} is not what that names")
        if len(self._names) >= _MOST:
            self._names.clear()
        self._names[number] = sha256
