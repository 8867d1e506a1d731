"""API keys: their file, their rows, and whether a service with these keys lets anybody in, and not just anybody."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from service.addresses import is_loopback
from service.doctor.finding import Finding
from service.doctor.side_files import examine_file
from service.keys.errors import KeysError
from service.keys.exposure import usable, why_not_exposed
from service.keys.key import Key, digest_of, id_in
from service.keys.store import KEYS, list_keys
from service.settings import Settings

_RESTORE = (
    "put a copy of the file back; or stop the service, move the file away, make new keys by `byline keys create NAME`"
    " and start it again: until then nobody is let in"
)
_REVOKE = "run `byline keys revoke ID` for each key named, and make another by `byline keys create NAME`"
_CLOCK = f"set this machine's clock; if it is right, {_REVOKE}"
_MAKE = "run `byline keys create NAME`"
_HASH_BYTES = len(digest_of(""))


def examine_keys(settings: Settings) -> Iterator[Finding]:
    """Every check; keys that cannot be read are looked at no further."""
    damage, keys = list[str](), list[Key]()
    try:
        damage = KEYS.damage(settings.home)
        keys = [] if damage else list_keys(settings.home)
    except KeysError as error:
        damage = [str(error)]
    path = KEYS.of(settings.home)
    yield from examine_file(path, damage, of="API keys", absent="no keys were made", remedy=_RESTORE)
    if damage:
        return
    unit = f"keys ({usable(keys)} in use)" if keys else "keys"
    in_use = [key for key in keys if key.revoked_at is None]
    yield Finding(
        "every key's row is as it was made",
        promise=None,
        checked=len(keys),
        unit=unit,
        problems=tuple(_odd(in_use)),
        remedy=_REVOKE,
    )
    yield Finding(
        "no key was made in the future",
        promise=None,
        checked=len(keys),
        unit=unit,
        problems=tuple(_early(in_use)),
        remedy=_CLOCK,
    )
    yield _entry(keys, settings.host, keyless=settings.open)


def _odd(in_use: Collection[Key]) -> Iterator[str]:
    # a revoked row stays as it is, and lets nobody in whatever it says
    hashes = Counter(key.sha256 for key in in_use)
    for key in in_use:
        if id_in(f"byline_{key.id}_{'0' * 64}") != key.id:
            yield f"key {key.id}: no key that is sent can have this id"
        if len(key.sha256) != _HASH_BYTES or not any(key.sha256):
            yield f"key {key.id}: what is kept of it is no SHA-256"
        elif hashes[key.sha256] > 1:
            yield f"key {key.id}: another key has the same hash"


def _early(in_use: Collection[Key]) -> Iterator[str]:
    now = datetime.now(UTC)
    for key in in_use:
        if key.created_at > now:
            yield f"key {key.id}: it was made in the future ({key.created_at}), or this machine's clock is slow"


def _entry(keys: Collection[Key], host: str, *, keyless: bool) -> Finding:
    """Whether a service on BYLINE_HOST would start, and let somebody in."""
    if not is_loopback(host):
        reason = why_not_exposed(keys, host, keyless=keyless)
        asked = "which asks for a key" if keys else "open to whoever reaches it, as BYLINE_OPEN says"
    else:
        reason = "all API keys are revoked, so every request is refused" if keys and not usable(keys) else None
        asked = "which asks for a key" if keys else "of this machine only, which needs no key"
    problems = () if reason is None else (reason,)
    unit = f"address ({host}, {asked})" if reason is None else f"address ({host})"
    return Finding(
        "a service would start, and let the right ones in",
        promise=None,
        checked=1,
        unit=unit,
        problems=problems,
        remedy=_MAKE,
    )
