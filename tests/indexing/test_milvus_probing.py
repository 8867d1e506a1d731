"""One call at a time finds out whether an engine that was gone answers again; none waits for what another waits for."""

import pytest

from indexing.errors import MilvusUnavailable
from indexing.milvus.probing import Probing

GONE = MilvusUnavailable("http://127.0.0.1:1", "no answer in time")


def test_calls_go_through_until_one_gets_no_answer_and_then_fail_at_once() -> None:
    calls = Probing()
    for _ in range(2):
        with calls.turn():
            pass
    assert calls.unanswered(GONE) is GONE
    with pytest.raises(MilvusUnavailable, match="no answer in time"), calls.turn():
        raise AssertionError("it was let through")


def test_after_a_pause_one_is_let_through_and_none_beside_it() -> None:
    calls = Probing(pause_seconds=0.0)
    calls.unanswered(GONE)
    with calls.turn():
        with pytest.raises(MilvusUnavailable), calls.turn():
            raise AssertionError("two were let through")
        calls.unanswered(GONE)
    with calls.turn():
        calls.answered()
    with calls.turn(), calls.turn():
        pass


def test_an_error_in_a_turn_gives_the_next_one_to_others() -> None:
    calls = Probing(pause_seconds=0.0)
    calls.unanswered(GONE)
    with pytest.raises(RuntimeError), calls.turn():
        raise RuntimeError
    with calls.turn():
        pass
