"""The benchmark's protocol, spoken to a peer without a library in a process of its own, also to one that fails."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.errors import LibraryMissing
from eval.bench import figures
from eval.bench.collection import Collection, Document, best_articles, read_documents
from eval.bench.environments import fingerprint, python_of
from eval.bench.errors import SystemFailed
from eval.bench.figures import Figures
from eval.bench.fronts import measure_services
from eval.bench.offering import Offered
from eval.bench.process import Talk, environment, memory_mb, talking
from eval.bench.rounds import measure_indexing, measure_questions
from eval.bench.systems import OURS, PEERS, PLAIN, System, Way
from eval.bench.workplace import Workplace, prepared

ADAPTER = Path(__file__).with_name("fake_peer.py")
WAY = Way("search", "/search", lambda question: {"query": question, "k": 3})
FAKE = System("fake", "no library", ADAPTER, (WAY,), pinned=None)
DOCUMENTS = [
    Document("river-0", "River", "A soldier swam it.", "River\nA soldier swam it."),
    Document("river-1", "River", "Guards heard nothing.", "River\nGuards heard nothing."),
    Document("talks-0", "Talks", "The ministry proposed talks.", "Talks\nThe ministry proposed talks."),
]


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    file = tmp_path / "documents.jsonl"
    lines = [{"id": one.id, "title": one.title, "text": one.text, "input": one.input} for one in DOCUMENTS]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    judged = {"q0": "Who heard nothing?", "q1": "Who proposed talks?"}
    return Collection("fake", file, 3, tuple(judged.values()), judged, {"q0": {"river": 1}, "q1": {"talks": 1}})


def model(folder: Path, *, fails: str = "") -> Path:
    made = folder / (fails or "model")
    made.mkdir()
    if fails:
        (made / "fail").write_text(fails, encoding="utf-8")
    return made


@contextmanager
def talk(folder: Path, *, fails: str = "") -> Iterator[Talk]:
    with (folder / "errors").open("w+", encoding="utf-8") as errors:
        python = Path(sys.executable)
        with talking(FAKE, python=python, model=model(folder, fails=fails), threads=1, errors=errors) as process:
            yield process


def workplace(
    folder: Path, collection: Collection, *, systems: tuple[System, ...] = (FAKE,), fails: str = ""
) -> Workplace:
    return Workplace(
        systems={system: Path(sys.executable) for system in systems},
        collection=collection,
        model=model(folder, fails=fails),
        version="1",
        threads=1,
        cache=folder / "cache",
        figures=Figures(),
        tell=lambda _: None,
    )


def test_a_collection_is_indexed_opened_and_asked(tmp_path: Path, collection: Collection) -> None:
    with talk(tmp_path) as process:
        done = process("index", within=20, documents=str(collection.file), first=2, folder=str(tmp_path))
        assert done["documents"] == 2
        assert done["seconds"] > 0
        process("open", within=20, folder=str(tmp_path))
        asked = process("ask", within=20, way="search", questions=["Who heard nothing?"], k=1, warm=True)
        assert asked["ids"] == [["river-1"]]
        assert len(asked["ms"]) == 1
        done = process("throughput", within=20, way="search", questions=["a", "b"], k=1, threads=2, seconds=0.1)
        assert done["per_second"] > 10
        assert process("call", within=20, method="twice", given={"number": 21})["value"] == 42
        assert memory_mb(process.pid, peak=True) >= memory_mb(process.pid) > 1


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("made", "ValueError: it cannot be made"),
        ("index", "index: ValueError: it does not index"),
        ("exit", "ended with status 7 at ask"),
        ("slow", "ask took longer than 1 s"),
    ],
)
def test_what_a_system_cannot_do_names_it_and_says_why(
    tmp_path: Path, collection: Collection, fails: str, told: str
) -> None:

    def all_of_it() -> None:
        with talk(tmp_path, fails=fails) as process:
            process("index", within=20, documents=str(collection.file), first=None, folder=str(tmp_path))
            process("open", within=20, folder=str(tmp_path))
            process("ask", within=1, way="search", questions=["a"], k=1)

    with pytest.raises(SystemFailed, match=told) as caught:
        all_of_it()
    assert caught.value.name == "fake"


def test_an_adapter_that_cannot_be_imported_is_an_error_of_its_system(tmp_path: Path, collection: Collection) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_library", encoding="utf-8")
    work = workplace(tmp_path, collection, systems=(replace(FAKE, adapter=broken),))
    measure_indexing(work, 0, passages=2)
    assert "No module named 'no_such_library'" in work.figures.failed["fake"][0]


def test_every_round_has_every_figure(tmp_path: Path, collection: Collection) -> None:
    work = workplace(tmp_path, collection)
    folders = prepared(work)
    for number in range(2):
        measure_indexing(work, number, passages=2)
        measure_questions(work, folders, number, start=True, query=number == 0)
    assert not work.figures.failed
    for measure in (figures.INDEXING, figures.INDEXING_PEAK, figures.START, figures.START_MB):
        assert len(work.figures.values("fake", measure)) == 2
    for measure in (figures.p50("search"), figures.p90("search"), figures.two_threads("search"), figures.MEMORY):
        assert len(work.figures.values("fake", measure)) == 1
    assert work.figures.values("fake", figures.QUALITY) == [1.0]
    assert work.figures.values("fake", figures.DISK)[0] > 0


def test_a_system_that_crashes_is_told_of_and_the_others_go_on(tmp_path: Path, collection: Collection) -> None:
    crashing = tmp_path / "crashing.py"
    crashing.write_text(ADAPTER.read_text(encoding="utf-8").replace('self._fails == "exit"', "True"), encoding="utf-8")
    work = workplace(tmp_path, collection, systems=(replace(FAKE, name="first", adapter=crashing), FAKE))
    folders = prepared(work)
    measure_questions(work, folders, 0, start=True, query=True)
    assert "ended with status 7" in work.figures.failed["first"][0]
    assert work.figures.values("first", figures.START) == []
    assert len(work.figures.values("fake", figures.p50("search"))) == 1


def test_a_library_that_cannot_be_written_is_told_of_like_any_failure(tmp_path: Path, collection: Collection) -> None:
    work = workplace(tmp_path, collection)
    with work.turn(FAKE, at="1,000 passages"):
        raise LibraryMissing(tmp_path)
    assert work.figures.failed["fake"][0].startswith("1,000 passages: ")


def test_an_index_is_kept_as_long_as_the_collection_is_the_same(tmp_path: Path, collection: Collection) -> None:
    work = workplace(tmp_path, collection)
    (folder,) = prepared(work).values()
    (folder / "mine").touch()
    assert prepared(work) == {FAKE: folder}
    assert (folder / "mine").exists()


@pytest.mark.server
def test_a_service_is_started_asked_and_offered_rates(tmp_path: Path, collection: Collection) -> None:
    offered = list[tuple[str, float]]()

    def offer(url: str, bodies: object, rate: float, seconds: float) -> Offered:
        assert bodies == [b'{"query": "Who heard nothing?", "k": 3}', b'{"query": "Who proposed talks?", "k": 3}']
        offered.append((url, seconds))
        return Offered(rate, rate, 1.0, 10.0 if rate < 100 else 60.0, 0)

    work = workplace(tmp_path, collection)
    measure_services(work, prepared(work), 0, offer=offer, seconds=0.5)
    assert not work.figures.failed
    assert work.figures.values("fake", figures.SERVICE_START)[0] > 0
    assert 90 < work.figures.values("fake", figures.served("search"))[0] < 100
    assert all(url.startswith("http://127.0.0.1:") and url.endswith("/search") for url, _ in offered)
    assert offered[1] == (offered[0][0], 10.0), "at 10 a second for as long as 100 requests take"
    assert offered[-1][1] < 1.2


@pytest.mark.server
def test_a_service_that_does_not_answer_is_told_of(tmp_path: Path, collection: Collection) -> None:
    lost = replace(FAKE, ways=(replace(WAY, path="/elsewhere"),))
    work = workplace(tmp_path, collection, systems=(lost,))
    measure_services(work, prepared(work), 0, offer=lambda *_: Offered(1, 1, 1, 1, 0), seconds=0.5)
    assert "answers 404" in work.figures.failed["fake"][0]


def test_documents_are_read_back_and_stand_for_their_article_once(collection: Collection) -> None:
    assert list(read_documents(collection.file)) == DOCUMENTS
    assert best_articles(["talks-0", "river-1", "a-b-3", "river-0"], k=3) == ["talks", "river", "a-b"]


def test_peers_get_the_same_threads_and_nothing_of_our_packages() -> None:
    given = environment(PLAIN, threads=3)
    assert given["OMP_NUM_THREADS"] == given["RAYON_NUM_THREADS"] == "3"
    assert "PYTHONPATH" not in given
    ours = environment(OURS, threads=3)
    assert ours["BYLINE_THREADS"] == "3"
    assert "OMP_NUM_THREADS" not in ours
    assert given["HF_HUB_OFFLINE"] == ours["HF_HUB_OFFLINE"] == "1"


def test_every_peer_has_its_adapter_and_its_versions() -> None:
    for peer in PEERS:
        assert peer.adapter.is_file()
        assert peer.pinned is not None
        assert peer.version != "?"
        lines = [line for line in peer.pinned.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert all(line.count("==") == 1 and "/" not in line for line in lines)
    assert (
        len({peer.pinned.read_text(encoding="utf-8").partition("torch==")[2][:6] for peer in PEERS if peer.pinned}) == 1
    )


def test_an_environment_is_made_once_and_one_that_cannot_be_is_removed(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("a==1\n", encoding="utf-8")
    bad.write_text("b==2\n", encoding="utf-8")
    commands = list[Sequence[str]]()

    def run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        commands.append(command)
        if "venv" in command:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        failed = str(bad) in command
        return subprocess.CompletedProcess(command, int(failed), "", "no matching distribution" if failed else "")

    peer = replace(FAKE, pinned=good)
    python = python_of(peer, cache=tmp_path, pip_flags=["--no-index"], run=run)
    assert python.exists()
    assert python_of(peer, cache=tmp_path, run=run) == python
    assert len(commands) == 2
    assert commands[1][0] == str(python)
    assert "--no-index" in commands[1]
    assert fingerprint(good) != fingerprint(bad)
    with pytest.raises(SystemFailed, match="fake: cannot be installed: no matching distribution"):
        python_of(replace(peer, pinned=bad), cache=tmp_path, run=run)
    assert not list((tmp_path / "bench" / "peers" / "fake").glob("*"))
