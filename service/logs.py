"""The log: lines for people, or JSON for machines, each with the id of the request that it is about."""

import logging
import sys
from contextvars import ContextVar
from enum import StrEnum

from service.core.log import QUESTIONS

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered; None outside of one."""
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s%(of_request)s"


class LogFormat(StrEnum):
    """How lines are written."""

    TEXT = "text"
    JSON = "json"


def configure(log_format: LogFormat, *, questions: bool) -> None:
    """Has everything from INFO on written to standard error, questions if told to; for the start of a service."""
    QUESTIONS.setLevel(logging.INFO if questions else logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_of_request)
    if log_format is LogFormat.JSON:
        # takes some milliseconds to import, which text does without
        from pythonjsonlogger.core import RESERVED_ATTRS  # noqa: PLC0415
        from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415

        # uvicorn repeats its messages with a terminal's colours
        reserved = [*RESERVED_ATTRS, "of_request", "color_message"]
        names = {"levelname": "level", "name": "logger", "exc_info": "error"}
        handler.setFormatter(
            JsonFormatter(
                ["levelname", "name", "message"], rename_fields=names, reserved_attrs=reserved, timestamp="time"
            )
        )
    else:
        handler.setFormatter(logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _of_request(record: logging.LogRecord) -> bool:
    request_id = REQUEST_ID.get()
    record.of_request = "" if request_id is None else f" ({request_id})"
    if request_id is not None:
        record.request_id = request_id
    return True
