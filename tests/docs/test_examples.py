"""README and docs are true: their examples, run from top to bottom as a reader would, give what stands below them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from eval.questions.reading import read_questions
from tests.docs.pages import PAGES, ROOT, read

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
    "python -m eval.cost.question": "measures, and so takes its time; tests/eval runs its parts on less",
    "pip install -c constraints.txt -e '.[milvus]'": "installs, and needs a Milvus; tests/service runs it on Lite",
    "python -m eval.cost.encoding": "measures, and so takes its time; tests/eval runs it on less",
}
"""Shell blocks that bash only parses, by how they begin, with the reason. Every other one is run."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    code: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)} line {read(self.page).count(chr(10), 0, self.start) + 1}"


def blocks(page: Path) -> list[Block]:
    fenced = re.finditer(r"^```(\w+)\n(.*?)^```$", read(page), re.MULTILINE | re.DOTALL)
    return [Block(page, match[1], match[2], match.start(), match.end()) for match in fenced]


def answers(page: Path) -> dict[Block, Block]:
    """The JSON or text that stands right below a block and shows what it prints."""
    return {
        block: below
        for block, below in pairwise(blocks(page))
        if block.language == "sh"
        and below.language in {"json", "text"}
        and not read(page)[block.end : below.start].strip()
    }


def not_run(block: Block) -> bool:
    return block.language == "sh" and block.code.startswith(tuple(NOT_RUN))


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language in {"sh", "python"} and not not_run(block)]


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


@pytest.fixture(scope="module")
def shipped_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first command of `make serve` makes."""
    home = tmp_path_factory.mktemp("shipped")
    subprocess.run(["byline", "add", "--shipped"], env=environment(home), check=True, capture_output=True)
    return home


def environment(home: Path) -> dict[str, str]:
    kept = (name for name in os.environ if name == "BYLINE_CACHE" or not name.startswith("BYLINE_"))
    return {
        **{name: os.environ[name] for name in kept},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BYLINE_HOME": str(home),
        "COLUMNS": "120",
    }


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[str]:
    """What the second command of `make serve` does, but on a free port: the address."""
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
    assert done.returncode == 0, f"{block} ends with {done.returncode}: {done.stderr}{done.stdout}"
    return done.stdout


def show_is_true(shown: Block, printed: str) -> None:
    if shown.language == "text":
        assert matches(shown.code.strip(), printed.strip()), f"{shown}, but it prints: {printed}"
        return
    for left, right in zip(documents(shown.code), documents(printed), strict=True):
        check(left, right, str(shown))


@pytest.mark.model
@pytest.mark.server
@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=lambda page: page.stem)
def test_the_examples_give_what_the_page_shows(
    page: Path, shipped_home: Path, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    home = tmp_path / "home"
    shutil.copytree(shipped_home, home)
    shown = answers(page)
    with served(environment(home)) as address:
        for block in runnable(page):
            with subtests.test(str(block)):
                printed = run(block, address=address, environment=environment(home))
                if block in shown:
                    show_is_true(shown[block], printed)


def test_what_is_not_run_is_bash_all_the_same() -> None:
    skipped = [block for page in PAGES for block in blocks(page) if not_run(block)]
    assert {begins for begins in NOT_RUN for block in skipped if block.code.startswith(begins)} == set(NOT_RUN)
    for block in skipped:
        subprocess.run(["bash", "-n"], input=block.code, text=True, check=True)


def test_the_question_file_shown_is_one(tmp_path: Path) -> None:
    (shown,) = (block for page in PAGES for block in blocks(page) if block.language == "jsonl")
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
