"""A PostgreSQL that is set up wrong, behind or changed: refused with its reason, and never taken for the library."""

from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryMismatch, LibraryMissing, LibraryUnavailable
from corpus.library.postgres.database import Postgres
from corpus.library.reading import Library
from tests.corpus.postgres.asked import PASSWORD, opened, put_now, title, told
from tests.corpus.test_library_samples import new_library, put
from tests.postgres import Server


def copied_as_before(postgres: Server, address: str) -> tuple[str, str]:
    """The name of a database, and of a copy of it as a server has it that is behind from here on."""
    name = address.partition("?")[0].rpartition("/")[2]
    with told(postgres.address("postgres")) as connection:
        connection.execute(f"CREATE DATABASE {name}_before TEMPLATE {name}".encode())
    return name, f"{name}_before"


def test_where_nobody_made_a_library_reading_and_writing_say_so(address: str, tmp_path: Path) -> None:
    place = Postgres(tmp_path, address)
    for attempt in (lambda: Library(place), lambda: put_now(place)):
        with pytest.raises(LibraryMissing, match="there is no library in PostgreSQL's database library"):
            attempt()


def test_an_encoding_in_the_address_is_not_taken(place: Postgres, address: str) -> None:
    with opened(Postgres(place.home, f"{address}&client_encoding=LATIN1")) as library:
        put(place, Article(id="b", text="서울 😀", title="t"))
        with library.snapshot() as snapshot:
            assert snapshot.revision("b").article.text == "서울 😀"


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
    name, before = copied_as_before(postgres, address)
    put(place, Article(id="b", text="x", title="t"))
    failed_over = Postgres(place.home, address.replace(f"/{name}?", f"/{before}?"))
    with pytest.raises(LibraryBroken, match=f"{before} .*lacks changes that were acknowledged, up to commit 2"):
        Library(failed_over)
    with pytest.raises(LibraryBroken, match="lacks changes that were acknowledged"):
        put_now(failed_over)


def test_a_process_that_goes_on_misses_what_the_server_that_it_finds_again_has_lost(
    place: Postgres, postgres: Server, address: str
) -> None:
    name, before = copied_as_before(postgres, address)
    put(place, Article(id="b", text="x", title="t"))
    with told(postgres.address("postgres")) as connection, opened(place) as library:
        assert title(library) == "Ferry"
        # as a failover to a standby that was behind
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        users = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(users, (name,))
        connection.execute(f"ALTER DATABASE {name} RENAME TO {name}_lost".encode())
        connection.execute(f"ALTER DATABASE {before} RENAME TO {name}".encode())
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
        with pytest.raises(LibraryBroken, match="is gone; `byline restore` puts a backup in its place"):
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
