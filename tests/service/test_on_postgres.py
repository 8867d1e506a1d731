"""The service on a library in PostgreSQL: what one machine stores all of them find; an outage is a 503 that ends."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryError
from corpus.library.mark import FILE_NAME
from indexing.errors import IndexBroken
from indexing.generations.carrying_out import carry_out_in_other_process
from indexing.generations.manifest import current_number
from indexing.generations.publishing import publish
from indexing.generations.step import Step
from indexing.vectors.plan import BY_SIZE
from service.backup.making import make_backup
from service.backup.restoring import check_backup, restore_backup
from service.compose import Parts
from service.doctor.examine import examine
from service.http.problems import RETRY_SECONDS
from service.mending import open_index
from service.settings import SettingsError, load_settings
from tests.corpus.test_library_samples import new_library, put
from tests.fakes import WordEncoder, fake_parts
from tests.postgres import Server, programs, running
from tests.service.cli_runs import byline, refusal
from tests.service.conftest import FERRY, HARBOUR, salthaven
from tests.service.replied import VERIFIED
from tests.service.serving import serving
from tests.sqlite_logs import left_behind

PASSWORD = "correct-horse"  # noqa: S105 - what must not be told
ASKED = {"question": "Why was the harbour closed?"}


def with_password(address: str) -> SecretStr:
    return SecretStr(address.replace("byline@", f"byline:{PASSWORD}@"))


@pytest.fixture
def address(postgres: Server) -> SecretStr:
    return with_password(postgres.new_database())


@pytest.fixture
def client(address: SecretStr, tmp_path: Path) -> Iterator[httpx.Client]:
    with salthaven(tmp_path / "here", library=address) as found:
        yield found


def test_what_one_machine_stores_or_removes_the_next_question_to_another_knows(
    client: httpx.Client, address: SecretStr, tmp_path: Path
) -> None:
    with serving(fake_parts(tmp_path / "there", library=address, answerable_threshold=0.0)) as other:
        first, second = (each.post("/v1/ask", json=ASKED).json() for each in (client, other))
        assert first["answer"]["citations"]
        assert (first["answer"], first["passages"]) == (second["answer"], second["passages"])
        assert other.put("/v1/articles/visit", json={"text": "A zeppelin landed."}).status_code == 201
        (passage, *_) = client.post("/v1/search", json={"query": "zeppelin"}).json()["passages"]
        assert passage["text"] == "A zeppelin landed."
        assert client.delete("/v1/articles/harbour").status_code == 204
        assert [one["id"] for one in other.get("/v1/articles").json()["articles"]] == ["ferry", "visit"]
        cited = first["answer"]["citations"][0]
        body = {key: cited[key] for key in VERIFIED}
        assert other.post("/v1/verify", json=body).json() == {"valid": True, "reason": None, "current": False}


def test_while_the_server_is_down_everything_is_a_503_without_the_password_and_then_answered_again(
    request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # skips where there is none
    request.getfixturevalue("postgres")
    binaries = programs()
    assert binaries is not None
    with ExitStack() as stack:
        own = stack.enter_context(running(binaries))
        client = stack.enter_context(salthaven(tmp_path, library=with_password(own.new_database())))
        before = client.post("/v1/ask", json=ASKED).json()
        own.stop()
        attempts: tuple[Callable[[], httpx.Response], ...] = (
            lambda: client.post("/v1/ask", json=ASKED),
            lambda: client.post("/v1/search", json={"query": "harbour"}),
            lambda: client.get("/v1/articles"),
            lambda: client.put("/v1/articles/new", json={"text": "A zeppelin landed."}),
            lambda: client.delete("/v1/articles/ferry"),
            lambda: client.get("/readyz"),
        )
        for attempt in attempts:
            refused = attempt()
            assert (refused.status_code, refused.headers["retry-after"]) == (503, str(RETRY_SECONDS)), refused.text
            assert "cannot use PostgreSQL's database" in refused.json()["detail"]
            assert PASSWORD not in refused.text
        assert client.get("/livez").status_code == 200
        own.start()
        after = client.post("/v1/ask", json=ASKED).json()
        assert (after["answer"], after["passages"]) == (before["answer"], before["passages"])
        assert client.put("/v1/articles/new", json={"text": "A zeppelin landed."}).status_code == 201
    assert "cannot use PostgreSQL's database" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_backup_is_the_same_file_whichever_database_it_is_of_and_restores_into_either(
    client: httpx.Client, address: SecretStr, tmp_path: Path
) -> None:
    before = client.post("/v1/ask", json=ASKED).json()
    parts = fake_parts(tmp_path / "here", library=address)
    backup = tmp_path / "backup"
    made = make_backup(parts.database, backup)
    assert (made.library.counts.articles, sorted(made.files)) == (2, ["library.sqlite3"])
    client.delete("/v1/articles/harbour")
    restore_backup(backup, parts.database, replace=True, wait_seconds=5, plan=BY_SIZE)
    # the service goes over to it by itself, indexes and all
    after = client.post("/v1/ask", json=ASKED).json()
    assert (after["answer"], after["passages"]) == (before["answer"], before["passages"])
    restore_backup(backup, tmp_path / "elsewhere", wait_seconds=5, plan=BY_SIZE)
    with serving(fake_parts(tmp_path / "elsewhere", answerable_threshold=0.0)) as other:
        assert other.post("/v1/ask", json=ASKED).json()["answer"] == before["answer"]
    parts.close()


def test_a_backup_is_whole_whatever_sqlite_leaves_in_its_log(
    client: httpx.Client, address: SecretStr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").json()["passages"]
    with closing(fake_parts(tmp_path / "here", library=address)) as parts, left_behind(monkeypatch):
        made = make_backup(parts.database, tmp_path / "backup")
        assert check_backup(tmp_path / "backup") == made
    assert made.library.counts.articles == 2


def test_after_a_restore_another_machine_refuses_until_its_mark_is_removed_and_its_indexes_are_rebuilt(
    client: httpx.Client, address: SecretStr, tmp_path: Path
) -> None:
    there, backup = tmp_path / "there", tmp_path / "backup"

    def elsewhere() -> Parts:
        return fake_parts(there, library=address, encoder=WordEncoder(), answerable_threshold=0.0)

    zeppelin, submarine = {"text": "A zeppelin landed."}, {"text": "A submarine surfaced."}
    with closing(fake_parts(tmp_path / "here", library=address)) as parts:
        make_backup(parts.database, backup)
        with serving(elsewhere()) as other:
            assert other.put("/v1/articles/visit", json=zeppelin).status_code == 201
            with closing(elsewhere()) as again:
                publish(again.library, wait_seconds=5, plan=BY_SIZE)
            assert other.post("/v1/search", json={"query": "zeppelin"}).status_code == 200
            restore_backup(backup, parts.database, replace=True, wait_seconds=5, plan=BY_SIZE)
            # a commit with the number of the one that is gone, and passages with its ids
            assert client.put("/v1/articles/dive", json=submarine).status_code == 201
            assert other.post("/v1/search", json={"query": "zeppelin"}).status_code == 503
            assert other.put("/v1/articles/visit", json=zeppelin).status_code == 503
    with closing(elsewhere()) as refused, pytest.raises(LibraryBroken, match=r"lacks changes .* up to commit 3"):
        open_index(refused)
    # as docs/postgresql.md has it
    (there / FILE_NAME).unlink()
    with closing(elsewhere()) as refused, pytest.raises(IndexBroken, match="another history"):
        open_index(refused)
    rebuilt = byline("rebuild", home=there, variables={"BYLINE_LIBRARY": address.get_secret_value()})
    assert rebuilt.status == 0, rebuilt.err
    with serving(elsewhere()) as other:
        (passage, *_) = other.post("/v1/search", json={"query": "submarine"}).json()["passages"]
        assert passage["text"] == submarine["text"]
        assert other.put("/v1/articles/visit", json=zeppelin).status_code == 201


def test_indexes_are_built_by_a_process_of_their_own_that_no_environment_tells_the_address(
    client: httpx.Client, address: SecretStr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "here"
    assert client.get("/readyz").json()["passages"]
    monkeypatch.delenv("BYLINE_LIBRARY", raising=False)
    with closing(fake_parts(home, library=address)) as parts:
        before = current_number(home) or 0
        carry_out_in_other_process(Step.REBUILD, parts.library, wait_seconds=5, plan=BY_SIZE)
        assert (current_number(home) or 0) > before


def test_the_command_moves_a_library_there_and_back_and_tells_the_checksums(postgres: Server, tmp_path: Path) -> None:
    put(new_library(tmp_path), Article(id="a", text="The ferry sailed.", title="Ferry"))
    assert "BYLINE_LIBRARY" in refusal(byline("migrate", "postgresql", home=tmp_path))
    named = {"BYLINE_LIBRARY": with_password(postgres.new_database()).get_secret_value()}
    there = byline("migrate", "postgresql", "--json", home=tmp_path, variables=named)
    assert [(one["table"], one["rows"]) for one in there.json["tables"]][2:] == [
        *(("revisions", 1), ("articles", 1), ("passages", 3), ("vectors", 3), ("pieces", 3))
    ]
    back = byline("migrate", "sqlite", home=tmp_path, variables=named)
    assert back.status == 0, back.err
    for one in there.json["tables"]:
        assert one["sha256"][:32] in back.out
    assert "migrated commit 1 from PostgreSQL's database" in back.out
    assert PASSWORD not in there.out + there.err + back.out + back.err


def test_doctor_finds_a_library_in_postgres_sound_and_tells_when_it_is_not_there(
    postgres: Server, address: SecretStr, tmp_path: Path
) -> None:
    parts = fake_parts(tmp_path, library=address)
    with serving(parts) as client:
        for article_id, body in (("harbour", HARBOUR), ("ferry", FERRY)):
            assert client.put(f"/v1/articles/{article_id}", json=body).status_code == 201
    publish(parts.library, wait_seconds=5, plan=BY_SIZE)
    wrong = [finding for finding in examine(parts) if not finding.sound]
    # the server of the tests is set up for speed
    assert [finding.problems for finding in wrong] == [
        ("PostgreSQL runs with fsync = off", "PostgreSQL runs with full_page_writes = off")
    ]
    parts.close()
    absent = fake_parts(tmp_path, library=SecretStr(postgres.address("absent", password=PASSWORD)))
    wrong = [finding for finding in examine(absent) if not finding.sound]
    assert [finding.problems[0].partition(" at ")[0] for finding in wrong] == [
        f"{tmp_path}: cannot use PostgreSQL's database absent"
    ]
    assert PASSWORD not in str(wrong)


def test_a_wrong_address_names_the_setting_and_not_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for address in (f"mysql://byline:{PASSWORD}@db/news", f"postgresql://byline:{PASSWORD}@db/news?wrong=1"):
        monkeypatch.setenv("BYLINE_LIBRARY", address)
        with pytest.raises(SettingsError, match=r"^BYLINE_LIBRARY: ") as caught:
            _ = fake_parts(tmp_path, **load_settings().model_dump(include={"library"})).database
        assert PASSWORD not in repr(caught.value) + str(caught.value.__cause__)
    monkeypatch.setenv("BYLINE_LIBRARY", f"postgresql://byline:{PASSWORD}@127.0.0.1:1/news")
    settings = load_settings(home=tmp_path)
    assert PASSWORD not in repr(settings)
    with pytest.raises(LibraryError, match="Connection refused") as refused:
        _ = fake_parts(tmp_path, library=settings.library).library
    assert PASSWORD not in str(refused.value)
