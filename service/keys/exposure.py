"""Whether a service that other machines reach may start: somebody must be able to come in, and not just anybody."""

from collections.abc import Collection

from service.keys.key import Key


def why_not_exposed(keys: Collection[Key], address: str, *, keyless: bool) -> str | None:
    """Why a service with these keys may not listen on an address off loopback, and what to do; None if it may.

    `keyless` says that the operator wants whoever reaches it to come in as long as no key was made.
    """
    if usable(keys) or (keyless and not keys):
        return None
    state = "all API keys are revoked" if keys else "there is no API key"
    otherwise = "" if keys else "; --open or BYLINE_OPEN=true lets whoever reaches it read and change all articles"
    return f"other machines reach {address}, and {state}: `byline keys create NAME` makes one{otherwise}"


def usable(keys: Collection[Key]) -> int:
    """How many of them let somebody in."""
    return sum(key.revoked_at is None for key in keys)
