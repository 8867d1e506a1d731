"""The library in PostgreSQL: one writer on all machines, and a server that is down, slow, cut off or set up wrong."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

import psycopg
import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryBusy, LibraryMismatch, LibraryMissing, LibraryUnavailable
from corpus.library.lock import WRITER, exclusive
from corpus.library.postgres import silence
from corpus.library.postgres.database import Postgres
from corpus.library.reading import Library
from corpus.library.records import PutResult
from corpus.library.writing import make_library, writing
from tests.corpus.test_library_samples import IDENTITY, incoming, new_library, put
from tests.postgres import Server, programs, running

ARTICLE = Article(id="a", text="The ferry sailed at noon.", title="Ferry")
KEEPS = {"fsync": "on", "full_page_writes": "on"}
PASSWORD = "correct horse"  # noqa: S105 - what must not be told


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.new_database()


@pytest.fixture
def place(address: str, tmp_path: Path) -> Postgres:
    """A library with one article."""
    found = new_library(Postgres(tmp_path / "here", address))
    put(found, ARTICLE)
    return found


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that a test may stop; it keeps what it acknowledged as it would in earnest."""
    # skips where there is none
    request.getfixturevalue("postgres")
    binaries = programs()
    assert binaries is not None
    with running(binaries, **KEEPS) as server:
        yield server


@contextmanager
def opened(place: Postgres) -> Iterator[Library]:
    with closing(Library(place)) as library:
        yield library


@contextmanager
def told(address: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection past the library."""
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def title(library: Library) -> str:
    with library.snapshot() as snapshot:
        return snapshot.revision("a").article.title


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


def put_now(place: Postgres) -> None:
    with writing(place, wait_seconds=0.05) as writer:
        writer.put(incoming(Article(id="b", text="x", title="t")))


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


def test_where_nobody_made_a_library_reading_and_writing_say_so(address: str, tmp_path: Path) -> None:
    place = Postgres(tmp_path, address)
    for attempt in (lambda: Library(place), lambda: put_now(place)):
        with pytest.raises(LibraryMissing, match="there is no library in PostgreSQL's database library"):
            attempt()


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
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # skips where there is none
    request.getfixturevalue("postgres")
    binaries = programs()
    assert binaries is not None
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


def test_an_encoding_in_the_address_is_not_taken(place: Postgres, address: str) -> None:
    with opened(Postgres(place.home, f"{address}&client_encoding=LATIN1")) as library:
        put(place, Article(id="b", text="서울 😀", title="t"))
        with library.snapshot() as snapshot:
            assert snapshot.revision("b").article.text == "서울 😀"


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


@pytest.mark.parametrize(("said", "idle"), [("", "10"), ("-c tcp_keepalives_idle=77", "77")])
def test_the_server_gives_a_machine_that_is_gone_up_within_half_a_minute_unless_the_address_says_otherwise(
    request: pytest.FixtureRequest, tmp_path: Path, said: str, idle: str
) -> None:
    # skips where there is none
    request.getfixturevalue("postgres")
    binaries = programs()
    assert binaries is not None
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


@pytest.mark.usefixtures("place")
def test_who_may_only_read_reads_and_is_told_that_writing_is_not_allowed(address: str, tmp_path: Path) -> None:
    with told(address) as other:
        other.execute("CREATE ROLE reader LOGIN")
        other.execute("GRANT USAGE ON SCHEMA byline TO reader")
        other.execute("GRANT SELECT ON ALL TABLES IN SCHEMA byline TO reader")
    reader = Postgres(tmp_path / "reader", address.replace("byline@", "reader@"))
    with opened(reader) as library:
        assert title(library) == "Ferry"
    with pytest.raises(LibraryUnavailable, match="permission denied"):
        put_now(reader)


def test_a_server_that_lost_acknowledged_commits_is_not_taken_for_the_library(
    place: Postgres, postgres: Server, address: str
) -> None:
    name = address.partition("?")[0].rpartition("/")[2]
    with told(postgres.address("postgres")) as connection:
        connection.execute(f"CREATE DATABASE {name}_before TEMPLATE {name}".encode())
    put(place, Article(id="b", text="x", title="t"))
    failed_over = Postgres(place.home, address.replace(f"/{name}?", f"/{name}_before?"))
    with pytest.raises(LibraryBroken, match=f"{name}_before .*lacks changes that were acknowledged, up to commit 2"):
        Library(failed_over)
    with pytest.raises(LibraryBroken, match="lacks changes that were acknowledged"):
        put_now(failed_over)


def test_a_process_that_goes_on_misses_what_the_server_that_it_finds_again_has_lost(
    place: Postgres, postgres: Server, address: str
) -> None:
    name = address.partition("?")[0].rpartition("/")[2]
    with told(postgres.address("postgres")) as connection:
        connection.execute(f"CREATE DATABASE {name}_before TEMPLATE {name}".encode())
        put(place, Article(id="b", text="x", title="t"))
        with opened(place) as library:
            assert title(library) == "Ferry"
            # as a failover to a standby that was behind
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            users = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(users, (name,))
            connection.execute(f"ALTER DATABASE {name} RENAME TO {name}_lost".encode())
            connection.execute(f"ALTER DATABASE {name}_before RENAME TO {name}".encode())
            for _ in range(2):
                with pytest.raises(LibraryBroken, match="lacks changes that were acknowledged, up to commit 2"):
                    title(library)


def test_a_process_that_goes_on_misses_a_library_that_is_gone(place: Postgres, address: str) -> None:
    with opened(place) as library:
        with told(address) as other:
            other.execute("DROP SCHEMA byline CASCADE")
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND datname = current_database()"
            )
        with pytest.raises(LibraryBroken, match="has no library"):
            title(library)


def test_a_value_that_changed_in_the_database_is_damage_and_no_answer(place: Postgres, address: str) -> None:
    with told(address) as other:
        other.execute("UPDATE byline.revisions SET title = 'Fairy'")
    with opened(place) as library, pytest.raises(LibraryBroken, match=r"the description of revision .* is damaged"):
        title(library)
    with opened(place) as library, library.snapshot() as snapshot:
        assert len(list(snapshot.damaged_rows())) == 1


def test_a_newer_bylines_library_is_not_touched(place: Postgres, address: str) -> None:
    with told(address) as other:
        other.execute("UPDATE byline.layout SET version = version + 1")
    for attempt in (lambda: Library(place), lambda: put_now(place)):
        with pytest.raises(LibraryMismatch, match="newer Byline"):
            attempt()


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Server, tmp_path: Path) -> None:
    with told(postgres.address("postgres")) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0")
    with pytest.raises(LibraryUnavailable, match="encoding LATIN1, and a library needs UTF8"):
        new_library(Postgres(tmp_path, postgres.address("latin")))


@pytest.mark.parametrize(
    "address", ["postgresql://byline:correct horse@db:port/news", "postgresql://byline:correct horse@/x?wrong=1"]
)
def test_an_address_that_cannot_be_read_is_refused_without_being_told(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="no address") as caught:
        Postgres(tmp_path, address)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__suppress_context__
