"""A filter for logs: whatever writes a line, the secret of a key is not in it."""

import logging

from service.keys.key import masked


def without_keys(record: logging.LogRecord) -> bool:
    """Masks keys in a line and in the traceback under it; lets every line pass."""
    line = record.getMessage()
    if (clean := masked(line)) != line:
        record.msg, record.args = clean, ()
    if record.exc_info and not record.exc_text:
        record.exc_text = _FORMATTER.formatException(record.exc_info)
    if record.exc_text:
        record.exc_text = masked(record.exc_text)
    return True


_FORMATTER = logging.Formatter()
