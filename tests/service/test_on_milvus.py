"""A service whose indexes an engine has: what it answers while that is down, slow, read-only, and after."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from indexing.errors import IndexBroken, MilvusRefused
from indexing.generations.step import Step
from indexing.milvus.client import Client
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
from service.compose import Parts
from service.doctor.examine import examine
from service.doctor.finding import Finding
from service.http.problems import RETRY_SECONDS
from service.settings import load_settings
from tests.fakes import WordEncoder, fake_parts
from tests.indexing.samples import uncovered
from tests.milvus import MilvusProcess
from tests.service.conftest import FERRY, HARBOUR
from tests.service.replied import VERIFIED
from tests.service.serving import serving

pytestmark = pytest.mark.server

TOKEN = "root:not-to-be-shown"  # noqa: S105 - of nobody
ENGINE = "Milvus answers and keeps up"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusProcess]:
    with MilvusProcess(tmp_path_factory.mktemp("engine")) as found:
        yield found


@pytest.fixture
def engine(shared: MilvusProcess) -> MilvusProcess:
    """One that takes calls, whatever the test before did to it; each test has a library of its own in it."""
    shared.restore()
    return shared


def parts_with(engine: MilvusProcess, home: Path, *, timeout_seconds: float = 0.5) -> Parts:
    return fake_parts(
        home,
        encoder=WordEncoder(),
        answerable_threshold=0.0,
        milvus=engine.uri,
        milvus_token=load_settings().model_validate({"milvus_token": TOKEN}).milvus_token,
        milvus_timeout_seconds=timeout_seconds,
    )


@pytest.fixture
def parts(engine: MilvusProcess, tmp_path: Path) -> Parts:
    return parts_with(engine, tmp_path / "library")


@pytest.fixture
def client(parts: Parts) -> Iterator[httpx.Client]:
    with serving_two(parts) as found:
        yield found


@contextmanager
def serving_two(parts: Parts) -> Iterator[httpx.Client]:
    """A service with one article in the engine and one newer than it."""
    with serving(parts) as found:
        assert found.put("/v1/articles/harbour", json=HARBOUR).status_code == 201
        until(lambda: published(parts) == 1)
        assert found.put("/v1/articles/ferry", json=FERRY).status_code == 201
        yield found


def titles(client: httpx.Client, query: str, **more: object) -> list[str]:
    response = client.post("/v1/search", json={"query": query, "k": 9, **more})
    assert response.status_code == 200, response.text
    return sorted({hit["article_id"] for hit in response.json()["passages"]})


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in 20 seconds"
        time.sleep(0.1)


def published(parts: Parts) -> int | None:
    with parts.index.reading() as (_, view):
        return view.number


def is_refused(client: httpx.Client) -> None:
    """Questions get a 503 that says what is wrong and nothing that is secret."""
    started = time.monotonic()
    for response in (
        client.post("/v1/search", json={"query": "crane"}),
        client.post("/v1/ask", json={"question": "Why was the harbour closed?"}),
        client.get("/readyz"),
    ):
        assert response.status_code == 503
        assert response.headers["retry-after"] == str(RETRY_SECONDS)
        detail = response.json()["detail"]
        assert detail.startswith("BYLINE_MILVUS: Milvus at http://127.0.0.1:")
        assert "articles go on being stored" in detail
        assert "not-to-be-shown" not in response.text
    assert time.monotonic() - started < 5
    assert client.get("/livez").status_code == 200


def test_questions_filters_and_figures_come_from_the_engine_and_what_is_newer(client: httpx.Client) -> None:
    assert titles(client, "crane ferry") == ["ferry", "harbour"]
    assert titles(client, "crane ferry", filters={"publishers": ["The Salthaven Courier"]}) == ["harbour"]
    assert titles(client, "crane ferry", filters={"published_to": "2023-12-31"}) == ["ferry"]
    figures = client.get("/metrics").text
    assert "byline_index_generation 1.0" in figures
    assert client.get("/readyz").json()["status"] == "ready"
    for question in ("Why was the harbour closed?", "What does the operator blame?"):
        for cited in client.post("/v1/ask", json={"question": question}).json()["answer"]["citations"]:
            place = {key: cited[key] for key in VERIFIED}
            assert client.post("/v1/verify", json=place).json()["valid"] is True


def test_while_it_is_down_writes_are_kept_and_it_recovers_by_itself(
    client: httpx.Client, engine: MilvusProcess
) -> None:
    engine.kill()
    is_refused(client)
    newer = {**FERRY, "title": "Lighthouse repaired", "text": "The lighthouse was repaired in a week."}
    assert client.put("/v1/articles/lighthouse", json=newer).status_code == 201
    assert client.delete("/v1/articles/harbour").status_code == 204
    engine.start()
    until(lambda: client.get("/readyz").status_code == 200)
    assert titles(client, "crane ferry lighthouse") == ["ferry", "lighthouse"]


def test_one_that_does_not_answer_in_time_is_told_of_as_one_that_is_down(
    client: httpx.Client, engine: MilvusProcess
) -> None:
    engine.hold_up()
    is_refused(client)
    engine.go_on()
    until(lambda: client.get("/readyz").status_code == 200)
    assert titles(client, "crane ferry") == ["ferry", "harbour"]


def test_one_that_is_still_loading_is_told_of_as_one_that_is_down(client: httpx.Client, engine: MilvusProcess) -> None:
    engine.begin_loading()
    is_refused(client)
    assert client.put("/v1/articles/ferry", json={**FERRY, "title": "Ferry back"}).status_code == 200
    engine.end_loading()
    until(lambda: client.get("/readyz").status_code == 200)
    assert titles(client, "crane ferry") == ["ferry", "harbour"]


def test_a_service_starts_without_the_engine_and_answers_once_it_is_there(
    parts: Parts, engine: MilvusProcess, tmp_path: Path
) -> None:
    with serving(parts) as client:
        assert client.put("/v1/articles/harbour", json=HARBOUR).status_code == 201
        parts.rebuild()
    engine.kill()
    with serving(parts_with(engine, tmp_path / "library")) as client:
        is_refused(client)
        assert client.put("/v1/articles/ferry", json=FERRY).status_code == 201
        engine.start()
        until(lambda: client.get("/readyz").status_code == 200)
        assert titles(client, "crane ferry") == ["ferry", "harbour"]


def test_one_that_refuses_to_be_written_to_is_searched_and_caught_up_with_later(
    client: httpx.Client, engine: MilvusProcess, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    engine.refuse_writes(refuse=True)
    many = "\n\n".join(
        f"Ferry {number} sailed from pier {number * 7} at noon with {number} cars." for number in range(99)
    )
    for name in "abcdef":
        assert client.put(f"/v1/articles/{name}", json={**FERRY, "text": many}).status_code in {200, 201}
    assert titles(client, "crane pier")[0] == "a"
    with pytest.raises(MilvusRefused, match="disk quota exhausted"):
        parts.generations.carry_out(Step.REBUILD, parts.library, wait_seconds=5, in_other_process=False)
    engine.refuse_writes(refuse=False)
    parts.generations.carry_out(Step.REBUILD, parts.library, wait_seconds=5, in_other_process=True)
    parts.index.adopt()
    with parts.index.reading() as (_, view):
        assert uncovered(view) == 0
    assert "not-to-be-shown" not in caplog.text


def test_no_question_fails_while_the_engine_is_brought_up_to_date_and_filled_anew(
    engine: MilvusProcess, tmp_path: Path
) -> None:
    done, found = threading.Event(), list[list[str]]()
    # two that ask without a pause keep an engine in Python busy: that it is slow is another test's subject
    parts = parts_with(engine, tmp_path / "library", timeout_seconds=20)

    def ask(url: httpx.URL) -> None:
        with httpx.Client(base_url=url, timeout=60) as mine:
            while not done.is_set():
                found.append(titles(mine, "crane ferry"))

    with serving_two(parts) as client, ThreadPoolExecutor(2) as askers:
        asking = [askers.submit(ask, client.base_url) for _ in range(2)]
        try:
            parts.generations.carry_out(Step.REBUILD, parts.library, wait_seconds=5, in_other_process=True)
            for _ in range(3):
                parts.index.adopt()
                time.sleep(0.2)
                parts.rebuild()
        finally:
            done.set()
        for one in asking:
            one.result()
    assert len(found) > 5
    assert {tuple(one) for one in found} == {("ferry", "harbour")}


@pytest.mark.parametrize("collection_too", [False, True], ids=["a row is lost", "the collection is gone"])
def test_a_service_that_starts_mends_rows_and_leaves_a_rebuild_to_its_operator(
    parts: Parts,
    engine: MilvusProcess,
    tmp_path: Path,
    collection_too: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    with serving(parts) as client:
        assert client.put("/v1/articles/harbour", json=HARBOUR).status_code == 201
        assert client.put("/v1/articles/ferry", json=FERRY).status_code == 201
        name = parts.rebuild().parts[0].folder
    direct = Client(engine.address())
    direct.delete(name, [1])
    if collection_too:
        direct.drop(name)
    direct.close()
    again = parts_with(engine, tmp_path / "library")
    if collection_too:
        with pytest.raises(IndexBroken, match="Milvus has no such collection"), serving(again):
            pass
        again.close()
    else:
        with serving(again) as client:
            assert titles(client, "crane ferry") == ["ferry", "harbour"]


def findings(parts: Parts) -> dict[str, Finding]:
    return {finding.check: finding for finding in examine(parts)}


def test_the_doctor_says_what_the_engine_covers_and_finds_it_sound(client: httpx.Client, parts: Parts) -> None:
    assert titles(client, "crane") != []
    found = findings(parts)
    assert [finding.problems for finding in found.values() if not finding.sound] == []
    assert "commit 1 of 2, passages up to" in found[ENGINE].unit
    assert "http://127.0.0.1:" in found[ENGINE].unit


def test_the_doctor_tells_an_engine_that_is_down_from_one_whose_collection_is_gone(
    client: httpx.Client, parts: Parts, engine: MilvusProcess, tmp_path: Path
) -> None:
    assert titles(client, "crane") != []
    with parts.index.reading() as (_, view):
        assert view.generation is not None
        name = view.generation.manifest.parts[0].folder
    client_of_its_own = Client(engine.address())
    client_of_its_own.drop(name)
    client_of_its_own.close()
    again = parts_with(engine, tmp_path / "library")
    broken = findings(again)[ENGINE]
    assert "Milvus has no such collection" in broken.problems[0]
    assert broken.remedy == "run `byline rebuild`"
    engine.kill()
    down = findings(again)[ENGINE]
    assert "does not answer" in down.problems[0]
    assert down.remedy is not None
    assert "BYLINE_MILVUS" in down.remedy
    assert "not-to-be-shown" not in str(down)
    again.close()


def test_what_is_published_by_another_process_is_adopted_without_a_write(
    client: httpx.Client, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.index, "_look_at", 0.0)
    monkeypatch.setattr("indexing.searching._LOOK_SECONDS", 0.0)
    monkeypatch.setattr("indexing.milvus.generations._LOOK_SECONDS", 0.0)

    def covered() -> bool:
        assert titles(client, "crane ferry") == ["ferry", "harbour"]
        with parts.index.reading() as (_, view):
            return (view.number, uncovered(view)) == (2, 0)

    parts.generations.carry_out(Step.REBUILD, parts.library, wait_seconds=5, in_other_process=True)
    until(covered)


def test_the_token_is_no_part_of_what_an_address_shows(engine: MilvusProcess, tmp_path: Path) -> None:
    settings = parts_with(engine, tmp_path / "other").settings
    assert settings.milvus_address is not None
    assert settings.milvus_address.token == TOKEN
    assert "not-to-be-shown" not in repr(settings.milvus_address) + repr(settings)


@pytest.mark.parametrize("later", [False, True], ids=["of this history", "of another history"])
def test_a_backup_that_is_restored_brings_the_engine_along(
    client: httpx.Client,
    parts: Parts,
    tmp_path: Path,
    later: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    make_backup(tmp_path / "library", tmp_path / "backup")
    if later:
        assert client.delete("/v1/articles/harbour").status_code == 204
        parts.generations.carry_out(Step.REBUILD, parts.library, wait_seconds=5, in_other_process=False)
    restored = restore_backup(
        tmp_path / "backup",
        tmp_path / "library",
        replace=True,
        wait_seconds=5,
        plan=parts.plan,
        engine=parts.generations_of,
    )
    assert restored.generation == (3 if later else 2)
    until(lambda: client.get("/readyz").status_code == 200)
    assert titles(client, "crane ferry") == ["ferry", "harbour"]
