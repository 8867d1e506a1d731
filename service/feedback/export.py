"""Feedback as lines of a question file, so that the evaluation grows from use."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corpus.errors import ArticleNotFound
from corpus.library.snapshot import Snapshot
from service.core.errors import MAX_QUESTION_LENGTH
from service.feedback.errors import EntryUnreadable
from service.feedback.said import id_of, said_in
from service.feedback.store import Entry
from service.schemas.feedback import CitedIn, FeedbackIn


@dataclass(frozen=True, slots=True)
class Line:
    """A question with its labels."""

    id: str
    json: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Feedback that gives no question."""

    id: str
    reason: str


def exported(entries: Iterable[Entry], snapshot: Snapshot) -> Iterator[Line | LeftOut]:
    """Each entry as a question, by what it says is right; of several about one question the last that says so.

    A thumb up says that the answer's citations are the evidence, or that an abstention was right. A thumb down says
    nothing of what would be right unless it comes with a correction; it takes back an earlier thumb up of the same
    reply. That nothing answers a question which was asked of some articles only is no word on all of them.
    """
    last: dict[tuple[str, ...], tuple[Entry, FeedbackIn]] = {}
    for entry in entries:
        name = id_of(entry.number)
        try:
            said = said_in(entry)
        except EntryUnreadable as error:
            yield LeftOut(name, error.reason)
            continue
        asked = (said.question, *(turn.role + turn.content for turn in said.history))
        former = last.get(asked)
        unlabelled = _unlabelled(said)
        if unlabelled is not None:
            yield LeftOut(name, unlabelled)
            if former is None or said.helpful or not former[1].helpful or not former[1].is_of_same_reply(said):
                continue
        if former is not None:
            del last[asked]
            yield LeftOut(id_of(former[0].number), f"{name} is of the same question and newer")
        if unlabelled is None:
            last[asked] = (entry, said)
    for entry, said in last.values():
        evidence = _evidence(said)
        gone = next((one.article_id for one in evidence if not _stands(one, snapshot)), None)
        if gone is not None:
            yield LeftOut(id_of(entry.number), f"article {gone} does not have the words any more")
        else:
            yield Line(id_of(entry.number), _line(id_of(entry.number), said, evidence))


def _evidence(said: FeedbackIn) -> list[CitedIn]:
    return said.citations if said.correction is None else said.correction.evidence


def _unlabelled(said: FeedbackIn) -> str | None:
    """Why it gives no label, if it gives none."""
    if said.correction is None and not said.helpful:
        return "it says that the answer was wrong and not what would be right"
    if said.is_filtered() and not _evidence(said):
        return "it says that nothing answers, and only some of the articles were asked"
    return None


def _stands(cited: CitedIn, snapshot: Snapshot) -> bool:
    try:
        return cited.quote in snapshot.revision(cited.article_id).article.text
    except ArticleNotFound:
        return False


def _line(name: str, said: FeedbackIn, evidence: list[CitedIn]) -> str:
    line: dict[str, object] = {
        "id": name,
        "question": said.question,
        "answers": [] if said.correction is None else said.correction.answers,
        "evidence": [{"article": one.article_id, "quote": one.quote} for one in evidence],
        "tags": ["feedback", "helpful" if said.helpful else "corrected"],
    }
    # blank turns help to understand nothing, and longer ones than a question are not asked
    history = [turn for turn in said.history if turn.content.strip() and len(turn.content) <= MAX_QUESTION_LENGTH]
    if history:
        line["history"] = [turn.model_dump() for turn in history]
    return json.dumps(line, ensure_ascii=False)
