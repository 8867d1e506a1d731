"""What an agent is told of an error, and the errors that only agents meet.

ToolError
├── InvalidArguments   the tool's arguments are not what its schema says
├── DocumentNotFound   no search ever gave this id
├── DocumentRemoved    its article was removed since
└── Busy               as many questions wait as may wait, or it waited too long
"""

import logging
from collections.abc import Iterable

from pydantic import ValidationError

from corpus.errors import CorpusError, LibraryError
from indexing.errors import IndexingError
from service.core.errors import AskError
from service.keys.key import masked

_LOG = logging.getLogger("byline.mcp")
_OURS = "an error of the service, not of the call; its log has the details"
_MOST_NAMED = 5
_LONGEST_NAME = 200


class ToolError(Exception):
    """A call that could not be answered; the message is for the agent."""


class InvalidArguments(ToolError):
    """The arguments are not what the schema says; names each field as the agent wrote it."""

    def __init__(self, error: ValidationError) -> None:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        named = [f"{_field(item['loc'])}: {_reason(item['msg'])}" for item in found[:_MOST_NAMED]]
        super().__init__("; ".join(named))


class DocumentNotFound(ToolError):
    """No search ever gave this id."""

    def __init__(self, document_id: str) -> None:
        super().__init__(f"id: there is no document {_shown(document_id)}; ids come from `search`")


class DocumentRemoved(ToolError):
    """The article of this id was removed after the search."""

    def __init__(self, document_id: str, article_id: str) -> None:
        super().__init__(f"id: {_shown(document_id)} stands in the article '{article_id}', which was removed")


class Busy(ToolError):
    """As many questions wait as may wait, or this one waited too long, or nobody waits for it any more."""


def told(error: Exception) -> str:
    """What the agent is told of an error; it is logged where it is the service's own."""
    if isinstance(error, ToolError | AskError):
        return str(error)
    if isinstance(error, CorpusError | IndexingError):
        if isinstance(error, LibraryError | IndexingError):
            _LOG.error("unavailable: %s", error)
        return str(error)
    _LOG.error("unexpected error", exc_info=error)
    return _OURS


def _field(location: Iterable[int | str]) -> str:
    # cut after keys are masked: a part of one is not to be told either
    return masked(".".join(map(str, location)))[:_LONGEST_NAME] or "arguments"


def _reason(message: str) -> str:
    # pydantic puts this in front of the messages of our own validators
    return message.removeprefix("Value error, ")


def _shown(document_id: str) -> str:
    return repr(document_id[:200])
