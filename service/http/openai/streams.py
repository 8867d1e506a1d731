"""Replies as server-sent events.

Nothing of an answer may be sent before all of it is checked, so a stream begins when the answer is complete: what goes
wrong before is an ordinary error with its status.
"""

from fastapi import Response

from service.http.events import HEADERS, MEDIA_TYPE


def as_stream(events: bytes) -> Response:
    """These events as a reply."""
    return Response(events, media_type=MEDIA_TYPE, headers=HEADERS)
