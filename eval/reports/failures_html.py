"""The failed questions of the HTML report, evidence and what came back side by side."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from eval.reports.model import Failure, Shown


def failures(failed: Sequence[Failure], *, of: int) -> str:
    """A fold a question, grouped by what went wrong, the most frequent first."""
    if not failed:
        return ""
    ordered = sorted(failed, key=lambda one: one.why)
    groups = sorted(((why, list(some)) for why, some in groupby(ordered, key=lambda one: one.why)), key=_size)
    sections = (f"<h3>{escape(why)} ({len(some)})</h3>{''.join(map(_fold, some))}" for why, some in groups)
    return (
        f"<h2>Failed questions: {len(failed)} of {of}</h2>"
        "<p class='soft'>Open one to see its evidence beside what came back; green covers evidence.</p>"
        f"{''.join(sections)}"
    )


def _size(group: tuple[str, list[Failure]]) -> int:
    return -len(group[1])


def _fold(one: Failure) -> str:
    tags = "".join(f"<span class='tag'>{escape(tag)}</span>" for tag in one.tags)
    accepted = f"<p><b>Accepted:</b> {escape('; '.join(one.accepted))}</p>" if one.accepted else ""
    gold = _pieces(one.gold) or "<p class='soft'>The articles do not answer this.</p>"
    answer = escape(one.answer) if one.answer else "<span class='soft'>none</span>"
    returned = _pieces(one.returned) or "<p class='soft'>Nothing.</p>"
    return (
        f"<details><summary>{escape(one.question)} <span class='why'>{escape(one.id)}</span>{tags}</summary>"
        f"<div class='in two'><div><h3>Evidence</h3>{accepted}{gold}</div>"
        f"<div><h3>Returned</h3><p><b>Answer:</b> {answer}</p>{returned}</div></div></details>"
    )


def _pieces(shown: Iterable[Shown]) -> str:
    return "".join(
        f"<blockquote class='{'yes' if one.relevant else 'no'}'>{escape(one.text)}"
        f"<cite>{escape(one.article)} {one.start}–{one.end}</cite></blockquote>"
        for one in shown
    )
