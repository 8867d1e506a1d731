"""Reads question files, one JSON object a line; whatever is wrong with a line is an error that names it.

Fields that the format does not know are left to the data sets that have them, unless one looks like a slip of the pen:
a question whose `histroy` is passed over would be measured as another question.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from rapidfuzz.distance import OSA

from corpus.readers.json_records import parse_record
from eval.errors import BadQuestions
from eval.questions.values import Evidence, Question
from eval.text import content_of, problem, question_problem
from eval.words import words

_REQUIRED = {"id", "question", "answers", "evidence"}
_SLIP = 1
"""Letters wrong, missing, too many, or changed over with the next, for a name to count as a known one misspelt."""
_ROLES = ("user", "assistant")


def read_questions(file: Path) -> tuple[Question, ...]:
    """All questions of a file. Raises BadQuestions for the first line that is not one, or an id given twice."""
    content = content_of(file, BadQuestions)
    lines: dict[str, int] = {}
    questions = []
    # not splitlines: a question may hold U+2028, which JSON allows within a line
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        question = _Line(file, number).question(line)
        if question.id in lines:
            raise BadQuestions(f"the id {question.id} is that of line {lines[question.id]}", source=file, line=number)
        lines[question.id] = number
        questions.append(question)
    if not questions:
        raise BadQuestions("it holds no question", source=file)
    return tuple(questions)


class _Line:
    """Checks the parts of one line."""

    def __init__(self, file: Path, number: int) -> None:
        self._file = file
        self._number = number

    def question(self, line: str) -> Question:
        try:
            record = parse_record(line)
        except ValueError as error:
            raise BadQuestions(str(error), source=self._file, line=self._number) from error
        self._check_spelling(record, "history")
        if missing := sorted(_REQUIRED - set(record)):
            self._refuse(f"field {', '.join(missing)} is missing")
        question = Question(
            id=self._text(record, "id"),
            text=self._asked(record, "question"),
            answers=self._texts(record, "answers"),
            evidence=tuple(self._evidence(entry) for entry in self._list(record, "evidence")),
            tags=self._texts(record, "tags"),
            earlier=tuple(text for role, text in map(self._turn, self._list(record, "history")) if role == "user"),
            line=self._number,
        )
        if question.answers and not any(map(words, question.answers)):
            self._refuse(f"answers: none of {', '.join(map(repr, question.answers))} has a word that could be compared")
        if question.answers and not question.evidence:
            self._refuse("there are answers but no evidence for them")
        return question

    def _evidence(self, entry: object) -> Evidence:
        if not isinstance(entry, dict):
            self._refuse("evidence: it must be a list of objects")
        self._check_spelling(entry, "start")
        start, end = entry.get("start"), entry.get("end")
        for name, value in (("start", start), ("end", end)):
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
                self._refuse(f"evidence: {name} must be a position in the text")
        if start is not None and end is not None and end <= start:
            self._refuse("evidence: end must be after start")
        return Evidence(self._text(entry, "article"), self._text(entry, "quote"), start)

    def _turn(self, entry: object) -> tuple[str, str]:
        if not isinstance(entry, dict) or entry.get("role") not in _ROLES:
            self._refuse(f"history: it must be a list of objects with a role of {' or '.join(_ROLES)}")
        return self._text(entry, "role"), self._asked(entry, "content")

    def _check_spelling(self, record: Mapping[str, object], optional: str) -> None:
        for name in record:
            if optional not in record and OSA.distance(name.lower(), optional, score_cutoff=_SLIP) <= _SLIP:
                self._refuse(f"{name}: there is no such field; is {optional} meant?")

    def _list(self, record: Mapping[str, object], name: str) -> list[object]:
        value = record.get(name, [])
        if not isinstance(value, list):
            self._refuse(f"{name}: it must be a list")
        return value

    def _texts(self, record: Mapping[str, object], name: str) -> tuple[str, ...]:
        return tuple(self._text({name: value}, name) for value in self._list(record, name))

    def _text(self, record: Mapping[str, object], name: str) -> str:
        return self._checked(record.get(name), name, problem)

    def _asked(self, record: Mapping[str, object], name: str) -> str:
        return self._checked(record.get(name), name, question_problem)

    def _checked(self, value: object, name: str, find_problem: Callable[[object], str | None]) -> str:
        reason = find_problem(value)
        if reason is not None or not isinstance(value, str):
            self._refuse(f"{name}: {reason}")
        return value

    def _refuse(self, reason: str) -> NoReturn:
        raise BadQuestions(reason, source=self._file, line=self._number)
