"""The `byline` command as a person or a script meets it: a process, its exit status, and every word it says."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer.main

from corpus.article import Article
from corpus.library.rows.checksums import seal
from corpus.library.sqlite import schema
from indexing.generations.manifest import generation_folder
from indexing.ingest import Draft
from service.cli.commands import app
from tests.fakes import fake_parts
from tests.service.cli_runs import (
    BYLINE,
    QUESTION,
    Run,
    bound_by_permissions,
    byline,
    copied,
    environment,
    refusal,
    run,
    succeeded,
    together,
)

pytestmark = pytest.mark.model

SHIPPED = [
    "dmz-defection-december-2018",
    "imjin-river-defection-2019",
    "military-talks-proposal-2025",
    "panmunjom-defection-2017",
    "warning-shots-december-2017",
]
ADVERT = "Sign up for our newsletter and get the news in your inbox every morning."
HARBOUR = f"""# Harbour reopens after the storm

The harbour of Salthaven reopened on Tuesday after engineers had checked all 14 cranes.

{ADVERT}

The council had kept it closed because it feared that a crane would fall.
"""
FORMER = HARBOUR.replace("Tuesday", "Monday")
HOSTILE = "Storm \x1b[2J\x1b]0;owned\x07 and \x9b31m calm \u202e end"
PASSAGE = {
    *("passage_id", "article_id", "revision", "start", "end", "text"),
    *("title", "publisher", "published_at", "url", "score"),
}
CITATION = PASSAGE - {"text"} | {"marker", "quote"}


@pytest.fixture(scope="module")
def first_add(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A home in which `byline add` ran for the first time, and what it said."""
    home, inbox = tmp_path_factory.mktemp("cli") / "home", tmp_path_factory.mktemp("inbox")
    (inbox / "harbour.md").write_text(FORMER)
    hostile = {"id": "storm", "title": HOSTILE, "publisher": HOSTILE, "text": f"The storm calmed. {HOSTILE}."}
    (inbox / "deeper").mkdir()
    (inbox / "deeper" / "storm.jsonl").write_text(json.dumps(hostile) + "\n")
    return home, byline("add", "--shipped", inbox, "-", "--id", "note", "--json", home=home, stdin=b"A ferry sank.\n")


@pytest.fixture(scope="module")
def library(first_add: tuple[Path, Run]) -> Path:
    """A home with seven articles and a note that every test may read; one that changes it takes a copy."""
    home, added = first_add
    succeeded(added)
    return home


@pytest.fixture
def home(library: Path, tmp_path: Path) -> Path:
    """A copy of the library for one test to change."""
    return copied(library, tmp_path / "home")


def only_row(home: Path, query: str) -> tuple[Any, ...]:
    with closing(sqlite3.connect(schema.database(home))) as connection:
        (row,) = connection.execute(query)
        found: tuple[Any, ...] = row
    return found


def test_shipped_articles_folders_and_standard_input_go_in_and_json_tells_of_each(first_add: tuple[Path, Run]) -> None:
    _, added = first_add
    report = succeeded(added).json
    assert [item["id"] for item in report["added"]] == ["storm", "harbour", *SHIPPED, "note"]
    assert report["failed"] == []
    for item in report["added"]:
        assert set(item) == {"id", "revision", "result", "passages"}
        assert item["result"] == "created"
        assert item["passages"] > 0
    assert "Traceback" not in added.err


def test_adding_again_says_unchanged_and_encodes_nothing(home: Path) -> None:
    before = only_row(home, "SELECT max(passage_id), count(*) FROM passages")
    again = succeeded(byline("add", "--shipped", home=home))
    assert again.out.startswith("0 added, 0 updated, 5 unchanged, 0 not readable; ")
    assert "Preparing the encoder" not in again.err
    assert only_row(home, "SELECT max(passage_id), count(*) FROM passages") == before


def test_what_cannot_be_read_is_named_with_its_reason_and_the_rest_goes_in(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    contents = {
        "good.txt": b"The ferry sails at noon.",
        "binary.txt": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "empty.txt": b"",
        "latin.txt": "Müller kam.\nGr\xfc\xdfe".encode("latin-1"),
        "lines.jsonl": b'{"id": "one", "text": "One."}\n{"id": "two", "text": \n{"id": "three", "text": "Three."}\n',
        "scan.odt": b"%PDF-1.7",
    }
    for name, content in contents.items():
        (inbox / name).write_bytes(content)
    paths = [inbox / name for name in contents]
    result = byline("add", *paths, inbox / "missing.txt", "-", "--json", home=home, stdin=b"")
    assert result.status == 1
    assert [item["id"] for item in result.json["added"]] == ["good", "one", "three"]
    failed = {Path(item["source"]).name: item for item in result.json["failed"]}
    assert list(failed) == [
        *("binary.txt", "empty.txt", "latin.txt", "lines.jsonl", "scan.odt", "missing.txt"),
        "standard input",
    ]
    reasons = {
        "binary.txt": "binary",
        "empty.txt": "empty",
        "latin.txt": "not valid UTF-8",
        "lines.jsonl": "not valid JSON",
        "scan.odt": ".jsonl",
        "missing.txt": "No such file",
        "standard input": "empty",
    }
    for name, reason in reasons.items():
        assert reason in failed[name]["reason"]
    assert {name: item["line"] for name, item in failed.items() if item["line"]} == {"latin.txt": 1, "lines.jsonl": 2}
    told = [line for line in result.err.splitlines() if line.startswith("not added: ")]
    assert len(told) == len(failed)
    assert f"not added: {inbox / 'lines.jsonl'}, line 2: it is not valid JSON" in result.err
    assert "Traceback" not in result.err


def test_a_file_that_may_not_be_read_is_named_and_the_rest_goes_in(home: Path, tmp_path: Path) -> None:
    prefix = bound_by_permissions()
    if prefix is None:
        pytest.skip("root reads every file, and setpriv (Debian's util-linux) is not there to take that right away")
    secret, good, locked = tmp_path / "secret.txt", tmp_path / "good.txt", tmp_path / "locked"
    secret.write_text("The ferry sails at one.")
    good.write_text("The ferry sails at noon.")
    locked.mkdir()
    (locked / "inside.txt").write_text("The ferry sails at two.")
    secret.chmod(0)
    locked.chmod(0)
    try:
        result = byline("add", secret, locked, locked / "inside.txt", good, "--json", home=home, prefix=prefix)
    finally:
        locked.chmod(0o700)
    assert [item["id"] for item in result.json["added"]] == ["good"]
    assert [item["source"] for item in result.json["failed"]] == [str(secret), str(locked), str(locked / "inside.txt")]
    assert result.status == 1
    assert "Traceback" not in result.err


def test_odd_paths_are_each_told_of_in_one_line_and_none_is_waited_for(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "loop.txt").symlink_to("loop.txt")
    (inbox / "endless.jsonl").symlink_to("/dev/zero")
    (inbox / "folder.txt").mkdir()
    (inbox / 'it\'s "quoted".txt').write_text("The ferry sails at one.")
    (inbox / "-dash.txt").write_text("The ferry sails at two.")
    (inbox / "new\nline.txt").write_text("The ferry sails at three.")
    (inbox / b"latin\xff.txt".decode(errors="surrogateescape")).write_text("The ferry sails at four.")
    subprocess.run(["mkfifo", inbox / "pipe.txt"], check=True)
    named: list[str | bytes] = ["loop.txt", "endless.jsonl", 'it\'s "quoted".txt', "new\nline.txt", b"latin\xff.txt"]
    strict = {"PYTHONIOENCODING": "utf-8:strict"}
    result = byline("add", "--json", "--", *named, "pipe.txt", "-dash.txt", home=home, folder=inbox, variables=strict)
    assert [item["id"] for item in result.json["added"]] == ['it\'s "quoted"', "-dash"]
    assert [item["source"] for item in result.json["failed"]] == [
        *("loop.txt", "endless.jsonl", "new\nline.txt", "latin?.txt", "pipe.txt")
    ]
    assert result.status == 1
    assert [line[:11] for line in result.err.splitlines()] == ["not added: "] * 5


def test_an_empty_path_is_refused_and_not_taken_for_the_current_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry sails at noon.")
    result = byline("add", "", home=home, folder=tmp_path)
    assert result.status == 2
    assert "a path is empty" in result.err


def test_an_id_that_two_files_give_is_an_error_that_names_both_unless_replace_is_given(
    home: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "one" / "ferry.txt", tmp_path / "two" / "ferry.txt"
    for file, day in ((first, "Monday"), (second, "Friday")):
        file.parent.mkdir()
        file.write_text(f"The ferry sank on {day}.")
    result = byline("add", first, second, home=home)
    assert result.status == 1
    assert result.out.startswith("1 added, 0 updated, 0 unchanged, 1 not readable; ")
    (line,) = [line for line in result.err.splitlines() if line.startswith("not added: ")]
    assert str(first) in line
    assert str(second) in line
    assert "'ferry'" in line
    again = byline("add", second, "--json", home=home)
    assert again.status == 1
    assert again.json["added"] == []
    assert str(first) in again.json["failed"][0]["reason"]
    assert succeeded(byline("add", second, "--replace", "--json", home=home)).json["added"][0]["result"] == "updated"


def test_add_says_what_it_needs(library: Path) -> None:
    nothing, no_format = together([["add"], ["add", "-", "--format", "odt"]], home=library)
    assert nothing.status == no_format.status == 2
    assert "name a file, a folder or -" in nothing.err
    assert "text, markdown, html, jsonl" in no_format.err


def test_list_has_a_line_an_article_and_the_same_as_json(library: Path) -> None:
    text, as_json = together([["list"], ["list", "--json"]], home=library)
    rows = succeeded(as_json).json
    ids = sorted([*SHIPPED, "harbour", "note", "storm"])
    assert [row["id"] for row in rows] == ids
    assert {frozenset(row) for row in rows} == {
        frozenset({"id", "revision", "title", "publisher", "published_at", "url", "passages"})
    }
    lines = [line.split("\t") for line in succeeded(text).out.splitlines()]
    assert [line[0] for line in lines] == ids
    assert lines[0][1] == rows[0]["published_at"] == "2018-12-01"


def test_show_marks_what_is_skipped_and_prints_a_former_revision_when_it_is_named(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "harbour.md"
    file.write_text(HARBOUR)
    former = next(row for row in byline("list", "--json", home=home).json if row["id"] == "harbour")["revision"]
    updated = succeeded(byline("add", file, "--replace", "--json", home=home)).json["added"][0]
    assert updated["result"] == "updated"
    now, as_json, before, unknown, no_article = together(
        [
            ["show", "harbour"],
            ["show", "harbour", "--json"],
            ["show", "harbour", "--revision", former],
            ["show", "harbour", "--revision", "0" * 64],
            ["show", "nothing"],
        ],
        home=home,
    )
    assert f"[skipped, sharing: {ADVERT}]" in succeeded(now).out
    assert "on Tuesday" in now.out
    assert f"revision {updated['revision']}\n" in now.out
    article = succeeded(as_json).json
    assert set(article) >= {"id", "revision", "title", "publisher", "published_at", "url", "text", "skipped"}
    assert article["text"] == HARBOUR
    (skip,) = article["skipped"]
    assert HARBOUR[skip["start"] : skip["end"]] == ADVERT
    assert "on Monday" in succeeded(before).out
    assert f"revision {former}, not current" in before.out
    assert refusal(unknown) == f"article 'harbour' has no revision {'0' * 64}"
    assert refusal(no_article) == "no article 'nothing'"


def test_an_answer_has_the_documented_shape_and_its_quotes_stand_where_they_say(library: Path) -> None:
    as_json, text = together([["ask", QUESTION, "--json"], ["ask", QUESTION]], home=library)
    reply = succeeded(as_json).json
    assert set(reply) == {
        "question",
        "rewritten_question",
        "answer",
        "abstention",
        "answerable",
        "generation",
        "passages",
        "timings_ms",
    }
    assert reply["question"] == QUESTION
    assert reply["abstention"] is None
    assert 0 <= reply["answerable"] <= 1
    assert len(reply["passages"]) == 5
    assert {frozenset(passage) for passage in reply["passages"]} == {frozenset({*PASSAGE, "also_in"})}
    assert "executed" in reply["answer"]["text"]
    for citation in reply["answer"]["citations"]:
        assert set(citation) == CITATION
        shown = byline("show", citation["article_id"], "--revision", citation["revision"], "--json", home=library).json
        assert shown["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert f"{citation['quote']} [{citation['marker']}]" in succeeded(text).out
        assert f"{citation['start']}:{citation['end']} in revision {citation['revision']}" in text.out


def test_off_their_subject_the_articles_do_not_answer_and_the_nearest_passages_are_shown(library: Path) -> None:
    question = "What is the capital of France?"
    as_json, text = together([["ask", question, "-k", "2", "--json"], ["ask", question]], home=library)
    reply = succeeded(as_json).json
    assert reply["answer"] is None
    assert set(reply["abstention"]) == {"reason"}
    assert len(reply["passages"]) == 2
    assert succeeded(text).out.startswith(f"No answer: {reply['abstention']['reason']}.\n")


def test_filters_hold_for_every_passage_and_when_nothing_meets_them_that_is_said(library: Path) -> None:
    days = ["--published-from", "2017-12-01", "--published-to", "2018-12-31"]
    by_day, by_both, by_article, none, none_asked, backwards = together(
        [
            ["search", "soldier", "-k", "100", *days, "--json"],
            ["search", "soldier", "-k", "100", *days, "--publisher", "The Independent", "--json"],
            ["search", "soldier", "-k", "100", "--article", SHIPPED[1], "--article", "harbour", "--json"],
            ["search", "soldier", "--publisher", "Nobody"],
            ["ask", "Why?", "--article", "nothing", "--json"],
            ["search", "soldier", "--published-from", "2018-01-01", "--published-to", "2017-01-01", "--json"],
        ],
        home=library,
    )
    assert set(succeeded(by_day).json) == {"passages"}
    assert {frozenset(passage) for passage in by_day.json["passages"]} == {frozenset({*PASSAGE, "also_in"})}
    assert {passage["article_id"] for passage in by_day.json["passages"]} == {SHIPPED[0], SHIPPED[4]}
    assert {passage["article_id"] for passage in succeeded(by_both).json["passages"]} == {SHIPPED[0]}
    assert {passage["article_id"] for passage in succeeded(by_article).json["passages"]} == {SHIPPED[1], "harbour"}
    assert "no article meets the filters" in succeeded(none).out
    assert succeeded(none_asked).json["abstention"] is not None
    assert none_asked.json["passages"] == []
    assert succeeded(backwards).json == {"passages": []}


def test_a_question_that_cannot_be_asked_is_refused_in_one_line(library: Path) -> None:
    refused: dict[tuple[str | bytes, ...], str] = {
        ("ask", ""): "question: it is empty",
        ("ask", " \n\t "): "question: it is empty",
        ("search", ""): "query: it is empty",
        ("ask", "why " * 501): "question: it has 2,004 characters, at most 2,000 are allowed",
        ("ask", "a" * 100_000): "question: it has 100,000 characters, at most 2,000 are allowed",
        ("ask", "Why?", "-k", "0"): "k: 0 is not between 1 and 100",
        ("ask", "Why?", "-k", "-1"): "k: -1 is not between 1 and 100",
        ("search", "Why?", "-k", "10000"): "k: 10000 is not between 1 and 100",
        ("ask", b"Who met M\xfcller?"): "question: it holds a lone surrogate at 9",
        ("show", b"m\xfcller"): "no article 'm\ufffdller'",
    }
    for (arguments, expected), result in zip(refused.items(), together(list(refused), home=library), strict=True):
        assert refusal(result) == expected, arguments


def test_a_number_or_a_day_that_is_none_is_a_wrong_use(library: Path) -> None:
    for result in together(
        [["ask", "Why?", "-k", "many"], ["ask", "Why?", "--published-from", "2018-02-30"], ["ask"], ["answer"]],
        home=library,
    ):
        assert result.status == 2
        assert "Traceback" not in result.err
        assert "Usage: " in result.err


def test_what_is_removed_leaves_search_and_listing_and_what_is_unknown_is_told(home: Path) -> None:
    result = byline("remove", SHIPPED[0], "nothing", b"m\xfcller", "harbour", home=home)
    assert result.status == 1
    assert result.out == f"removed {SHIPPED[0]}\nremoved harbour\n"
    assert result.err == "not removed: no article 'nothing'\nnot removed: no article 'm\ufffdller'\n"
    listed, found = together([["list"], ["search", QUESTION, "-k", "100", "--json"]], home=home)
    assert SHIPPED[0] not in listed.out
    articles = {passage["article_id"] for passage in found.json["passages"]}
    assert articles == {*SHIPPED[1:], "storm", "note"}


def test_rebuild_publishes_what_the_library_holds(home: Path) -> None:
    passages = only_row(home, "SELECT count(*) FROM passages WHERE retired_in IS NULL")[0]
    before = succeeded(byline("ask", QUESTION, "--json", home=home)).json
    said = succeeded(byline("rebuild", home=home)).out
    assert said.startswith("index generation ")
    assert said.endswith(f" covers {passages} passages\n")
    after = succeeded(byline("ask", QUESTION, "--json", home=home)).json
    for reply in (before, after):
        del reply["timings_ms"]
        for passage in (*reply["passages"], *reply["answer"]["citations"]):
            # scores from stored vectors and from FAISS differ in their last digits
            passage["score"] = round(passage["score"], 3)
    assert after["answer"] == before["answer"]
    assert after["passages"] == before["passages"]


def test_other_limits_are_refused_by_name_until_the_articles_are_split_anew(home: Path) -> None:
    limits: dict[str, str | None] = {"BYLINE_MAX_TOKENS": "64", "BYLINE_OVERLAP_TOKENS": "16"}
    for command in (["ask", QUESTION], ["add", "--shipped"]):
        said = refusal(byline(*command, home=home, variables=limits))
        assert "BYLINE_MAX_TOKENS" in said
        assert " = 160, but 64 is configured" in said
        assert "`byline rebuild --resplit`" in said
    passages = only_row(home, "SELECT count(*) FROM passages WHERE retired_in IS NULL")[0]
    said = succeeded(byline("rebuild", "--resplit", home=home, variables=limits)).out
    assert int(said.split()[-2]) > 1.5 * passages
    assert succeeded(byline("ask", QUESTION, "--json", home=home, variables=limits)).json["answer"]["citations"]
    assert " = 64, but 160 is configured" in refusal(byline("ask", QUESTION, home=home))
    assert succeeded(byline("doctor", "--json", home=home, variables=limits)).json["sound"] is True


def test_a_library_of_another_encoder_is_refused_by_name_and_left_as_it_is(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path)
    parts.ingester.put(Draft(Article(id="ferry", title="Ferry sinks", text="The ferry sank on Monday.")))
    parts.close()
    listed, asked, added, examined = together(
        [["list", "--json"], ["ask", "Why?"], ["add", "--shipped"], ["doctor"]], home=tmp_path
    )
    assert [row["id"] for row in succeeded(listed).json] == ["ferry"]
    for result in (asked, added):
        said = refusal(result)
        assert "made by the encoder words " in said
        assert "all-MiniLM-L6-v2" in said
        assert "BYLINE_ENCODER" in said
        assert "`byline rebuild --resplit`" in said
    assert examined.status == 1
    assert "BROKEN" in examined.out
    assert "made by the encoder words" in examined.out
    assert only_row(tmp_path, "SELECT count(*) FROM articles") == (1,)
    succeeded(byline("rebuild", "--resplit", home=tmp_path))
    assert "sank" in succeeded(byline("ask", "When did the ferry sink?", home=tmp_path)).out


def test_the_doctor_counts_what_it_checked_and_names_each_promise(library: Path) -> None:
    text, as_json = together([["doctor"], ["doctor", "--json"]], home=library)
    report = succeeded(as_json).json
    assert report["sound"] is True
    assert {finding["promise"] for finding in report["findings"]} == {None, 1, 3, 4, 5}
    for finding in report["findings"]:
        assert set(finding) == {"check", "promise", "checked", "unit", "problems", "remedy"}
        assert finding["problems"] == []
        assert finding["remedy"] is None
    lines = succeeded(text).out.splitlines()
    assert len(lines) == len(report["findings"])
    assert all(line.startswith("ok ") for line in lines)
    passages = only_row(library, "SELECT count(*) FROM passages")[0]
    assert f"a passage is exactly text[start:end]: {passages} passages" in text.out


def test_the_doctor_tells_what_is_broken_and_what_to_do(home: Path, tmp_path: Path) -> None:
    succeeded(byline("rebuild", home=home))
    flipped, pointed, cut, edited = (copied(home, tmp_path / name) for name in ("flipped", "pointed", "cut", "edited"))
    number = json.loads((flipped / "indexes" / "CURRENT").read_text())["number"]
    (index,) = generation_folder(flipped, number).glob("*/vectors/vectors.faiss")
    content = bytearray(index.read_bytes())
    content[-1] ^= 1
    index.write_bytes(content)
    (pointed / "indexes" / "CURRENT").unlink()
    database = schema.database(cut)
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])
    with closing(sqlite3.connect(schema.database(edited))) as connection, connection:
        connection.execute(
            """UPDATE passages SET "end" = "end" - 4
               WHERE revision_id = (SELECT revision_id FROM articles WHERE article_id = 'harbour')"""
        )
        connection.execute("UPDATE revisions SET text = replace(text, 'ferry', 'canoe') WHERE article_id = 'note'")
        # as if it had been written like this
        seal(connection)

    doctor: list[list[str | Path]] = [["--home", damaged, "doctor"] for damaged in (flipped, pointed, cut)]
    ask: list[list[str | Path]] = [["--home", damaged, "ask", QUESTION] for damaged in (flipped, pointed)]
    of_flipped, of_pointed, of_cut, of_edited, asked_flipped, asked_pointed = together(
        [*doctor, ["--home", edited, "doctor", "--json"], *ask]
    )
    assert of_flipped.status == of_cut.status == of_edited.status == 1
    assert "BROKEN" in of_flipped.out
    assert "vectors/vectors.faiss is damaged" in of_flipped.out
    assert "what to do: run `byline rebuild`" in of_flipped.out
    assert "vectors/vectors.faiss is damaged" in refusal(asked_flipped)
    succeeded(byline("rebuild", home=flipped))
    assert "executed" in succeeded(byline("ask", QUESTION, home=flipped)).out

    assert "no generation published" in succeeded(of_pointed).out
    assert "executed" in succeeded(asked_pointed).out

    assert "BROKEN" in of_cut.out
    assert of_cut.err == ""

    broken = {finding["check"]: finding for finding in of_edited.json["findings"] if finding["problems"]}
    assert "note" in broken["a revision's name is its text's SHA-256"]["problems"][0]
    assert "harbour" in broken["the text is covered, skipped parts are not"]["problems"][0]
    assert all(finding["remedy"] for finding in broken.values())


def test_where_no_library_is_each_command_says_so_and_makes_none(tmp_path: Path) -> None:
    home = tmp_path / "nowhere"
    commands = [["list"], ["show", "a"], ["ask", "Why?"], ["search", "why"], ["rebuild"], ["remove", "a"]]
    for result in together(commands, home=home):
        assert refusal(result) == f"{home}: there is no library here yet; `byline add FILE...` makes one"
    examined = byline("doctor", home=home)
    assert examined.status == 1
    assert "there is no library here yet" in examined.out
    assert not home.exists()


def test_a_home_that_cannot_be_one_is_refused_in_one_line(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    said = refusal(byline("add", "--shipped", "--json", home=file))
    assert str(file) in said
    prefix = bound_by_permissions()
    if prefix is not None:
        home = copied(library, tmp_path / "home")
        for path in (*home.rglob("*"), home):
            path.chmod(0o500)
        for command in (["remove", "note"], ["add", "--shipped", "--json"], ["rebuild"]):
            assert str(home) in refusal(byline(*command, home=home, prefix=prefix))
        home.chmod(0o700)


def test_a_setting_that_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    assert refusal(byline("list", home=tmp_path, variables={"BYLINE_PORT": "eighty"})).startswith("BYLINE_PORT: ")
    assert refusal(byline("--version", variables={"BYLINE_THREADS": "0"})).startswith("BYLINE_THREADS: ")
    encoder = refusal(byline("rebuild", "--resplit", home=tmp_path, variables={"BYLINE_ENCODER_BACKEND": "pickle"}))
    assert encoder.startswith("BYLINE_ENCODER_BACKEND: ")


def test_a_language_model_that_cannot_be_is_refused_by_name_and_only_by_what_asks_it(library: Path) -> None:
    model: dict[str, str | None] = {"BYLINE_LLM_URL": "ftp://model/v1", "BYLINE_LLM_MODEL": "small"}
    for command in (["ask", QUESTION], ["serve", "--port", "0"]):
        assert refusal(byline(*command, home=library, variables=model)).startswith("BYLINE_LLM_URL: ")
    succeeded(byline("list", home=library, variables=model))
    nameless = byline("ask", QUESTION, home=library, variables={**model, "BYLINE_LLM_MODEL": None})
    assert refusal(nameless).startswith("BYLINE_LLM_MODEL: ")


def test_control_characters_of_an_article_never_reach_the_terminal(library: Path) -> None:
    commands = [["list"], ["show", "storm"], ["ask", "What about the storm?", "--article", "storm"]]
    commands += [["search", "storm", "--article", "storm"], ["list", "--json"], ["show", "storm", "--json"]]
    for command, result in zip(commands, together(commands, home=library), strict=True):
        succeeded(result)
        assert "owned" in result.out, command
        for code in (*range(9), *range(11, 32), 127):
            assert chr(code) not in result.out, command
        if "--json" not in command:
            for character in "\x9b\u202e":
                assert character not in result.out, command
    as_json = byline("show", "storm", "--json", home=library).json
    # a title is for showing, so what cannot be shown is not in it; the text is as it came
    assert as_json["title"] == "Storm [2J]0;owned and 31m calm end"
    assert HOSTILE in as_json["text"]


def test_a_file_name_cannot_make_a_message_of_its_own(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "a\nerror: everything is lost\x1b[2J.txt"
    file.write_text("The ferry sails at noon.")
    result = byline("add", file, home=home)
    assert result.status == 1
    assert not any(line.startswith("error: ") for line in result.err.splitlines())
    assert "\x1b" not in result.err


@pytest.mark.parametrize(
    "command", ["show panmunjom-defection-2017", "list --json", "doctor", "--help", "ask Why --json"]
)
def test_a_reader_that_leaves_early_is_no_error(library: Path, command: str) -> None:
    shell = f'"$@" --home {library} {command} | head -n 1'
    result = run(["sh", "-c", shell, "sh", *BYLINE], variables=environment())
    assert result.status == 0
    assert len(result.out.splitlines()) == 1
    assert result.err == ""


def test_output_that_cannot_be_written_is_an_error_and_not_a_traceback(library: Path) -> None:
    for command in ("list --json", "list", "--version"):
        result = run(
            ["sh", "-c", f'"$@" --home {library} {command} > /dev/full', "sh", *BYLINE], variables=environment()
        )
        assert "No space left on device" in refusal(result)


def test_a_terminal_that_cannot_show_a_character_gets_another_and_json_stays_utf_8(library: Path) -> None:
    text = byline("show", "storm", home=library, variables={"PYTHONIOENCODING": "ascii"})
    assert "The storm calmed. Storm ?[2J" in succeeded(text).out
    as_json = byline("show", "storm", "--json", home=library, variables={"PYTHONIOENCODING": "ascii"})
    assert succeeded(as_json).json["text"] == f"The storm calmed. {HOSTILE}."


def test_the_version_is_that_of_the_package_and_every_command_has_help() -> None:
    names = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {"add", "remove", "list", "show", "search", "ask", "serve", "rebuild", "doctor"} <= set(names)
    version, whole, *each = together([["--version"], ["--help"], *([name, "--help"] for name in names)])
    assert succeeded(version).out.startswith("byline ")
    for name, result in zip(names, each, strict=True):
        assert name in succeeded(whole).out
        assert f" {name} [OPTIONS]" in succeeded(result).out
        assert result.err == ""
