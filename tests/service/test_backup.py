"""Backups: whole or not there, checked before they are used, and put back under a running service in one step."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken, LibraryBusy, LibraryMissing, LibraryUnavailable
from corpus.library.lock import WRITER, exclusive
from corpus.library.reading import Library
from corpus.library.sqlite import schema
from corpus.library.sqlite.copying import contents_of
from indexing.generations.manifest import CURRENT, FOLDER, current_number
from indexing.ingest import Draft
from indexing.vectors.plan import BY_SIZE
from service.backup.errors import BackupBroken, BackupExists, BackupUnavailable
from service.backup.making import make_backup
from service.backup.manifest import MANIFEST
from service.backup.restoring import Restored, check_backup, restore_backup
from service.feedback.store import FEEDBACK, add_feedback, read_feedback
from service.keys.store import KEYS, create_key, list_keys
from tests.fakes import fake_parts
from tests.service.cli_runs import ROOT, byline, copied, refusal, succeeded
from tests.service.serving import serving

FILES = (schema.FILE_NAME, "feedback.sqlite3", MANIFEST)


def put(home: Path, *names: str) -> None:
    """Stores an article of each name, which stands in its text."""
    parts = fake_parts(home)
    try:
        drafts = [Draft(Article(name, f"The {name} reopened on Tuesday. Nobody was hurt.", name)) for name in names]
        list(parts.ingester.put_all(drafts))
    finally:
        parts.close()


def compact(home: Path) -> None:
    parts = fake_parts(home)
    try:
        parts.compact()
    finally:
        parts.close()


def ids(home: Path) -> list[str]:
    """Of the articles, each of which is found by its word, and by nothing else."""
    parts = fake_parts(home)
    try:
        with parts.library.snapshot() as snapshot:
            assert snapshot.damage() == []
            held = [summary.id for summary in snapshot.summaries()]
        for name in held:
            assert parts.engine.search(name, k=1)[0].passage.article_id == name
        found = {hit.passage.article_id for hit in parts.engine.search("reopened", k=100)}
        assert found == set(held)
    finally:
        parts.close()
    return held


def restored(folder: Path, home: Path, *, replace: bool = False) -> Restored:
    return restore_backup(folder, home, replace=replace, wait_seconds=5, plan=BY_SIZE)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two articles, indexes, feedback and a key, and beside it a backup of it; to be copied."""
    folder = tmp_path_factory.mktemp("template")
    put(folder / "home", "harbour", "ferry")
    compact(folder / "home")
    add_feedback(folder / "home", '{"question": "Who?"}')
    create_key(folder / "home", "chatbot")
    make_backup(folder / "home", folder / "backup")
    return folder


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return copied(template / "home", tmp_path / "home")


@pytest.fixture
def backup(template: Path, tmp_path: Path) -> Path:
    return copied(template / "backup", tmp_path / "backup")


def test_a_backup_holds_the_library_and_the_feedback_and_no_keys_and_no_indexes(home: Path, tmp_path: Path) -> None:
    manifest = make_backup(home, tmp_path / "made")
    assert sorted(file.name for file in (tmp_path / "made").iterdir()) == sorted(FILES)
    assert check_backup(tmp_path / "made") == manifest
    assert (manifest.library.counts.articles, manifest.feedback) == (2, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "made"], "nothing unfinished is left"
    (key,) = list_keys(home)
    assert key.sha256 in KEYS.of(home).read_bytes()
    assert key.sha256 not in b"".join(file.read_bytes() for file in (tmp_path / "made").iterdir())


def test_a_backup_of_a_home_without_feedback_restores_to_one_without(tmp_path: Path) -> None:
    put(tmp_path / "home", "harbour")
    assert make_backup(tmp_path / "home", tmp_path / "backup").feedback == 0
    restored(tmp_path / "backup", tmp_path / "new")
    assert ids(tmp_path / "new") == ["harbour"]
    assert not FEEDBACK.of(tmp_path / "new").exists()


def test_what_is_restored_where_nothing_was_is_searched_by_indexes_of_its_own(backup: Path, tmp_path: Path) -> None:
    done = restored(backup, tmp_path / "new")
    assert done.generation == 1
    assert ids(tmp_path / "new") == ["ferry", "harbour"]
    assert [entry.json for entry in read_feedback(tmp_path / "new")] == ['{"question": "Who?"}']
    put(tmp_path / "new", "crane")
    assert ids(tmp_path / "new") == ["crane", "ferry", "harbour"]


def test_a_former_library_is_replaced_only_if_that_is_asked_for_and_nothing_newer_comes_back(
    home: Path, backup: Path
) -> None:
    put(home, "crane")
    compact(home)
    add_feedback(home, '{"question": "When?"}')
    with pytest.raises(BackupExists, match="--replace"):
        restored(backup, home)
    assert ids(home) == ["crane", "ferry", "harbour"]
    assert restored(backup, home, replace=True).generation == 3
    assert ids(home) == ["ferry", "harbour"]
    assert len(list(read_feedback(home))) == 1
    assert KEYS.of(home).exists()
    # another history takes the numbers that the former one had given
    put(home, "bridge")
    assert ids(home) == ["bridge", "ferry", "harbour"]


def test_indexes_that_are_of_the_restored_history_are_kept(home: Path, backup: Path) -> None:
    put(home, "crane")
    assert restored(backup, home, replace=True).generation is None
    assert ids(home) == ["ferry", "harbour"]


def test_indexes_that_cannot_be_trusted_are_made_anew(home: Path, backup: Path) -> None:
    (home / FOLDER / CURRENT).write_text("nonsense")
    assert restored(backup, home, replace=True).generation == 2
    assert ids(home) == ["ferry", "harbour"]


def test_feedback_alone_is_not_replaced_unasked_either(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    add_feedback(tmp_path / "new", "{}")
    with pytest.raises(BackupExists, match="feedback"):
        restored(backup, tmp_path / "new")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["flipped", "cut", "emptied", "missing"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(home: Path, backup: Path, name: str, how: str) -> None:
    file = backup / name
    content = file.read_bytes()
    middle = len(content) // 2
    if how == "missing":
        file.unlink()
    else:
        damaged = {"flipped": content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :],
                   "cut": content[:middle], "emptied": b""}  # fmt: skip
        file.write_bytes(damaged[how])
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with pytest.raises(BackupBroken) as caught:
        restored(backup, home, replace=True)
    assert str(backup) in str(caught.value)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_manifest_that_tells_of_another_library_is_refused(home: Path, backup: Path) -> None:
    raw = json.loads((backup / MANIFEST).read_text())
    raw["library"]["counts"]["articles"] = 3
    (backup / MANIFEST).write_text(json.dumps(raw))
    with pytest.raises(BackupBroken, match="something else"):
        restored(backup, home, replace=True)


def test_a_folder_that_is_no_backup_is_refused_both_ways(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("not to be lost")
    with pytest.raises(BackupBroken, match="no backup"):
        restored(other, home, replace=True)
    for replace in (False, True):
        with pytest.raises(BackupExists, match="is no backup, and is not replaced; name another folder"):
            make_backup(home, other, replace=replace)
    assert (other / "letter.txt").read_text() == "not to be lost"


def test_a_former_backup_is_replaced_only_if_that_is_asked_for(home: Path, backup: Path) -> None:
    put(home, "crane")
    with pytest.raises(BackupExists, match="--replace"):
        make_backup(home, backup)
    assert check_backup(backup).library.counts.articles == 2
    make_backup(home, backup, replace=True)
    assert check_backup(backup).library.counts.articles == 3
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_a_library_that_is_damaged_or_not_there_is_not_backed_up(home: Path, tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing):
        make_backup(tmp_path / "nowhere", tmp_path / "made")
    with closing(sqlite3.connect(schema.database(home))) as database, database:
        database.execute("UPDATE revisions SET text = replace(text, 'Tuesday', 'Thursday')")
    with pytest.raises(LibraryBroken, match="is damaged"):
        make_backup(home, tmp_path / "made")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_backup_that_is_made_while_others_write_is_the_library_at_one_commit(tmp_path: Path) -> None:
    home = tmp_path / "home"
    put(home, "a0")
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            # two articles a commit: a backup has both or neither
            put(home, f"a{number}", f"b{number}")
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        made = []
        for number in range(6):
            made.append(make_backup(home, tmp_path / f"backup{number}"))
            written.clear()
            assert written.wait(60), "nothing was written meanwhile"
    finally:
        stop.set()
        thread.join()
    for number, manifest in enumerate(made):
        restored(tmp_path / f"backup{number}", tmp_path / f"home{number}")
        held = ids(tmp_path / f"home{number}")
        assert len(held) == manifest.library.counts.articles
        assert {name[1:] for name in held if name[0] == "b"} == {name[1:] for name in held if name[0] == "a"} - {"0"}
    commits = [manifest.library.commit for manifest in made]
    assert commits == sorted(commits)
    assert commits[0] < commits[-1]


def test_a_restoration_waits_for_who_writes_and_then_gives_up(home: Path, backup: Path) -> None:
    with exclusive(home, WRITER, wait_seconds=0), pytest.raises(LibraryBusy):
        restore_backup(backup, home, replace=True, wait_seconds=0, plan=BY_SIZE)
    assert ids(home) == ["ferry", "harbour"]


@pytest.mark.parametrize("content", [b"", b"no database" * 1000, b"SQLite format 3\x00" + b"\xa5" * 9000])
def test_a_library_that_cannot_be_opened_makes_way(home: Path, backup: Path, content: bytes) -> None:
    schema.database(home).write_bytes(content)
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]


def test_a_library_that_cannot_be_opened_makes_no_way_while_a_process_holds_it(home: Path, backup: Path) -> None:
    holds = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("SELECT count(*) FROM articles").fetchone()
print("open", flush=True)
sys.stdin.read()
"""
    file = schema.database(home)
    with subprocess.Popen([sys.executable, "-c", holds, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with file.open("r+b") as stream:
            stream.write(b"\x00" * 100)
        with pytest.raises(LibraryUnavailable, match="stop the service"):
            restored(backup, home, replace=True)
        child.communicate()
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from corpus.library.sqlite import copying
from indexing.vectors.plan import BY_SIZE
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
copying._PAGES = 1
after = int(sys.argv[4])
def tell(done, total):
    if done >= after:
        os.kill(os.getpid(), signal.SIGKILL)
home, folder = map(Path, sys.argv[2:4])
if sys.argv[1] == "backup":
    make_backup(home, folder, replace=True, on_progress=tell)
else:
    restore_backup(folder, home, replace=True, wait_seconds=5, plan=BY_SIZE, on_progress=tell)
"""


def killed(what: str, home: Path, folder: Path, *, after: int) -> None:
    command = [sys.executable, "-c", _KILLED, what, str(home), str(folder), str(after)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_backup_that_is_killed_leaves_the_former_one_and_the_next_begins_anew(home: Path, backup: Path) -> None:
    put(home, "crane")
    killed("backup", home, backup, after=3)
    assert check_backup(backup).library.counts.articles == 2
    assert make_backup(home, backup, replace=True).library.counts.articles == 3
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_restoration_that_is_killed_leaves_the_former_library_or_none(
    home: Path, backup: Path, *, lost: bool
) -> None:
    put(home, "crane")
    if lost:
        schema.database(home).unlink()
    killed("restore", home, backup, after=5)
    if lost:
        with pytest.raises(LibraryMissing):
            Library(home)
    else:
        assert ids(home) == ["crane", "ferry", "harbour"]
    restored(backup, home, replace=True)
    assert ids(home) == ["ferry", "harbour"]


_FULL = """
import resource, signal, sys
from pathlib import Path
from corpus.errors import LibraryUnavailable
from indexing.vectors.plan import BY_SIZE
from service.backup.errors import BackupUnavailable
from service.backup.making import make_backup
from service.backup.restoring import restore_backup
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
home, folder = map(Path, sys.argv[2:4])
try:
    if sys.argv[1] == "backup":
        make_backup(home, folder)
    else:
        restore_backup(folder, home, replace=True, wait_seconds=5, plan=BY_SIZE)
except (BackupUnavailable, LibraryUnavailable) as error:
    sys.exit(0)
sys.exit("nothing was raised")
"""


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_a_disk_that_fills_up_leaves_no_half_of_anything(home: Path, backup: Path, tmp_path: Path, what: str) -> None:
    folder = tmp_path / "made" if what == "backup" else backup
    command = [sys.executable, "-c", _FULL, what, str(home), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "made").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert ids(home) == ["ferry", "harbour"]


def test_a_backup_into_a_folder_that_cannot_be_written_is_told_of(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BackupUnavailable):
        make_backup(home, tmp_path / "file" / "backup")


def test_two_backups_of_one_name_are_not_made_at_once(home: Path, tmp_path: Path) -> None:
    held = exclusive(tmp_path / ".made.unfinished", "backup.lock", wait_seconds=0)
    with held, pytest.raises(BackupUnavailable, match="another process"):
        make_backup(home, tmp_path / "made")
    shutil.rmtree(tmp_path / ".made.unfinished")
    make_backup(home, tmp_path / "made")


_SERVICE = """
import sys
from pathlib import Path
from tests.fakes import fake_parts
from tests.service.serving import serving
with serving(fake_parts(Path(sys.argv[1]), answerable_threshold=0.0)) as client:
    print(client.base_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def service(home: Path) -> Iterator[httpx.Client]:
    """A service without keys in a process of its own."""
    KEYS.of(home).unlink()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVICE, home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as child:
        assert child.stdout is not None
        with httpx.Client(base_url=child.stdout.readline().strip(), timeout=30) as client:
            yield client
        child.communicate()


def found_by(client: httpx.Client, query: str) -> set[str]:
    reply = client.post("/v1/search", json={"query": query, "k": 50})
    assert reply.status_code == 200, reply.text
    return {passage["article_id"] for passage in reply.json()["passages"]}


@pytest.mark.server
def test_a_service_that_runs_goes_over_to_what_is_restored_and_no_newer_word_comes_back(
    home: Path, backup: Path, tmp_path: Path, service: httpx.Client
) -> None:
    text = {"title": "Bridge", "text": "The bridge closed on Friday. It was old."}
    assert service.put("/v1/articles/bridge", json=text).status_code == 201
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "bridge"}
    # of another history with as many commits, so that a number alone tells nothing
    before = succeeded(byline("backup", tmp_path / "with-bridge", "--json", home=home)).json
    assert before["articles"] == 3
    assert "--replace" in refusal(byline("restore", backup, home=home))
    done = succeeded(byline("restore", backup, "--replace", "--json", home=home)).json
    assert (done["articles"], done["feedback"], done["generation"]) == (2, 1, None)
    assert found_by(service, "reopened closed") == {"harbour", "ferry"}
    assert service.get("/v1/articles/bridge").status_code == 404
    text = {"title": "Tunnel", "text": "The tunnel closed on Friday. It was new."}
    assert service.put("/v1/articles/tunnel", json=text).status_code == 201
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "tunnel"}
    compact(home)
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "tunnel"}
    # indexes of this history are of no use to the other: they are made anew
    done = succeeded(byline("restore", tmp_path / "with-bridge", "--replace", "--json", home=home)).json
    assert done["generation"] == current_number(home) == 3
    assert found_by(service, "reopened closed") == {"harbour", "ferry", "bridge"}
    said = service.post("/v1/ask", json={"question": "What closed?"}).json()
    for cited in said["answer"]["citations"]:
        place = {name: cited[name] for name in ("article_id", "revision", "start", "end", "quote")}
        assert service.post("/v1/verify", json=place).json()["valid"]


@pytest.mark.server
def test_questions_asked_while_a_library_is_restored_again_and_again_are_answered_from_one_state(
    home: Path, backup: Path, tmp_path: Path
) -> None:
    KEYS.of(home).unlink()
    put(home, "bridge")
    make_backup(home, tmp_path / "larger")
    seen: set[frozenset[str]] = set()
    errors: list[str] = []
    stop = threading.Event()
    with serving(fake_parts(home, answerable_threshold=0.0)) as client:

        def ask() -> None:
            while not stop.is_set():
                reply = client.post("/v1/search", json={"query": "reopened", "k": 50})
                if reply.status_code == 200:
                    seen.add(frozenset(passage["article_id"] for passage in reply.json()["passages"]))
                else:
                    errors.append(reply.text)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for folder in [backup, tmp_path / "larger"] * 5:
                restored(folder, home, replace=True)
        finally:
            stop.set()
            thread.join()
    assert seen <= {frozenset({"harbour", "ferry"}), frozenset({"harbour", "ferry", "bridge"})}
    assert len(seen) == 2
    assert errors == []


def test_the_copy_is_read_without_anything_being_written_beside_it(backup: Path) -> None:
    before = sorted(path.name for path in backup.iterdir())
    contents_of(backup / schema.FILE_NAME)
    check_backup(backup)
    assert sorted(path.name for path in backup.iterdir()) == before
