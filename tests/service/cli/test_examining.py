"""`byline doctor` as a process: what it counts, and what it tells of damage."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from corpus.library.rows.checksums import seal
from corpus.library.sqlite import schema
from indexing.generations.manifest import generation_folder
from tests.service.cli.library import only_row
from tests.service.cli_runs import QUESTION, byline, copied, refusal, succeeded, together

pytestmark = pytest.mark.model


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
