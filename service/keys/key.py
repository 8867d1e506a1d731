"""A key and what is kept of it: its id, its scope, its limit and a hash, never its words.

A key is `byline_<id>_<secret>`: the id finds its record and may be seen by anybody, the secret is 256 random bits. That
is why a plain SHA-256 is enough where a password would need a slow hash: nobody can try 2**256 secrets, fast or slow.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import regex

from service.keys.limit import Limit

_ID_BYTES, _SECRET_BYTES = 6, 32
_KEY = regex.compile(r"byline_([0-9a-f]{12})_[0-9a-f]{64}")
_MASKED = regex.compile(r"(byline_[0-9a-f]{6,12})_[0-9a-f]{16,}", regex.IGNORECASE)
"""Parts of keys and keys in capitals too."""


class Scope(StrEnum):
    """What a key is good for. Who may write may read."""

    READ = "read"
    WRITE = "write"

    def allows(self, needed: "Scope") -> bool:
        """Whether a key of this scope may do what needs the other."""
        return self is Scope.WRITE or needed is Scope.READ


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key."""

    number: int
    """Counts keys from 1, in the order they were made; never used again."""
    id: str
    name: str
    """Who or what it is for, in the operator's words; names may repeat."""
    scope: Scope
    limit: Limit | None
    """Its own limit; None for the service's default."""
    sha256: bytes
    created_at: datetime
    revoked_at: datetime | None = None

    def is_made_from(self, text: str) -> bool:
        """Whether this is the key that the text is; takes as long for a near miss as for any other."""
        return hmac.compare_digest(digest_of(text), self.sha256)


def new_key() -> tuple[str, str]:
    """An id, and the whole key, which nothing keeps."""
    key_id = secrets.token_hex(_ID_BYTES)
    return key_id, f"byline_{key_id}_{secrets.token_hex(_SECRET_BYTES)}"


def id_in(text: str) -> str | None:
    """The id that a key names; None if the text does not look like a key."""
    found = _KEY.fullmatch(text)
    return None if found is None else found.group(1)


def digest_of(text: str) -> bytes:
    """The SHA-256 of a whole key."""
    return hashlib.sha256(text.encode()).digest()


def masked(text: str) -> str:
    """The text with the secrets of keys left out, for logs and messages."""
    return _MASKED.sub(r"\1_...", text) if "byline_" in text.lower() else text
