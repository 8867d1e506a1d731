"""Marks what a page scrape carries besides reporting, without touching the text.

Every rule is a pattern of language and layout: how a line begins, how it ends, what stands beside it. When in doubt
a rule keeps the line, for a reader loses more by a missing paragraph than by a passage of boilerplate.
"""

from corpus.article import Skip, Span
from corpus.boilerplate.appeals import appeals
from corpus.boilerplate.captions import repeated_captions
from corpus.boilerplate.comments import comments
from corpus.boilerplate.cookies import cookie_notices
from corpus.boilerplate.credit_lines import credit_lines
from corpus.boilerplate.links import link_lists
from corpus.boilerplate.sharing import sharing_prompts
from corpus.boilerplate.units import Unit, plain, units_of

__all__ = ["mark_boilerplate"]

RULES = (comments, cookie_notices, appeals, sharing_prompts, credit_lines, link_lists, repeated_captions)
"""In order of precedence: the first rule to claim a unit names its reason."""


def mark_boilerplate(text: str, *, title: str) -> tuple[Skip, ...]:
    """The parts of `text` that are not reporting, in order and disjoint, in code points of `text`.

    The headline is never marked, and a text of nothing but boilerplate is left unmarked so that it stays findable.
    The time is linear in the length of the text.
    """
    units = units_of(text)
    found: dict[int, Skip] = {}
    for rule in RULES:
        for index, skip in rule(units).items():
            found.setdefault(index, skip)
    headline = _headline(units, plain(title))
    if headline is not None:
        found.pop(headline, None)
    if all(index in found and found[index].span == unit.span for index, unit in enumerate(units)):
        return ()
    return _joined([found[index] for index in sorted(found)], text)


def _headline(units: list[Unit], title: str) -> int | None:
    return next((index for index, unit in enumerate(units) if unit.plain == title), None)


def _joined(skips: list[Skip], text: str) -> tuple[Skip, ...]:
    """Neighbours of one reason with only white space between them become one skip."""
    joined: list[Skip] = []
    for skip in skips:
        if joined and joined[-1].reason is skip.reason and not text[joined[-1].span.end : skip.span.start].strip():
            joined[-1] = Skip(Span(joined[-1].span.start, skip.span.end), skip.reason)
        else:
            joined.append(skip)
    return tuple(joined)
