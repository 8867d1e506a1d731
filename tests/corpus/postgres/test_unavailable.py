"""A PostgreSQL that is down, frozen, slow or cut off: nothing is lost, and it is found again once it answers."""

import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryUnavailable
from corpus.library.postgres import silence
from corpus.library.postgres.database import Postgres
from corpus.library.records import PutResult
from corpus.library.writing import writing
from tests.corpus.postgres.asked import ARTICLE, KEEPS, PASSWORD, opened, put_now, title, told
from tests.corpus.test_library_samples import incoming, new_library, put
from tests.postgres import Server, running


def test_a_write_whose_connection_is_cut_off_keeps_nothing_and_the_next_one_goes_through(
    place: Postgres, address: str
) -> None:
    def cut_off() -> None:
        with writing(place, wait_seconds=5) as writer:
            writer.put(incoming(Article(id="b", text="x", title="t")))
            with told(address) as other:
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            writer.put(incoming(Article(id="c", text="x", title="t")))

    with pytest.raises(LibraryUnavailable, match="cannot use PostgreSQL's database"):
        cut_off()
    assert put(place, Article(id="c", text="x", title="t")) == [PutResult.CREATED]
    with opened(place) as library, library.snapshot() as snapshot:
        assert [summary.id for summary in snapshot.summaries()] == ["a", "c"]


def test_readers_go_on_by_themselves_when_their_connections_were_ended(place: Postgres, address: str) -> None:
    with opened(place) as library:
        with library.snapshot(), library.snapshot():
            pass
        with told(address) as other:
            other.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
        assert title(library) == "Ferry"


def test_a_server_that_is_down_is_told_of_without_the_password_and_found_again(own: Server, tmp_path: Path) -> None:
    address = own.new_database().replace("byline@", f"byline:{PASSWORD.replace(' ', '%20')}@")
    place = new_library(Postgres(tmp_path, address))
    put(place, ARTICLE)
    with opened(place) as library:
        own.stop()
        for _ in range(2):
            with pytest.raises(LibraryUnavailable, match="cannot use PostgreSQL's database") as caught:
                title(library)
            assert PASSWORD not in str(caught.value)
        with pytest.raises(LibraryUnavailable):
            put_now(place)
        own.start()
        assert title(library) == "Ferry"
        put_now(place)


def test_what_was_acknowledged_survives_a_crash_of_the_server(own: Server, tmp_path: Path) -> None:
    place = new_library(Postgres(tmp_path, own.new_database()))
    with told(own.address("postgres")) as connection:
        # a server may be set up to acknowledge before it has written, which a library's writer does not take
        connection.execute("ALTER ROLE byline SET synchronous_commit = off")
    for number in range(20):
        put(place, Article(id=f"a{number}", text="x", title="t"))
    own.stop(how=signal.SIGQUIT)
    own.start(**KEEPS)
    with opened(place) as library, library.snapshot() as snapshot:
        assert snapshot.counts().articles == 20


def test_a_server_that_is_frozen_is_unavailable_and_answers_again_once_it_goes_on(
    binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 2)
    with running(binaries, listen_addresses="127.0.0.1", port=free_port()) as server:
        place = new_library(Postgres(tmp_path, server.address("postgres", host="127.0.0.1", connect_timeout="2")))
        put(place, ARTICLE)
        with opened(place) as library:
            assert title(library) == "Ferry"

            def read_on() -> None:
                with library.snapshot() as snapshot:
                    assert snapshot.commit == 1
                    server.freeze()
                    snapshot.counts()

            with pytest.raises(LibraryUnavailable, match="silent for 0 s and takes no other connection"):
                read_on()
            for _ in range(2):
                with pytest.raises(LibraryUnavailable, match="cannot use PostgreSQL's database"):
                    title(library)
            with pytest.raises(LibraryUnavailable):
                put_now(place)
            server.thaw()
            assert title(library) == "Ferry"
            put_now(place)


def test_a_write_that_the_server_freezes_in_keeps_nothing(
    own: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 2)
    place = new_library(Postgres(tmp_path, own.new_database()))

    def write() -> None:
        with writing(place, wait_seconds=5) as writer:
            writer.put(incoming(ARTICLE))
            own.freeze()
            writer.put(incoming(Article(id="b", text="x y z", title="t")))

    with pytest.raises(LibraryUnavailable, match="cannot use PostgreSQL's database"):
        write()
    own.thaw()
    put(place, Article(id="c", text="x", title="t"))
    with opened(place) as library, library.snapshot() as snapshot:
        assert [summary.id for summary in snapshot.summaries()] == ["c"]


def test_a_server_that_is_silent_because_it_waits_is_waited_for(
    place: Postgres, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.2)
    with opened(place) as library, told(address) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE byline.revisions IN ACCESS EXCLUSIVE MODE")
        later = threading.Timer(1.5, other.execute, ("ROLLBACK",))
        later.start()
        began = time.monotonic()
        assert title(library) == "Ferry"
        assert time.monotonic() - began > 1
        later.join()


def test_a_commit_whose_answer_is_lost_is_told_to_be_uncertain(own: Server, tmp_path: Path) -> None:
    place = new_library(Postgres(tmp_path, own.new_database()))
    with told(own.address("postgres")) as other, ThreadPoolExecutor(1) as apart:
        # committed on this server, and not acknowledged before a standby has it
        other.execute("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
        other.execute("SELECT pg_reload_conf()")
        try:
            written = apart.submit(put, place, ARTICLE)
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            while other.execute(ended).fetchone() is None:
                assert not written.done(), written.result()
            with pytest.raises(LibraryUnavailable, match="it is not certain whether the change was kept"):
                written.result()
        finally:
            other.execute("ALTER SYSTEM RESET synchronous_standby_names")
            other.execute("SELECT pg_reload_conf()")
    assert put(place, ARTICLE) == [PutResult.UNCHANGED]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


@pytest.mark.parametrize(("said", "idle"), [("", "10"), ("-c tcp_keepalives_idle=77", "77")])
def test_the_server_gives_a_machine_that_is_gone_up_within_half_a_minute_unless_the_address_says_otherwise(
    binaries: Path, tmp_path: Path, said: str, idle: str
) -> None:
    with running(binaries, listen_addresses="127.0.0.1", port=free_port()) as server:
        place = Postgres(tmp_path, server.address("postgres", host="127.0.0.1", options=said))
        with closing(place.opened()) as connection:
            names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
            shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in names]
    # as the kernel tells them of the connection
    assert shown == [idle, "5", "3", "25000"]


@pytest.mark.usefixtures("place")
def test_a_server_that_does_not_answer_in_time_is_unavailable_and_no_longer_once_it_does(
    address: str, tmp_path: Path
) -> None:
    hasty = Postgres(tmp_path / "hasty", f"{address}&options=-c%20statement_timeout%3D100ms")
    with opened(hasty) as library, told(address) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE byline.revisions IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LibraryUnavailable, match="statement timeout"):
            title(library)
        other.execute("ROLLBACK")
        assert title(library) == "Ferry"
