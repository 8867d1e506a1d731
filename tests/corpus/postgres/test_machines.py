"""The library in PostgreSQL of several machines: one of them writes, and the others wait and read on."""

import threading
import time
from itertools import chain
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryBusy
from corpus.library.lock import WRITER, exclusive
from corpus.library.postgres.database import Postgres
from corpus.library.records import PutResult
from corpus.library.writing import make_library, writing
from tests.corpus.postgres.asked import opened, put_now, title
from tests.corpus.test_library_samples import IDENTITY, put


def test_another_machine_waits_for_its_turn_and_is_told_who_is_writing(
    place: Postgres, address: str, tmp_path: Path
) -> None:
    elsewhere = Postgres(tmp_path / "elsewhere", address)
    with writing(place, wait_seconds=5):
        with pytest.raises(LibraryBusy, match=r"byline: .* \(process \d+ on .*PostgreSQL's process \d+"):
            put_now(elsewhere)
        with opened(elsewhere) as library:
            assert title(library) == "Ferry"
    assert put(elsewhere, Article(id="b", text="x", title="t")) == [PutResult.CREATED]


def test_passages_of_later_commits_have_higher_ids_whichever_machine_wrote_them(
    place: Postgres, address: str, tmp_path: Path
) -> None:
    rounds, seen = 12, list[list[int]]()

    def write(machine: int) -> None:
        for number in range(rounds):
            put(Postgres(tmp_path / str(machine), address), Article(id=f"m{machine}-{number}", text="x y", title="t"))

    writers = [threading.Thread(target=write, args=(machine,)) for machine in range(3)]
    with opened(place) as library:
        for thread in writers:
            thread.start()
        known = 0
        while any(thread.is_alive() for thread in writers):
            with library.snapshot() as snapshot:
                seen.append(snapshot.vectors_after(known).ids.tolist())
                known = snapshot.last_passage_id()
        with library.snapshot() as snapshot:
            seen.append(snapshot.vectors_after(known).ids.tolist())
            assert snapshot.commit == 1 + 3 * rounds
            read_on = list(chain.from_iterable(seen))
            assert read_on == snapshot.vectors_after(0).ids.tolist(), "who reads on from the last id misses none"


def test_a_library_that_two_machines_make_at_once_is_one(address: str, tmp_path: Path) -> None:
    places = [Postgres(tmp_path / str(number), address) for number in range(4)]
    threads = [
        threading.Thread(target=make_library, args=(place, IDENTITY), kwargs={"wait_seconds": 9}) for place in places
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drawn = set()
    for place in places:
        with opened(place) as library, library.snapshot() as snapshot:
            drawn.add(snapshot.library_id)
    assert len(drawn) == 1


def test_who_waits_for_another_process_and_then_for_another_machine_waits_no_longer_than_told(
    place: Postgres, address: str, tmp_path: Path
) -> None:
    elsewhere, held = Postgres(tmp_path / "elsewhere", address), threading.Event()

    def hold() -> None:
        with exclusive(place.home, WRITER, wait_seconds=5):
            held.set()
            time.sleep(2)

    holder = threading.Thread(target=hold)
    with writing(elsewhere, wait_seconds=5):
        holder.start()
        held.wait()
        began = time.monotonic()
        with pytest.raises(LibraryBusy, match="PostgreSQL's process"), writing(place, wait_seconds=3):
            pass
        assert time.monotonic() - began < 4.5
    holder.join()
