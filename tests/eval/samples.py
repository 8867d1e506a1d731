"""A small library and questions about it, without a model."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from corpus.article import Article, Span
from eval.bench.scale import Size
from eval.questions.values import Evidence, Gold, Judged, Question
from eval.systems.protocol import Response, Returned
from indexing.ingest import Draft
from service.compose import Parts
from service.settings import Settings
from tests.fakes import WordEncoder, fake_parts, fake_settings

SIZE = Size(
    passages=5_000,
    made=False,
    kind="quantised",
    manifest_recall=0.992,
    recall=0.991,
    build_s=1.5,
    build_peak_mb=300,
    disk_mb=60,
    start_s=0.8,
    resident_mb=210,
    ask_p50_ms=4.0,
    ask_p99_ms=7.0,
    again_p50_ms=3.5,
    search_p50_ms=3.0,
    search_p99_ms=5.0,
    add_ms=12.0,
)
"""What one size costs, as `byline bench` has it."""
RIVER = Article(
    id="river",
    title="Crossing the river",
    text="A soldier swam the cold river at dawn.  Guards heard\nnothing of it. He was found by a fisherman on Monday.",
)
TALKS = Article(
    id="talks",
    title="Talks proposed",
    text="The ministry proposed talks in May. Officials waited for a reply. No reply came to the ministry in summer.",
)
LINES: list[dict[str, object]] = [
    {
        "id": "a0",
        "question": "Who found the soldier on Monday?",
        "answers": ["a fisherman"],
        "evidence": [{"article": "river", "quote": "found by a fisherman"}],
        "tags": ["who"],
    },
    {
        "id": "a1",
        "question": "What did the guards hear?",
        "answers": ["nothing"],
        "evidence": [{"article": "river", "quote": "Guards heard nothing of it."}],
        "tags": ["what"],
    },
    {
        "id": "a2",
        "question": "When did the ministry propose talks?",
        "answers": ["May"],
        "evidence": [{"article": "talks", "quote": "proposed talks in May"}],
        "tags": ["when"],
    },
    {"id": "u1", "question": "Which vegetables grow in winter?", "answers": [], "evidence": [], "tags": ["off-topic"]},
]


def question_file(folder: Path, lines: Sequence[object] = LINES) -> Path:
    """The lines as a question file."""
    file = folder / "questions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def article_files(folder: Path) -> Path:
    """A new folder with the two articles as files."""
    folder.mkdir()
    for article in (RIVER, TALKS):
        (folder / f"{article.id}.md").write_text(f"---\ntitle: {article.title}\n---\n{article.text}", encoding="utf-8")
    return folder


@contextmanager
def small_library(home: Path) -> Iterator[Parts]:
    """The two articles, split into short passages."""
    with closing(fake_parts(home, max_tokens=16, overlap_tokens=0)) as parts:
        list(parts.ingester.put_all(map(Draft, (RIVER, TALKS))))
        yield parts


def open_fake(settings: Settings) -> Parts:
    """Parts of these settings around the encoder without a model."""
    return Parts(settings, encoder=lambda _: WordEncoder())


def cached(folder: Path) -> Settings:
    """Settings whose library and cache are in a folder."""
    return fake_settings(folder / "home", cache=folder / "cache", max_tokens=16, overlap_tokens=0)


def gold(start: int, end: int, *, article: str = "river") -> Gold:
    """Evidence at a place."""
    return Gold(article, "r", Span(start, end), "")


def passage(start: int, end: int, *, article: str = "river", score: float = 1.0, text: str = "") -> Returned:
    """A returned passage at a place."""
    return Returned(article, Span(start, end), score, "r", text)


def judged(question_id: str, *evidence: Gold, answers: Sequence[str] = ("yes",)) -> Judged:
    """A question with its evidence."""
    found = tuple(Evidence(one.article, one.quote) for one in evidence)
    return Judged(Question(question_id, "?", answers=tuple(answers) if found else (), evidence=found), tuple(evidence))


class Scripted:
    """A system that gives the responses it was made with."""

    answers = True

    def __init__(self, responses: dict[str, Response], *, name: str = "scripted") -> None:
        self.name = name
        self._responses = responses

    def respond(self, question: Question, *, k: int) -> Response:
        return self._responses.get(question.id, Response(passages=())) if k else Response()
