"""README is true: its examples, run from top to bottom as a reader would, give what stands below them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path

import pytest

from eval.questions.reading import read_questions
from service.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "127.0.0.1:8000"

NOT_RUN = {
    "make serve ": "installs, and does not end; the test runs its two commands in its place",
    "make setup ": "installs",
    'export PATH="$PWD/.venv/bin:': "is what the test does by itself, with another BYLINE_HOME",
    "export BYLINE_ENCODER=/models/": "needs a model that Byline does not carry, and does not end",
    "KEY=$(byline keys create": "has every later example need a key; tests/service/test_keys_cli.py runs it",
    "export BYLINE_LLM_URL": "needs a language model, and does not end; tests/service/test_generated.py scripts one",
    "byline bench ": "installs and measures, and so takes its time; tests/eval runs it on less",
    "byline eval ": "measures, and so takes its time; tests/eval runs it on less",
    "python -m eval.fit_answerable": "needs other questions, and takes its time",
    "python -m eval.query_cost": "measures, and so takes its time; tests/eval runs its parts on less",
    "python -m eval.encoding": "measures, and so takes its time; tests/eval runs it on less",
}
"""Shell blocks that bash only parses, by how they begin, with the reason. Every other one is run."""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    language: str
    code: str
    start: int
    end: int

    @property
    def line(self) -> int:
        """Where README has it."""
        return README.count("\n", 0, self.start) + 1


def blocks() -> list[Block]:
    fenced = re.finditer(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [Block(match[1], match[2], match.start(), match.end()) for match in fenced]


def answers() -> dict[Block, Block]:
    """The JSON or text that stands right below a block and shows what it prints."""
    return {
        block: below
        for block, below in pairwise(blocks())
        if block.language == "sh" and below.language in {"json", "text"} and not README[block.end : below.start].strip()
    }


def not_run(block: Block) -> bool:
    return block.language == "sh" and block.code.startswith(tuple(NOT_RUN))


def matches(shown: str, given: str) -> bool:
    """Whether both are the same but for what `...` stands for."""
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, given, re.DOTALL) is not None


def check(shown: object, given: object, at: str = "") -> None:
    """Compares a value as shown with one as given: "..." stands for anything, a number has the precision it shows."""
    if shown == "...":
        return
    if isinstance(shown, dict) and isinstance(given, dict):
        named = {key for key in shown if key != "..."}
        assert named <= set(given) if "..." in shown else named == set(given), f"{at}: fields are {sorted(given)}"
        for key in named:
            check(shown[key], given[key], f"{at}.{key}")
    elif isinstance(shown, list) and isinstance(given, list):
        more = shown[-1:] == ["..."]
        listed = shown[:-1] if more else shown
        assert len(listed) <= len(given) if more else len(listed) == len(given), f"{at}: it has {len(given)} items"
        for number, (left, right) in enumerate(zip(listed, given, strict=False)):
            check(left, right, f"{at}[{number}]")
    elif isinstance(shown, float):
        # a last place may differ between processors
        places = len(repr(shown).partition(".")[2])
        assert given == pytest.approx(shown, abs=0.6 * 10**-places), f"{at}: {given}"
    elif isinstance(shown, str) and isinstance(given, str):
        assert matches(shown, given), f"{at}: {given}"
    else:
        assert (type(shown), shown) == (type(given), given), at


def documents(text: str) -> list[object]:
    """The JSON values that stand one behind another."""
    decoder, found = json.JSONDecoder(), list[object]()
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].lstrip()
    return found


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[str]:
    """What `make serve` does, but on a free port: the address."""
    subprocess.run(["byline", "add", "--shipped"], env=environment, check=True, capture_output=True)
    with subprocess.Popen(["byline", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        try:
            said = ""
            while not (address := re.search(r"127\.0\.0\.1:\d+", said)):
                line = it.stdout.readline()
                assert line, f"it ended after saying: {said}"
                said += line
            yield address.group()
        finally:
            it.send_signal(signal.SIGTERM)


def run(block: Block, *, address: str, environment: Mapping[str, str]) -> str:
    """What the block prints, when each of its commands succeeds."""
    command = ["python", "-"] if block.language == "python" else ["bash", "-euo", "pipefail", "-s"]
    code = block.code.replace(ADDRESS, address)
    done = subprocess.run(
        command, input=code, env=environment, cwd=ROOT, text=True, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"README line {block.line} ends with {done.returncode}: {done.stderr}{done.stdout}"
    return done.stdout


def show_is_true(shown: Block, printed: str) -> None:
    if shown.language == "text":
        assert matches(shown.code.strip(), printed.strip()), f"README line {shown.line}, but it prints: {printed}"
        return
    for left, right in zip(documents(shown.code), documents(printed), strict=True):
        check(left, right, f"README line {shown.line}")


@pytest.mark.model
@pytest.mark.server
def test_the_examples_give_what_readme_shows(tmp_path: Path, subtests: pytest.Subtests) -> None:
    kept = (name for name in os.environ if name == "BYLINE_CACHE" or not name.startswith("BYLINE_"))
    environment = {
        **{name: os.environ[name] for name in kept},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BYLINE_HOME": str(tmp_path),
        "COLUMNS": "120",
    }
    shown = answers()
    with served(environment) as address:
        for block in blocks():
            if block.language in {"sh", "python"} and not not_run(block):
                with subtests.test(f"line {block.line}"):
                    printed = run(block, address=address, environment=environment)
                    if block in shown:
                        show_is_true(shown[block], printed)


def test_what_is_not_run_is_bash_all_the_same() -> None:
    skipped = [block for block in blocks() if not_run(block)]
    assert len(skipped) == len(NOT_RUN), "each entry of the list stands for one block"
    for block in skipped:
        subprocess.run(["bash", "-n"], input=block.code, text=True, check=True)


def test_the_question_file_shown_is_one(tmp_path: Path) -> None:
    (shown,) = (block for block in blocks() if block.language == "jsonl")
    file = tmp_path / "questions.jsonl"
    file.write_text(shown.code, encoding="utf-8")
    assert [question.answerable for question in read_questions(file)] == [True, True, False]


def test_a_wrong_answer_is_noticed() -> None:
    check({"a": [1, "..."], "b": 0.48, "...": "..."}, {"a": [1, 2, 3], "b": 0.4826, "c": None})
    for shown, given in (
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "...": "..."}, {"b": 1}),
        ([1], [1, 2]),
        (0.48, 0.47),
        ("begins ...", "does not"),
        (None, False),
        (1, True),
    ):
        with pytest.raises(AssertionError):
            check(shown, given)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_readme_with_its_default(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `BYLINE_{name.upper()}` |")), None)
    assert row is not None
    default = Settings.model_fields[name].default
    if isinstance(default, str | int | float):
        assert f"| `{default.value if isinstance(default, Enum) else default}` |" in row
