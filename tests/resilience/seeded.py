"""Faults that the product must never have, each a small edit, with the tests that ought to notice it."""

from dataclasses import dataclass
from pathlib import Path

POWER = "tests/resilience/test_power_loss.py"
FAILPOINTS = "tests/resilience/test_failpoints.py"
FULL = "tests/resilience/test_full_disk.py"
WRITERS = "tests/resilience/test_two_writers.py"
MACHINES = "tests/corpus/postgres/test_machines.py"
UNAVAILABLE = "tests/corpus/postgres/test_unavailable.py"
MOVING = "tests/corpus/test_library_moving.py"
ENGINE = "tests/indexing/test_milvus_damage.py"


@dataclass(frozen=True, slots=True)
class Fault:
    """One edit of one file."""

    name: str
    file: str
    old: str
    """Stands in the file exactly once."""
    new: str
    tests: tuple[str, ...]
    """What pytest is given; one of them must fail."""

    def applied(self, text: str) -> str:
        """The file's text with the fault. Raises ValueError where the edit fits nowhere, or in several places."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)

    def check(self, root: Path) -> None:
        """Raises ValueError unless the edit fits the tree."""
        self.applied((root / self.file).read_text(encoding="utf-8"))


FAULTS = (
    Fault(
        "a generation's files are not synced before it gets its name",
        "indexing/generations/publishing.py",
        "    sync_tree(folder)\n",
        "",
        (POWER,),
    ),
    Fault(
        "a generation's name is not synced before the pointer names it",
        "indexing/generations/publishing.py",
        "    sync(root)\n",
        "",
        (POWER,),
    ),
    Fault(
        "the pointer's contents are not synced before it is renamed",
        "corpus/durable.py",
        "    sync(temporary)\n",
        "",
        (POWER,),
    ),
    Fault(
        "the names of folders that are made are not synced",
        "corpus/durable.py",
        "        sync(each.parent)",
        "        each.parent",
        (POWER,),
    ),
    Fault(
        "the library's commits are not synced",
        "corpus/library/sqlite/schema.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = OFF",
        (POWER,),
    ),
    Fault(
        "the library's commits are synced by checkpoints only",
        "corpus/library/sqlite/schema.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        (POWER,),
    ),
    Fault(
        "keys and feedback are not synced",
        "service/side_file.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = OFF",
        (POWER,),
    ),
    Fault(
        "the file of keys gets its name while it is in its log",
        "service/side_file.py",
        "            database.executescript(script)\n",
        '            database.execute("PRAGMA journal_mode = WAL")\n            database.executescript(script)\n',
        ("tests/service/test_side_file.py",),
    ),
    Fault(
        "the library has its journal in memory",
        "corpus/library/sqlite/schema.py",
        "PRAGMA journal_mode = WAL",
        "PRAGMA journal_mode = MEMORY",
        (POWER, FAILPOINTS),
    ),
    Fault(
        "a vector index that found no room is published",
        "indexing/vectors/faiss.py",
        "        faiss.write_index(index, writer)\n",
        "        faiss.write_index(index, str(file))\n",
        (FULL,),
    ),
    Fault(
        "the pointer is written in place",
        "corpus/durable.py",
        'temporary = file.with_name(file.name + ".new")',
        "temporary = file",
        (POWER, FAILPOINTS),
    ),
    Fault(
        "the pointer names a generation before it is there",
        "indexing/generations/publishing.py",
        "    folder.rename(generation_folder(home, manifest.number))\n    sync(root)\n"
        "    replace_file(root / CURRENT, pointer_to(manifest))\n",
        "    replace_file(root / CURRENT, pointer_to(manifest))\n"
        "    folder.rename(generation_folder(home, manifest.number))\n    sync(root)\n",
        (FAILPOINTS, POWER),
    ),
    Fault(
        "an article is acknowledged before it is committed",
        "indexing/ingest.py",
        "        return self._kept([(draft, prepared)])[0]\n",
        "        import threading\n"
        "        threading.Thread(target=self._kept, args=([(draft, prepared)],)).start()\n"
        "        return Stored(draft, PutResult.CREATED, 1)\n",
        ("tests/indexing/test_ingest.py",),
    ),
    Fault(
        "a write that fails is committed as far as it came",
        "corpus/library/writing.py",
        '            connection.execute("ROLLBACK")\n        raise\n',
        '            connection.execute("COMMIT")\n        raise\n',
        ("tests/corpus/test_library_writing.py",),
    ),
    Fault(
        "a commit that the disk refuses is taken for done",
        "corpus/library/writing.py",
        '        yield\n        connection.execute("COMMIT")\n',
        '        yield\n        try:\n            connection.execute("COMMIT")\n'
        "        except Exception:\n            pass\n",
        (FAILPOINTS, "tests/corpus/test_library_disk.py"),
    ),
    Fault(
        "writers do not take the lock",
        "corpus/library/writing.py",
        "    with exclusive(database.home, WRITER, wait_seconds=seconds_until(deadline)), translating(database):\n",
        "    with translating(database):\n",
        ("tests/corpus/test_lock.py",),
    ),
    Fault(
        "the lock outlives its holder's turn",
        "corpus/library/lock.py",
        "    finally:\n        os.close(handle)\n",
        "    finally:\n        globals().setdefault('kept', []).append(handle)\n",
        (WRITERS, "tests/corpus/test_lock.py"),
    ),
    Fault(
        "passages of former revisions are deleted, and citations with them",
        "corpus/library/writing.py",
        '        for table in ("vectors", "pieces"):\n',
        '        for table in ("vectors", "pieces", "passages"):\n',
        (WRITERS, "tests/corpus/test_library_writing.py"),
    ),
    Fault(
        "passages of former revisions keep being searchable",
        "corpus/library/writing.py",
        "            self._retire(current[0])\n",
        "            pass\n",
        (WRITERS, "tests/corpus/test_library_writing.py"),
    ),
    Fault(
        "a generation that cannot be read is taken for none",
        "indexing/generations/opening.py",
        "                raise\n    return None\n",
        "                return None\n    return None\n",
        ("tests/indexing/test_generation_refused.py",),
    ),
    Fault(
        "checksums are not compared",
        "indexing/generations/opening.py",
        "    check_files(folder, files)\n    try:\n",
        "    try:\n",
        ("tests/indexing/test_generation_refused.py",),
    ),
    Fault(
        "a generation of another library is searched",
        "indexing/searching.py",
        "            if manifest.library_id != snapshot.library_id:\n",
        "            if False:\n",
        ("tests/indexing/test_generation_refused.py",),
    ),
    Fault(
        "what was taken out is still found by its words",
        "indexing/view.py",
        "(terms)\n        selection = Selection(chosen.allowed, self.gone, chosen.filters)\n",
        "(terms)\n        selection = Selection(chosen.allowed)\n",
        (WRITERS, "tests/indexing/test_searching_states.py"),
    ),
    Fault(
        "what was taken out is still found by its vector",
        "indexing/view.py",
        "Selection(chosen.allowed, self.gone, chosen.filters)\n        rankings = (each.vectors.search",
        "Selection(chosen.allowed)\n        rankings = (each.vectors.search",
        (WRITERS, "tests/indexing/test_searching_states.py"),
    ),
    Fault(
        "what is newer than the generation is not searched",
        "indexing/view.py",
        "        yield from self.newer\n",
        "        yield from ()\n",
        ("tests/indexing/test_searching_states.py",),
    ),
    Fault(
        "an open index goes on finding what an update replaced",
        "indexing/searching.py",
        "        gone = np.union1d(view.gone, snapshot.retired_after(view.commit))\n",
        "        gone = view.gone\n",
        ("tests/indexing/test_searching_states.py",),
    ),
    Fault(
        "what a crash left of a generation stays for ever",
        "indexing/generations/publishing.py",
        "            shutil.rmtree(leftover)\n",
        "            pass\n",
        ("tests/indexing/test_generation.py",),
    ),
    Fault(
        "any number of questions may wait",
        "service/http/admission.py",
        "        if self._inside >= self._threads + self._waiting:\n",
        "        if False:\n",
        ("tests/service/test_admission.py",),
    ),
    Fault(
        "the model runs on the event loop",
        "service/http/questions.py",
        "    return await queue.run(partial(_find, core, asked), receive=receive)\n",
        "    return _find(core, asked)\n",
        ("tests/service/test_admission.py",),
    ),
    Fault(
        "a route needs no key",
        "service/http/needs.py",
        "path.startswith(_open_folders())):\n",
        'path.startswith((*_open_folders(), "/v1/passages"))):\n',
        ("tests/service/test_access.py",),
    ),
    Fault(
        "a key is compared by its beginning",
        "service/keys/key.py",
        "        return hmac.compare_digest(digest_of(text), self.sha256)\n",
        '        return text.startswith(f"byline_{self.id}_")\n',
        ("tests/service/test_keys_store.py",),
    ),
    Fault(
        "a revoked key is remembered as good",
        "service/keys/ring.py",
        "        if version == self._version:\n",
        "        if self._version != -1:\n",
        ("tests/service/test_keys_store.py",),
    ),
    Fault(
        "bodies of any size are read",
        "service/http/front.py",
        "BodyLimit(routes)",
        "routes",
        ("tests/service/test_http_refusals.py",),
    ),
    Fault(
        "writers of several machines do not wait for each other",
        "corpus/library/postgres/database.py",
        'connection.execute("SELECT pg_advisory_xact_lock(?, ?)", self.lock)',
        'connection.execute("SELECT 1")',
        (MACHINES,),
    ),
    Fault(
        "PostgreSQL acknowledges what it has not written yet",
        "corpus/library/postgres/database.py",
        "SELECT set_config('synchronous_commit', 'on', true)",
        "SELECT set_config('synchronous_commit', 'off', true)",
        (UNAVAILABLE,),
    ),
    Fault(
        "a connection that died is handed to a reader",
        "corpus/library/reading.py",
        "            except self.database.errors:\n                # a server that was",
        "            except KeyError:\n                # a server that was",
        (UNAVAILABLE,),
    ),
    Fault(
        "a copy that differs is put in place",
        "corpus/library/moving/move.py",
        "        if ours != theirs:\n",
        "        if False:\n",
        (MOVING,),
    ),
    Fault(
        "rows of an earlier commit stay in the copy of a later one",
        "corpus/library/moving/move.py",
        "row_count(side) if _is_copy_of(side, token) else 0",
        "row_count(side)",
        (MOVING,),
    ),
    Fault(
        "a backup is kept without what is in its log",
        "corpus/library/moving/filing.py",
        "    empty_log(folder)\n",
        "",
        ("tests/service/test_on_postgres.py",),
    ),
    Fault(
        "a worker with another model is believed",
        "indexing/spread/work.py",
        "    if found != wanted:\n",
        "    if found is None:\n",
        ("tests/indexing/test_spread.py",),
    ),
    Fault(
        "what an engine finds is taken for what is there",
        "indexing/view.py",
        "        there = np.isin(ranking.ids, snapshot.searchable_among(ranking.ids.tolist()))\n",
        "        there = np.ones(len(ranking), bool)\n",
        (ENGINE,),
    ),
    Fault(
        "an engine's rows are not counted",
        "indexing/milvus/searching.py",
        "        return self.covered.live(gone)\n",
        "        return self.manifest.passages - len(gone)\n",
        (ENGINE,),
    ),
    Fault(
        "a record is written whatever the engine has",
        "indexing/milvus/filling.py",
        "        if found == expected:\n",
        "        if found >= 0:\n",
        (ENGINE,),
    ),
    Fault(
        "what is newer than a record is found by its readers",
        "indexing/milvus/expressions.py",
        '    parts = [f"{ID} <= {last}"]\n',
        '    parts = [f"{ID} >= 0"]\n',
        ("tests/indexing/test_milvus_expressions.py",),
    ),
    Fault(
        "texts stand in expressions as they are written",
        "indexing/milvus/expressions.py",
        '    return str(value).encode(errors="surrogatepass").hex()\n',
        "    return str(value)\n",
        ("tests/indexing/test_milvus_expressions.py",),
    ),
)
