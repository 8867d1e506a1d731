"""No line of a log holds the secret of a key, however it got there."""

import io
import logging

from service.http.masking import without_keys
from service.keys.key import new_key


def test_keys_are_masked_in_lines_their_arguments_and_tracebacks() -> None:
    key_id, text = new_key()
    secret = text.rpartition("_")[2]
    log, told = logging.Logger("test"), io.StringIO()
    handler = logging.StreamHandler(told)
    handler.addFilter(without_keys)
    log.addHandler(handler)
    log.warning("got %s, %d times", text, 3)
    log.warning(f"as is: {text} 100%")  # a per cent sign that is no place for an argument
    try:
        raise ValueError(f"not this: {text}")
    except ValueError:
        log.exception("it failed")
    log.warning("%d%% of %s", 5, "others")
    written = told.getvalue()
    assert secret not in written
    assert f"got byline_{key_id}_..., 3 times" in written
    assert f"as is: byline_{key_id}_... 100%" in written
    assert f"ValueError: not this: byline_{key_id}_..." in written
    assert "5% of others" in written
