"""What OpenAI's clients call this service's parts: its one model, its one vector store, and each article's file."""

import base64
import binascii
import re

from corpus.article import check_id

MODEL = "byline"
STORE = "vs_byline"
STORE_NAMES = frozenset({STORE, "byline"})
"""What the library may be called in requests; replies call it by the first name, as those ids begin with `vs_`."""
NO_TIME = 0
"""Byline keeps no times of storing, and the API's objects need one."""

_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_ENCODED = "b64-"


def file_id_of(article_id: str) -> str:
    """An id that stands in a URL as it is: the article's own where that does, else `b64-` and it in base64url."""
    if _PLAIN.fullmatch(article_id) and not article_id.startswith(_ENCODED):
        return article_id
    return _ENCODED + base64.urlsafe_b64encode(article_id.encode()).decode().rstrip("=")


def article_id_of(file_id: str) -> str | None:
    """The article of which this is the file's id; None if no article's file can have it."""
    article_id = file_id
    if file_id.startswith(_ENCODED):
        encoded = file_id.removeprefix(_ENCODED)
        try:
            article_id = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
    try:
        check_id(article_id)
        return article_id if file_id_of(article_id) == file_id else None
    except ValueError:
        return None
