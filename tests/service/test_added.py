"""What `byline add` tells while it runs: how far it has come, and what went in, without keeping any of it."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.library.records import PutResult
from indexing.ingest import Draft, Stored
from service.cli.added import JsonReport, Tally
from service.cli.pace import Pace
from service.cli.progress import AddProgress

IDS = st.text(st.characters(exclude_categories=["C"], exclude_characters="/\\"), min_size=1, max_size=8).filter(
    lambda text: text == text.strip() and text not in {".", ".."}
)
STORED = st.builds(
    lambda name, result, passages: Stored(Draft(Article(id=name, text="Text.", title="News")), result, passages),
    IDS,
    st.sampled_from(PutResult),
    st.integers(0, 9),
)
FAILED = st.builds(
    lambda reason, source, line, field: UnreadableArticle(reason, source=source, line=line, field=field),
    st.text(),
    st.text(),
    st.none() | st.integers(1, 9),
    st.none() | st.text(),
)


@settings(database=None)
@given(st.lists(st.one_of(STORED, FAILED), max_size=8))
def test_json_written_as_it_goes_is_byte_for_byte_the_whole_object(told: list[Stored | UnreadableArticle]) -> None:
    out = io.BytesIO()
    report, tally = JsonReport(out), Tally()
    added, failed = list[object](), list[object]()
    for each in told:
        if isinstance(each, Stored):
            report.stored(each)
            tally.stored(each)
            article = each.draft.article
            added.append({"id": article.id, "revision": article.revision, "result": each.result,
                          "passages": each.passages})  # fmt: skip
        else:
            report.unreadable(each)
            tally.unreadable(each)
            failed.append({"source": each.source, "line": each.line, "field": each.field, "reason": each.reason})
    report.finish()
    whole = json.dumps({"added": added, "failed": failed}, ensure_ascii=False, indent=2)
    assert out.getvalue() == whole.encode(errors="replace") + b"\n"
    assert f"{len(failed)} not readable" in str(tally)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@settings(database=None)
@given(steps=st.lists(st.floats(0.001, 40), min_size=1, max_size=300), rate=st.integers(1, 1000))
def test_at_an_even_pace_the_rate_is_that_and_what_is_left_takes_its_share(steps: list[float], rate: int) -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    assert pace.passages_per_second is None
    assert pace.seconds_left(1000) is None
    for step in steps:
        clock.now += step
        pace.note(read=round(clock.now * 1e6), passages=round(clock.now * rate * 1e6))
    assert abs((pace.passages_per_second or 0) - rate * 1e6) < 1e-2 * rate * 1e6
    left = pace.seconds_left(round((clock.now + 100) * 1e6))
    assert left is not None
    assert abs(left - 100) < 1
    assert pace.seconds_left(None) is None
    assert pace.seconds_left(0) == 0


def test_the_rate_follows_what_happens_now() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    for number in range(1, 601):
        clock.now += 1
        # ten passages a second for nine minutes, then one
        pace.note(read=number, passages=10 * min(number, 540) + max(number - 540, 0))
    assert pace.passages_per_second == 1


def test_elsewhere_than_on_a_terminal_a_line_is_printed_every_thirty_seconds() -> None:
    clock, out = Clock(), io.StringIO()
    with AddProgress(total=4000, console=Console(file=out, width=200), quiet=False, clock=clock) as progress:
        for number in range(1, 91):
            clock.now += 1
            progress.advance(read=10 * number, passages=20)
    assert out.getvalue().splitlines() == [
        "adding: 30 articles, 600 passages, 20 passages/s, 0:06:10 left",
        "adding: 60 articles, 1,200 passages, 20 passages/s, 0:05:40 left",
        "adding: 90 articles, 1,800 passages, 20 passages/s, 0:05:10 left",
    ]


def test_of_a_pipe_nobody_knows_how_much_is_left_and_with_json_nothing_is_said() -> None:
    for quiet in (False, True):
        clock, out = Clock(), io.StringIO()
        with AddProgress(total=None, console=Console(file=out, width=200), quiet=quiet, clock=clock) as progress:
            for _ in range(31):
                clock.now += 1
                progress.advance(read=0, passages=1)
        assert out.getvalue() == ("" if quiet else "adding: 30 articles, 30 passages, 1 passages/s\n")


@pytest.mark.parametrize(("columns", "rate"), [(60, ""), (80, ", 40 passages/s"), (200, ", 40 passages/s")])
@pytest.mark.parametrize("colours", [True, False])
def test_on_a_terminal_of_any_width_all_that_is_told_fits_in_one_line(
    columns: int, rate: str, *, colours: bool
) -> None:
    clock, out = Clock(), io.StringIO()
    console = Console(file=out, width=columns, force_terminal=True, no_color=not colours, color_system="256")
    with AddProgress(total=1_000_000, console=console, quiet=False, clock=clock) as progress:
        for number in range(1, 401):
            clock.now += 1
            progress.advance(read=1000 * number, passages=40)
    shown = out.getvalue()
    assert f"400 articles, 16,000 passages{rate}, 0:10:00 left" in shown
    assert "40%" in shown
    assert "…" not in shown
    assert ("\x1b[3" in shown) == colours


def test_a_terminal_that_cannot_move_back_gets_lines() -> None:
    clock, out = Clock(), io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, _environ={"TERM": "dumb"})
    with AddProgress(total=None, console=console, quiet=False, clock=clock) as progress:
        for _ in range(31):
            clock.now += 1
            progress.advance(read=0, passages=1)
    assert out.getvalue() == "adding: 30 articles, 30 passages, 1 passages/s\n"


def test_a_terminal_shows_a_bar_with_rate_and_time_left_and_takes_it_away() -> None:
    clock, out = Clock(), io.StringIO()
    console = Console(file=out, width=200, force_terminal=True)
    with AddProgress(total=1000, console=console, quiet=False, clock=clock) as progress:
        for number in range(1, 6):
            clock.now += 1
            progress.advance(read=100 * number, passages=40)
    assert "5 articles, 200 passages, 40 passages/s, 0:00:05 left" in out.getvalue()
    assert "50%" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")
