"""Feedback on replies of a service: citations to send, and the questions that come of it."""

from pathlib import Path
from typing import Any

import httpx

from corpus.library.reading import Library
from eval.questions.reading import read_questions
from eval.questions.values import Question
from service.feedback.export import LeftOut, Line, exported
from service.feedback.store import read_feedback
from tests.service.replied import VERIFIED

QUESTION = "Why was the harbour kept closed?"


def citations(client: httpx.Client, question: str = QUESTION) -> list[dict[str, Any]]:
    reply = client.post("/v1/ask", json={"question": question}).json()
    return [{name: one[name] for name in VERIFIED} for one in reply["answer"]["citations"]]


def questions(home: Path, tmp_path: Path) -> tuple[tuple[Question, ...], list[LeftOut]]:
    """What the evaluator reads of the export, and what gave no question."""
    library = Library(home)
    with library.snapshot() as snapshot:
        found = list(exported(read_feedback(home), snapshot))
    library.close()
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(f"{one.json}\n" for one in found if isinstance(one, Line)), encoding="utf-8")
    return read_questions(file), [one for one in found if isinstance(one, LeftOut)]
