"""Every error of the API keys.

KeysError
├── KeysBroken       the file of keys is damaged, not ours, or gone while it was in use
├── KeysUnavailable  the disk is full, read-only or fails, or another process writes for long
├── KeyNotFound      no key has this id
└── KeyRefused       a key cannot be made like this; names the field
"""

from pathlib import Path


class KeysError(Exception):
    """Base of all errors of the keys."""


class KeysBroken(KeysError):
    """The file of keys cannot be trusted, so nobody is let in."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the API keys in {path} cannot be read: {reason}")


class KeysUnavailable(KeysError):
    """The file of keys cannot be read or written now."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the API keys in {path} cannot be used now: {reason}")


class KeyNotFound(KeysError):
    """No key has this id."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(f"no key has the id {key_id}; `byline keys list` shows them")


class KeyRefused(KeysError):
    """A key cannot be made like this."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")
