"""What a process has checked of a library, so that it does it once."""

from corpus.article import revision_name
from corpus.library.dialect import Connection, Dialect
from corpus.library.rows.agreement import check_agreement
from corpus.library.rows.checksums import RowDamaged

_MOST = 200_000
"""Revisions that are remembered: some 30 MB."""


class Verified:
    """Remembers revisions whose texts were compared, by number and name, as a restored library gives numbers anew.

    Safe to use from several threads: at worst a text is compared twice.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._agreed = False

    def check_agreement(self, connection: Connection, dialect: Dialect) -> None:
        """As `corpus.library.rows.agreement` says, once."""
        if not self._agreed:
            check_agreement(connection, dialect)
            self._agreed = True

    def has(self, number: int, sha256: str) -> bool:
        """Whether the text of this revision was compared before."""
        return self._names.get(number) == sha256

    def check(self, number: int, sha256: str, text: str, *, of: str) -> None:
        """Compares it, `of` being its article's id. Raises RowDamaged."""
        if self.has(number, sha256):
            return
        if revision_name(text) != sha256:
            raise RowDamaged(f"the text of article {of} is not its revision {sha256}")
        if len(self._names) >= _MOST:
            self._names.clear()
        self._names[number] = sha256
