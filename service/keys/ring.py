"""The keys as a serving process knows them: in memory, and read anew as soon as another process changed them."""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from service.keys.errors import KeysBroken, KeysUnavailable
from service.keys.key import Key, id_in
from service.keys.store import KEYS, read_keys
from service.side_file import connect

_WAIT_SECONDS = 1.0
"""While the file is only being made; after that who reads waits for nobody."""


class KeyRing:
    """Looks keys up for each request. Costs a system call and a look at SQLite's counter of changes, some 3 us.

    Used from one thread at a time.
    """

    def __init__(self, home: Path) -> None:
        self._path = KEYS.of(home)
        self._database: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._version = -1
        self._keys: Mapping[str, Key] | None = None

    @property
    def locked(self) -> bool:
        """Whether a key was ever made; also if all are revoked. Raises KeysBroken or KeysUnavailable.

        Once it is true it stays so: a file that is taken away or damaged opens nothing.
        """
        self._refresh()
        return self._keys is not None

    def find(self, text: str) -> Key | None:
        """The key that the text is, unless it is revoked or unknown. Raises KeysBroken or KeysUnavailable."""
        self._refresh()
        key_id = id_in(text)
        if key_id is None or self._keys is None:
            return None
        key = self._keys.get(key_id)
        if key is None or not key.is_made_from(text) or key.revoked_at is not None:
            return None
        return key

    def close(self) -> None:
        """Closes the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _refresh(self) -> None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - for every request, and Path.stat takes twice as long
        except FileNotFoundError:
            if self._keys is None:
                return
            raise KeysBroken(self._path, "the file is gone; put it back, or start the service again") from None
        except OSError as error:
            raise KeysUnavailable(self._path, error.strerror or str(error)) from error
        try:
            with KEYS.translated(self._path):
                self._read((found.st_dev, found.st_ino))
        except (KeysBroken, KeysUnavailable):
            self._forget()
            raise

    def _read(self, file: tuple[int, int]) -> None:
        # another file may have been put in the place of the one that is open
        if self._database is None or file != self._file:
            self.close()
            self._database, self._file, self._version = connect(self._path, wait_seconds=_WAIT_SECONDS), file, -1
        version = self._database.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return
        KEYS.check(self._database, self._path)
        self._keys = {key.id: key for key in read_keys(self._database, self._path)}
        self._version = version

    def _forget(self) -> None:
        """Has the next request read all anew."""
        self.close()
        self._version = -1
