"""What `--help` tells of each command, and that shells complete what is typed."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup, TyperOption
from typer.testing import CliRunner

from service.cli.commands import app
from tests.service.cli_runs import environment

WHOLE = typer.main.get_command(app)


def paths(group: object = WHOLE, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by the words that call it, groups too."""
    yield above
    if isinstance(group, TyperGroup):
        for name, command in group.commands.items():
            yield from paths(command, (*above, name))


def helped(*words: str, columns: int = 80) -> list[str]:
    done = CliRunner().invoke(
        app, [*words, "--help"], prog_name="byline", env={"COLUMNS": str(columns), "TERM": "dumb"}
    )
    assert done.exit_code == 0
    return done.stdout.splitlines()


def options(words: tuple[str, ...]) -> list[TyperOption]:
    command: object = WHOLE
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined]
    return [one for one in command.params if isinstance(one, TyperOption)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", list(paths()), ids=" ".join)
def test_a_flag_is_shown_without_a_value_and_what_has_one_with_its_name(words: tuple[str, ...]) -> None:
    lines = helped(*words, columns=200)
    assert "bool" not in "\n".join(lines)
    assert any(re.match(r"│ --help +-h +Show this message", line) for line in lines)
    for one in options(words):
        assert one.help
        value = "" if one.is_flag else f"{one.metavar or r'<[a-z|]+>'}( \\[.+?\\])? +"
        shown = re.compile(rf"│ {one.opts[-1]} +(-\w +)?{value}{re.escape(one.help[:20])}")
        assert any(shown.match(line) for line in lines), (one.opts, lines)


@pytest.mark.parametrize("group", [(), ("keys",), ("feedback",)], ids=" ".join)
def test_a_list_of_commands_has_one_line_for_each(group: tuple[str, ...]) -> None:
    lines = helped(*group)
    shown = lines[next(number for number, line in enumerate(lines) if " Commands " in line) + 1 :]
    listed = [line for line in shown if line.startswith("│")]
    assert all(re.match(r"│ [a-z]+ +[A-Z].*[.] +│$", line) for line in listed), listed
    assert len(listed) == len([path for path in paths() if path[:-1] == group and path])


def test_the_help_says_what_the_exit_status_means() -> None:
    said = " ".join(" ".join(helped()).split())
    assert "Exit status: 0 done, 1 something failed or was refused, 2 wrong use, 130 ended by Ctrl-C." in said


COMPLETED = {
    "''": {"add", "ask", "list", "eval", "keys"},
    "re": {"remove", "rebuild", "restore"},
    "add --fo": {"--format"},
    "add --format json": {"jsonl", "jsonl.gz"},
    "--home /tmp add --engine ''": {"local", "ray"},
    "eval --split ''": {"all", "dev", "test"},
    "keys create --scope w": {"write"},
    "migrate ''": {"postgresql", "sqlite"},
}
TYPED = """
COMP_WORDS=(byline {line}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_byline_completion byline
echo ${{COMPREPLY[*]}}
"""


@pytest.fixture
def on_path(tmp_path: Path) -> dict[str, str]:
    """An environment in which `byline` is found."""
    program = tmp_path / "byline"
    program.write_text(f"#!{sys.executable}\nfrom service.cli.main import main\n\nmain()\n")
    program.chmod(0o755)
    found = environment()
    return {**found, "PATH": f"{tmp_path}:{found['PATH']}"}


def out(command: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=200, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_options_and_choices(on_path: dict[str, str]) -> None:
    script = 'eval "$(byline --show-completion)"\ncomplete -p byline\n'
    script += "".join(TYPED.format(line=line) for line in COMPLETED)
    installed, *lines = out(["bash", "--norc", "--noprofile", "-c", script], on_path).splitlines()
    assert installed == "complete -o default -F _byline_completion byline"
    for (line, expected), found in zip(COMPLETED.items(), lines, strict=True):
        offered = set(found.split())
        assert expected <= offered if line == "''" else expected == offered, line


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_given_a_script_and_the_same_answers(on_path: dict[str, str], shell: str) -> None:
    source = out(["byline"], {**on_path, "_BYLINE_COMPLETE": f"source_{shell}"})
    assert f"_BYLINE_COMPLETE=complete_{shell}" in source
    asked = {"_BYLINE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "byline migrate "}
    answer = out(["byline"], {**on_path, **asked, "_TYPER_COMPLETE_FISH_ACTION": "get-args"})
    assert "postgresql" in answer
    assert "sqlite" in answer
