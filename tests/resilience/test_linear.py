"""Every regular expression takes time in proportion to the text it looks at, or looks at little that others wrote."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import regex

from tests.resilience.linear import troubles

ROOT = Path(__file__).parents[2]
LAYERS = ("corpus", "indexing", "service", "eval")
_FUNCTIONS = {"compile", "match", "search", "sub", "split", "findall", "finditer", "fullmatch"}
_QUESTION = "a question has at most 2,000 characters"
EXCUSED: Mapping[str, str] = {
    "corpus.boilerplate.credit_lines._TRAILING": "it looks at the last 120 characters of a line",
    "service/core/parts.py:12": _QUESTION,
    "service/core/parts.py:17": _QUESTION,
    "service/schemas/openai/answered.py:17": "an answer begins with a word, and each word takes the space behind it",
    "eval/exchange/trec.py:22": "it is matched with the whole of a name, of which it takes one way at each @",
}
"""Patterns that take longer on some texts, and why that does no harm."""
INSIDE: Mapping[str, str] = {
    "corpus/boilerplate/patterns.py:f\"(?:{'|'.join(alternatives)}){then}\"": "modules hold what it makes",
    "service/core/support.py:'|'.join(map(regex.escape, forms))": "it has no repetition",
    "eval/bench/process.py:f'{field}:\\\\s+(\\\\d+) kB'": "the kernel writes what it looks at",
    "eval/bench/systems.py:f'^{re.escape(self.package)}==(\\\\S+)'": "pip writes what it looks at",
}
"""Patterns made while something runs, and why they do no harm."""

Found = tuple[str, str | bytes, int]
"""Where a pattern stands, itself, and its flags."""


def calls(code: ast.AST) -> Iterator[ast.Call]:
    """The calls in some code that take a pattern."""
    for node in ast.walk(code):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _FUNCTIONS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"re", "regex"}
        ):
            yield node


def written(file: Path) -> Iterator[Found]:
    """The patterns that stand in calls as they are."""
    for call in calls(ast.parse(file.read_text())):
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str | bytes):
            flags = ast.unparse(call)
            place = f"{file.relative_to(ROOT)}:{call.lineno}"
            ignore, lines = "IGNORECASE" in flags, "MULTILINE" in flags
            yield place, call.args[0].value, re.IGNORECASE * ignore | re.MULTILINE * lines


def put_together(file: Path) -> Iterator[Found]:
    """The patterns that a module holds, also those it makes of parts."""
    code = file.read_text()
    if "one_of(" not in code and all(isinstance(call.args[0], ast.Constant) for call in calls(ast.parse(code))):
        return
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for key, value in vars(importlib.import_module(name)).items():
        for pattern in _patterns(value):
            yield f"{name}.{key}", pattern.pattern, pattern.flags & (re.IGNORECASE | re.MULTILINE)


def _patterns(value: object) -> Iterator["re.Pattern[str] | regex.Pattern[str]"]:
    if isinstance(value, re.Pattern | regex.Pattern):
        yield value
    elif isinstance(value, Mapping):
        yield from _patterns(tuple(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for one in value:
            yield from _patterns(one)


FILES = [file for layer in LAYERS for file in sorted((ROOT / layer).rglob("*.py")) if "adapters" not in file.parts]


def patterns() -> list[Found]:
    """All of them, those that stand in a call and are held by a module twice."""
    return [found for file in FILES for found in (*written(file), *put_together(file))]


def test_no_pattern_is_made_where_it_cannot_be_found() -> None:
    """One that is not written down in its call is held by its module, or by none and listed here with its reason."""
    made = {
        f"{file.relative_to(ROOT)}:{ast.unparse(call.args[0])[:60]}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in calls(node)
        if not isinstance(call.args[0], ast.Constant)
    }
    assert made == set(INSIDE)


def test_every_pattern_takes_time_in_proportion_to_the_text() -> None:
    found = {place: troubles(pattern, flags) for place, pattern, flags in patterns()}
    slow = {place: why for place, why in found.items() if why}
    assert {place: why for place, why in slow.items() if place not in EXCUSED} == {}
    assert set(slow) == set(EXCUSED), "an excuse is not needed any more"


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+$", r"\s*\[1\]", r"[a-z]+@", r"(a+)+b", r"(a|aa)+b", r"a*a*b", r"x.*y.*z", r"<[^>]*>", r"(?i)x[a-z]*1",
        r"\w+\s*=", r"(\d+,?)+x", r"(?m)^.*x", r"^\s+x", r"\b\w+\s+(\w+\s+)*x",
    ],
)  # fmt: skip
def test_a_pattern_that_takes_longer_is_found(pattern: str) -> None:
    assert troubles(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+", r"(?<!\s)\s+$", r"\[[^\[\]]*\]", r"\d+(?:[.,]\d+)*", r"x\s+y", r"\s{0,9}x", r"\A\s*x", r"[^\W_]+",
        r"\[\s*(\d+\s*(?:[,;]\s*\d+\s*)*)\]", r"\b\w+=", r"(?m)^[ \t]*x",
    ],
)  # fmt: skip
def test_a_pattern_that_does_not_is_left_alone(pattern: str) -> None:
    assert troubles(pattern) == []
