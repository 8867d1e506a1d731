"""What the command line writes, whatever it writes to, and whatever articles and names hold; and its help."""

from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from service.cli.commands import app
from tests.service.cli.library import HOSTILE
from tests.service.cli_runs import BYLINE, byline, environment, refusal, run, succeeded, together

pytestmark = pytest.mark.model


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


def test_the_name_of_an_encoder_cannot_steer_the_terminal(library: Path, tmp_path: Path) -> None:
    variables = {"BYLINE_ENCODER": "a\x1b[31m", "BYLINE_CACHE": str(tmp_path)}
    result = byline("ask", "Why?", home=library, variables=variables)
    assert "Preparing the encoder a\ufffd[31m" in result.err
    assert "\x1b" not in result.err


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


def test_a_standard_stream_that_is_closed_is_an_error_in_one_line(library: Path) -> None:
    for command, said in {
        "list >&-": "standard output: it is closed; it can go to /dev/null",
        "add - <&-": "standard input: it is closed; have something come in, be it /dev/null",
        "mcp <&-": "standard input: it is closed; have something come in, be it /dev/null",
    }.items():
        result = run(["sh", "-c", f'"$@" --home {library} {command}', "sh", *BYLINE], variables=environment())
        assert refusal(result) == said
    result = run(["sh", "-c", f'"$@" --home {library} list 2>&-', "sh", *BYLINE], variables=environment())
    assert "storm" in succeeded(result).out


def test_a_terminal_that_cannot_show_a_character_gets_another_and_json_stays_utf_8(library: Path) -> None:
    text = byline("show", "storm", home=library, variables={"PYTHONIOENCODING": "ascii"})
    assert "The storm calmed. Storm ?[2J" in succeeded(text).out
    as_json = byline("show", "storm", "--json", home=library, variables={"PYTHONIOENCODING": "ascii"})
    assert succeeded(as_json).json["text"] == f"The storm calmed. {HOSTILE}."


def test_the_version_is_that_of_the_package_and_every_command_has_help() -> None:
    version, whole = together([["--version"], ["--help"]])
    assert succeeded(version).out.startswith("byline ")
    names = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {"add", "remove", "list", "show", "search", "ask", "serve", "rebuild", "doctor"} <= set(names)
    for name in names:
        assert name in succeeded(whole).out
        result = CliRunner().invoke(app, [name, "--help"], prog_name="byline")
        assert result.exit_code == 0
        assert f" {name} [OPTIONS]" in result.stdout
        assert result.stderr == ""
