"""The index of a service that starts: what lacks in an engine, or is too much there, is mended first."""

import logging

from indexing.errors import IndexBroken
from service.compose import Parts

_LOG = logging.getLogger("byline")


def open_index(parts: Parts) -> None:
    """Opens `parts.index` for a service. Raises as that."""
    try:
        parts.index  # noqa: B018 - opened here
    except IndexBroken as error:
        if not parts.generations.mended(parts.library, wait_seconds=parts.settings.write_wait_seconds):
            raise
        _LOG.warning("%s; it was mended", error)
