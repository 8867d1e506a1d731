"""No line of a log holds the secret of a key, however it got there."""

import io
import logging

from hypothesis import given
from hypothesis import strategies as st

from service.http.masking import without_keys
from service.keys.key import masked, new_key


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


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from([str.lower, str.upper, str]))
def test_what_is_masked_holds_no_secret(before: str, after: str, case: object) -> None:
    key_id, text = new_key()
    secret = text.rpartition("_")[2]
    told = masked(before + (case(text) if callable(case) else text) + after)
    assert secret not in told.lower()
    assert key_id in told.lower()


@given(st.text(alphabet="byline_0123456789abcdefg /"))
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert masked(text) == text or "byline_" in text
