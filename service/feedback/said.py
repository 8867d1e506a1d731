"""What a reader said, read back from an entry, and the id by which an entry is named."""

from pydantic import ValidationError

from service.feedback.errors import EntryUnreadable
from service.feedback.store import Entry
from service.schemas.feedback import FeedbackIn


def id_of(number: int) -> str:
    """The id of an entry."""
    return f"feedback-{number}"


def said_in(entry: Entry) -> FeedbackIn:
    """What the entry says. Raises EntryUnreadable, which names the field that is wrong."""
    try:
        return FeedbackIn.model_validate_json(entry.json)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EntryUnreadable(id_of(entry.number), f"{where}: {first['msg']}" if where else first["msg"]) from error
