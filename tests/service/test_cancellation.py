"""Taking a question back: what waits is woken, and only the error that this causes is replaced."""

import pytest

from service.core.cancellation import Cancellation, Cancelled


def test_a_cancellation_replaces_the_error_it_causes_and_nothing_else() -> None:
    cancellation = Cancellation()
    with cancellation.waking(lambda: None):
        pass
    with pytest.raises(OSError, match="broken"), cancellation.waking(lambda: None):
        raise OSError("broken")

    def hang_up() -> None:
        woken.append(True)

    woken = list[bool]()

    def wait() -> None:
        with cancellation.waking(hang_up):
            cancellation.cancel()
            raise OSError("hung up")

    with pytest.raises(Cancelled):
        wait()
    with pytest.raises(Cancelled):
        cancellation.check()
    with pytest.raises(Cancelled), cancellation.waking(hang_up):
        pytest.fail("it began")
    assert woken == [True]
