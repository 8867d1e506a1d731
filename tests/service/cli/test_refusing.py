"""What the command line cannot do is refused in one line that names it, and nothing is made or changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from corpus.article import Article
from indexing.ingest import Draft
from service.cli.commands import app
from tests.fakes import fake_parts
from tests.service.cli.library import only_row
from tests.service.cli_runs import QUESTION, bound_by_permissions, byline, copied, refusal, succeeded, together

pytestmark = pytest.mark.model


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


def test_filters_that_cannot_hold_are_a_wrong_use_as_they_are_refused_over_http(library: Path) -> None:
    turned, no_text = together(
        [
            ["ask", "Why?", "--published-from", "2020-01-01", "--published-to", "2019-01-01"],
            ["search", "Why?", "--publisher", b"\xff"],
        ],
        home=library,
    )
    assert turned.status == no_text.status == 2
    assert "2020-01-01 is after 2019-01-01 of --published-to" in turned.err
    assert "lone surrogate at 0" in no_text.err


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


def test_a_home_that_is_a_file_is_said_to_be_one_by_every_command(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    for result in together([["add", "--shipped"], ["ask", "Why?"], ["rebuild"], ["list"]], home=file):
        said = result.err.removeprefix("error: ").strip()
        assert said == f"{file}: it is no folder, as a library has to be; name one with BYLINE_HOME or --home"
        assert result.status == 1


def test_a_home_that_is_not_utf_8_is_refused_by_name_before_anything_is_stored(tmp_path: Path) -> None:
    home = tmp_path / "x\udcff"
    note = tmp_path / "note.txt"
    note.write_text("The ferry sank on Monday.")
    said = refusal(byline("add", note, variables={"BYLINE_HOME": str(home)}))
    assert said == "BYLINE_HOME: the path of this folder is not UTF-8; name one that is"
    assert refusal(byline("list", home=home)).startswith("--home: the path of this folder is not UTF-8")
    assert not home.exists()


def test_a_library_that_may_only_be_read_is_said_to_be_that(library: Path, tmp_path: Path) -> None:
    prefix = bound_by_permissions()
    if prefix is None:
        pytest.skip("root cannot be bound by permissions here")
    home = copied(library, tmp_path / "home")
    home.chmod(0o500)
    for command in (["list"], ["ask", QUESTION], ["backup", tmp_path / "copy"]):
        said = refusal(byline(*command, home=home, prefix=prefix))
        assert said.startswith(f"{home}: this folder is read-only to this user")
        assert said.endswith("make it writable, or copy the folder and name the copy")
    home.chmod(0o700)


def _paths(command: Any, *names: str) -> Iterator[tuple[list[str], str]]:  # noqa: ANN401 - typer's types are private
    for one in command.params:
        if "Path" in str(one.type_descriptor.annotation):
            yield list(names), next((name for name in one.opts if name.startswith("--")), "")
    for name, inner in getattr(command, "commands", {}).items():
        yield from _paths(inner, *names, name)


def test_an_empty_path_never_stands_for_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tried = list(_paths(typer.main.get_command(app)))
    assert {("backup",), ("restore",), (), ("eval",)} <= {tuple(names) for names, _ in tried}
    for names, option in tried:
        given = [*names, *([option] if option else []), ""]
        result = CliRunner().invoke(app, given)
        assert result.exit_code == 2, given
        assert "a path is empty" in result.stderr, given
    assert not list(tmp_path.iterdir())


def test_a_cache_or_device_that_is_of_no_use_is_refused_by_its_own_name(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    for cache in (file, Path("/proc/nowhere")):
        said = refusal(byline("ask", QUESTION, home=library, variables={"BYLINE_CACHE": str(cache)}))
        assert said.startswith(f"BYLINE_CACHE: nothing can be kept in {cache}: ")
    reference: dict[str, str | None] = {"BYLINE_ENCODER_BACKEND": "sentence-transformers", "BYLINE_DEVICE": "tpu"}
    said = refusal(byline("ask", QUESTION, home=library, variables=reference))
    assert said.startswith("BYLINE_DEVICE: nothing can run on tpu here: ")


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
