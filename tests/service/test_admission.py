"""Under too many questions the service refuses at once, forgets who is gone, and says that it lives."""

import asyncio
import gc
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from indexing.encoders.protocol import Encoded
from service.http.admission import Admission, ClientGone, QueueFull, WaitedTooLong
from tests.fakes import WordEncoder, fake_parts
from tests.service.serving import serving


class HeldEncoder(WordEncoder):
    """Encodes a question only when it may, and counts those that it has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.begun: list[str] = []

    def encode_question_with_pieces(self, text: str) -> Encoded:
        self.begun.append(text)
        assert self.may.wait(20)
        return super().encode_question_with_pieces(text)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


@contextmanager
def held_service(home: Path, *, queue: int) -> Iterator[tuple[httpx.Client, HeldEncoder]]:
    """One thread answers, and only once `may` is set."""
    encoder = HeldEncoder()
    with serving(fake_parts(home, encoder=encoder, engine_threads=1, queue=queue, question_cache_mb=0)) as client:
        assert client.put("/v1/articles/a", json={"text": "The ferry sank."}).status_code == 201
        try:
            yield client, encoder
        finally:
            encoder.may.set()


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"], ids=["short way", "long way"])
def test_a_question_too_many_is_refused_at_once_and_the_others_are_answered(tmp_path: Path, kind: str) -> None:
    with held_service(tmp_path, queue=1) as (client, encoder), ThreadPoolExecutor(2) as pool:

        def ask() -> httpx.Response:
            return client.post("/v1/search", content=b'{"query": "ferry"}', headers={"content-type": kind})

        held = [pool.submit(ask)]
        until(lambda: encoder.begun)
        held.append(pool.submit(ask))
        # the second waits once it is in: nothing outside tells, so a refusal is waited for
        until(lambda: not held[1].done() and ask_is_refused(client))
        refused = ask()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["content-type"] == "application/problem+json"
        assert "1 questions are waiting" in refused.json()["detail"]
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 200
        encoder.may.set()
        assert [one.result(20).status_code for one in held] == [200, 200]
        assert ask().status_code == 200


def ask_is_refused(client: httpx.Client) -> bool:
    with httpx.Client(base_url=client.base_url, timeout=0.5) as impatient:
        try:
            return impatient.post("/v1/search", json={"query": "ferry"}).status_code == 503
        except httpx.TimeoutException:
            return False


def test_a_client_that_hangs_up_before_its_turn_frees_its_place(tmp_path: Path) -> None:
    body = b'{"query": "abandoned"}'
    head = (
        b"POST /v1/search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    )
    with held_service(tmp_path, queue=1) as (client, encoder), ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, "/v1/search", json={"query": "first"})
        until(lambda: encoder.begun)
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as leaving:
            leaving.sendall(head % len(body) + body)
            until(lambda: ask_is_refused(client))
        patient = []

        def one_waits() -> bool:
            patient.append(pool.submit(client.post, "/v1/search", json={"query": "patient"}))
            time.sleep(0.2)
            return not patient[-1].done()

        # its place is free again: in a moment one waits instead of being refused
        until(one_waits)
        encoder.may.set()
        assert first.result(20).status_code == patient[-1].result(20).status_code == 200
        assert "abandoned" not in encoder.begun


def test_as_many_wait_as_may_and_each_gets_its_own_result() -> None:
    async def asked() -> list[object]:
        admission = Admission(threads=2, waiting=3, seconds=20)
        try:
            runs = [admission.run(partial(int, number), receive=never) for number in range(6)]
            return list[object](await asyncio.gather(*runs, return_exceptions=True))
        finally:
            admission.close()

    *found, refused = asyncio.run(asked())
    assert found == [0, 1, 2, 3, 4]
    assert isinstance(refused, QueueFull)


def test_what_waits_too_long_is_refused_and_what_runs_is_not_however_long_it_takes() -> None:
    async def asked() -> None:
        admission = Admission(threads=1, waiting=1, seconds=0.05)
        goes_on = threading.Event()
        long = asyncio.create_task(admission.run(partial(goes_on.wait, 20), receive=never))
        await asyncio.sleep(0)
        with pytest.raises(WaitedTooLong, match=r"did not come within 0\.05 s"):
            await admission.run(lambda: "never", receive=never)
        # its place is free again
        admission.check()
        assert not long.done()
        goes_on.set()
        assert await long
        assert await admission.run(lambda: "found", receive=never) == "found"
        admission.close()

    asyncio.run(asked())


def test_work_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends() -> None:
    """As when an agent cancels its call: the next would else be let in, and wait without a bound."""

    async def asked() -> None:
        admission = Admission(threads=1, waiting=0, seconds=20)
        begun, goes_on = threading.Event(), threading.Event()

        def work() -> None:
            begun.set()
            goes_on.wait(20)

        abandoned = asyncio.create_task(admission.run(work, receive=never))
        await asyncio.to_thread(begun.wait, 20)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
        with pytest.raises(QueueFull):
            await admission.run(lambda: "never", receive=never)
        goes_on.set()
        while True:
            try:
                assert await admission.run(lambda: "found", receive=never) == "found"
                break
            except QueueFull:
                await asyncio.sleep(0.01)
        admission.close()

    asyncio.run(asked())


def test_who_asks_and_hangs_up_again_and_again_leaves_nothing_behind() -> None:
    async def asked() -> None:
        admission = Admission(threads=1, waiting=1, seconds=20)
        goes_on = threading.Event()
        long = asyncio.create_task(admission.run(partial(goes_on.wait, 20), receive=never))
        await asyncio.sleep(0)
        kept = []
        for _ in range(100):
            work = Work()
            kept.append(weakref.ref(work))
            with pytest.raises(ClientGone):
                await admission.run(work, receive=gone)
        del work
        await asyncio.sleep(0.01)
        gc.collect()
        assert [one for one in kept if one() is not None] == []
        goes_on.set()
        assert await long
        admission.close()

    asyncio.run(asked())


class Work:
    def __call__(self) -> str:
        return "never"


def test_what_the_work_raises_is_raised_and_frees_its_place() -> None:
    def fails() -> None:
        raise LookupError("lost")

    async def asked() -> None:
        admission = Admission(threads=1, waiting=0, seconds=20)
        for _ in range(3):
            with pytest.raises(LookupError, match="lost"):
                await admission.run(fails, receive=never)
        assert await admission.run(lambda: "found", receive=never) == "found"
        admission.close()

    asyncio.run(asked())


def test_a_client_that_goes_while_its_question_runs_is_answered_all_the_same() -> None:
    async def asked() -> None:
        admission = Admission(threads=1, waiting=1, seconds=20)
        running, goes_on = threading.Event(), threading.Event()

        def work() -> str:
            running.set()
            goes_on.wait(10)
            return "done"

        first = asyncio.create_task(admission.run(work, receive=gone))
        await asyncio.to_thread(running.wait, 10)
        second = asyncio.create_task(admission.run(lambda: "never", receive=gone))
        with pytest.raises(ClientGone):
            await second
        goes_on.set()
        assert await first == "done"
        admission.close()

    asyncio.run(asked())


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def gone() -> Message:
    return {"type": "http.disconnect"}
