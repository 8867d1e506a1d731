"""Adding, removing and indexing anew on the command line: what goes in, and what is said of the rest."""

import subprocess
from pathlib import Path

import pytest

from tests.service.cli.library import SHIPPED, only_row
from tests.service.cli_runs import QUESTION, Run, bound_by_permissions, byline, succeeded, together

pytestmark = pytest.mark.model


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


def test_files_of_a_folder_that_are_of_no_format_are_told_of_and_fail_nothing(home: Path, tmp_path: Path) -> None:
    for name in ("harvest.csv", "crane.CSV", "notes", "ferry.txt"):
        (tmp_path / "inbox").mkdir(exist_ok=True)
        (tmp_path / "inbox" / name).write_text("The ferry sails at noon.")
    result = succeeded(byline("add", tmp_path / "inbox", home=home))
    assert "passed over: 3 files of no format that is read (.csv, without a suffix)" in result.err
    assert result.out.startswith("1 added, ")


def test_add_says_what_it_needs(library: Path) -> None:
    nothing, no_format = together([["add"], ["add", "-", "--format", "odt"]], home=library)
    assert nothing.status == no_format.status == 2
    assert "name a file, a folder or -" in nothing.err
    assert "text, markdown, html, jsonl" in no_format.err


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
