"""Limits admit what a token bucket admits, in one process and in several; who guesses is slowed down too."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.keys.errors import KeyRefused
from service.keys.limit import Limit
from service.keys.rates import Rates
from service.keys.store import create_key
from tests.fakes import fake_parts
from tests.service.cli_runs import ROOT
from tests.service.serving import serving
from tests.service.test_access import bearing
from tests.service.test_http_refusals import refused

SECOND = 1_000_000_000
LIMITS = st.builds(Limit, st.integers(1, 100_000), st.integers(1, 50))
GAPS = st.lists(st.integers(0, 90 * SECOND) | st.integers(0, SECOND) | st.just(0), max_size=60)


class Bucket:
    """The slow twin: tokens counted exactly."""

    def __init__(self, limit: Limit) -> None:
        self._gap = -(-60 * SECOND // limit.per_minute)
        self._burst = limit.burst
        self._tokens = Fraction(limit.burst)

    def take(self, passed: int) -> bool:
        self._tokens = min(Fraction(self._burst), self._tokens + Fraction(passed, self._gap))
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@given(LIMITS, GAPS)
def test_it_admits_exactly_what_a_token_bucket_does(limit: Limit, gaps: list[int]) -> None:
    twin, full_at, now = Bucket(limit), 0, 10**15
    for gap in gaps:
        now += gap
        full_at, wait = limit.take(full_at, now=now)
        assert (wait == 0) == twin.take(gap)


@given(LIMITS, GAPS)
def test_no_stretch_of_time_admits_more_than_its_rate_and_a_burst(limit: Limit, gaps: list[int]) -> None:
    full_at, now, admitted = 0, 10**15, list[int]()
    for gap in gaps:
        now += gap
        full_at, wait = limit.take(full_at, now=now)
        if not wait:
            admitted.append(now)
    for first, begin in enumerate(admitted):
        for last in range(first, len(admitted)):
            stretch = admitted[last] - begin
            assert last - first + 1 <= limit.burst + stretch * limit.per_minute / (60 * SECOND)


@given(LIMITS, st.integers(0, 2**63), st.integers(0, 2**62))
def test_who_waits_as_told_is_admitted_and_not_earlier(limit: Limit, full_at: int, now: int) -> None:
    """Whatever stood in the entry before, as of another key or another clock."""
    kept, wait = limit.take(full_at, now=now)
    if wait == 0:
        return
    assert wait <= -(-60 * SECOND // limit.per_minute)
    assert limit.take(kept, now=now + wait)[1] == 0
    assert limit.take(kept, now=now + wait - 1)[1] == 1


@given(st.integers(0, 2**62), st.integers(0, 2**62))
def test_no_limit_admits_all(full_at: int, now: int) -> None:
    assert Limit(0, 1).take(full_at, now=now) == (full_at, 0)


@pytest.mark.parametrize(("rate", "burst", "field"), [(-1, 1, "rate"), (10**9, 1, "rate"), (1, 0, "burst")])
def test_numbers_that_make_no_limit_are_refused_by_name(rate: int, burst: int, field: str) -> None:
    with pytest.raises(KeyRefused, match=f"^{field}: "):
        Limit(rate, burst)


def test_a_burst_that_is_not_given_is_what_ten_seconds_gain() -> None:
    assert [Limit.of_rate(rate).burst for rate in (0, 1, 60, 600)] == [1, 1, 10, 100]


def test_addresses_have_budgets_of_their_own_and_an_ipv6_network_has_one() -> None:
    now = 10**15
    rates = Rates(clock=lambda: now)
    one = Limit(1, 1)
    assert rates.take_failure("192.0.2.1", one) == 0
    assert rates.take_failure("192.0.2.1", one) == pytest.approx(60)
    assert rates.take_failure("::ffff:192.0.2.1", one) > 0
    assert rates.take_failure("192.0.2.2", one) == 0
    assert rates.take_failure("2001:db8::1", one) == 0
    assert rates.take_failure("2001:db8::ffff:2%eth0", one) > 0
    assert rates.take_failure("2001:db8:0:1::1", one) == 0
    assert rates.take_failure("a name", one) == 0
    now += 60 * SECOND
    assert rates.take_failure("192.0.2.1", one) == 0
    rates.close()


TAKER = """
import sys
from service.keys.limit import Limit
from service.keys.rates import Rates
rates = Rates(int(sys.argv[1]))
sys.stdin.read()
print(sum(rates.take_failure("192.0.2.1", Limit(1, 1000)) == 0 for _ in range(5000)))
"""


def test_processes_that_take_at_once_get_together_what_there_is() -> None:
    rates = Rates()
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, str(rates.descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            pass_fds=(rates.descriptor,),
        )
        for _ in range(4)
    ]
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.close()
    admitted = 0
    for taker in takers:
        assert taker.stdout is not None
        admitted += int(taker.stdout.read())
        taker.stdout.close()
        assert taker.wait(60) == 0
    # a minute gains one more, and the machine may be slow
    assert 1000 <= admitted <= 1002
    rates.close()


def test_a_key_makes_as_many_requests_as_it_may_and_no_more(tmp_path: Path) -> None:
    now = 10**15
    with serving(fake_parts(tmp_path, key_rate=60), rates=Rates(clock=lambda: now)) as client:
        (_, own), (_, default), (_, free) = (
            create_key(tmp_path, "bot", limit=limit) for limit in (Limit(6, 2), None, Limit(0, 1))
        )
        assert [client.get("/v1/articles", headers=bearing(own)).status_code for _ in range(3)] == [200, 200, 429]
        response = client.post("/v1/search", json={"query": "x"}, headers=bearing(own))
        assert own.rpartition("_")[2] not in str(refused(response, 429))
        assert response.headers["retry-after"] == "10"
        now += 10_000_000_000
        # what is refused for its scope counts too
        assert [client.delete("/v1/articles/a", headers=bearing(own)).status_code for _ in range(2)] == [403, 429]
        statuses = [client.get("/v1/articles", headers=bearing(default)).status_code for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        assert {client.get("/v1/articles", headers=bearing(free)).status_code for _ in range(100)} == {200}


def test_who_guesses_is_slowed_down_and_a_right_key_from_there_is_not(tmp_path: Path) -> None:
    now = 10**15
    with serving(fake_parts(tmp_path), rates=Rates(clock=lambda: now)) as client:
        _, right = create_key(tmp_path, "bot")
        guesses = [client.get("/v1/articles", headers=bearing(f"guess {n}")) for n in range(21)]
        assert [guess.status_code for guess in guesses] == [401] * 20 + [429]
        assert guesses[-1].headers["retry-after"] == "6"
        assert client.get("/v1/articles", headers=bearing(right)).status_code == 200
        # who has no key guesses nothing, and is told what is missing
        assert client.get("/v1/articles").status_code == 401
        now += 6_000_000_000
        assert client.get("/v1/articles", headers=bearing("guess")).status_code == 401
