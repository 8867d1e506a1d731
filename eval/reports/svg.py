"""Inline SVG for the HTML report: curves with bands, and bars with intervals."""

from collections.abc import Sequence
from html import escape

from eval.metrics.intervals import Estimate
from eval.summary import Curve

_WIDTH, _HEIGHT = 460, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 40
COLOURS = ("--a", "--b", "--c", "--d", "--e")
"""Custom properties that the page defines for light and dark."""
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROW, _NAME, _VALUE = 24, 150, 52
"""A bar's height with its gap, the width of its name and of its value."""


def curves(named: Sequence[tuple[str, Curve]], *, x_label: str, y_label: str, x_ticks: Sequence[float]) -> str:
    """Lines over a common pair of axes from 0 to 1 upwards, the first the strongest and in its band."""
    low, high = min(x_ticks), max(x_ticks)

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (1 - value) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(t):.1f}" y2="{y(t):.1f}"/>' for t in _TICKS
    ]
    parts += [f'<text class="tick" x="{_LEFT - 7}" y="{y(t) + 4:.1f}" text-anchor="end">{t:g}</text>' for t in _TICKS]
    bottom = _HEIGHT - _BOTTOM
    parts += [f'<text class="tick" x="{x(t):.1f}" y="{bottom + 16}" text-anchor="middle">{t:g}</text>' for t in x_ticks]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text class="axis" transform="rotate(-90)" x="{-(_TOP + bottom) / 2}" y="12" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    for number in reversed(range(len(named))):
        _, curve = named[number]
        colour = COLOURS[number % len(COLOURS)]
        line = [(x(a), y(b)) for a, b in zip(curve.x, curve.y, strict=True)]
        if number == 0:
            upper = [(x(a), y(b)) for a, b in zip(curve.x, curve.high, strict=True)]
            lower = [(x(a), y(b)) for a, b in zip(curve.x, curve.low, strict=True)]
            parts.append(
                f'<polygon points="{_points([*upper, *reversed(lower)])}" fill="var({colour})" opacity=".16"/>'
            )
        width = 2.6 if number == 0 else 1.6
        parts.append(f'<polyline points="{_points(line)}" fill="none" stroke="var({colour})" stroke-width="{width}"/>')
    label = escape(f"{y_label} against {x_label}")
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def legend(names: Sequence[str]) -> str:
    """Which line is whose."""
    keys = (
        f'<span class="key"><i style="background:var({COLOURS[at % len(COLOURS)]})"></i>{escape(name)}</span>'
        for at, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(keys)}</p>'


def bars(named: Sequence[tuple[str, Estimate]], *, label: str) -> str:
    """One bar a name, from 0 to 1, with its interval as a whisker and the number of questions behind the name."""
    right = _WIDTH - _VALUE

    def x(value: float) -> float:
        return _NAME + value * (right - _NAME)

    parts = [f'<line class="grid" x1="{x(t):.1f}" x2="{x(t):.1f}" y1="0" y2="{_ROW * len(named)}"/>' for t in _TICKS]
    for at, (name, estimate) in enumerate(named):
        top, middle = at * _ROW + 5, at * _ROW + _ROW / 2
        long, low, high = (f"{x(value):.1f}" for value in (estimate.value, estimate.low, estimate.high))
        parts.append(
            f'<text class="name" x="{_NAME - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}'
            f'<tspan class="tick"> {estimate.questions}</tspan></text>'
            f'<rect x="{_NAME}" y="{top}" width="{float(long) - _NAME:.1f}" height="{_ROW - 10}" rx="2" '
            f'fill="var(--a)" opacity=".75"/>'
            f'<line class="whisker" x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"/>'
            f'<text class="name" x="{right + 10}" y="{middle + 4}">{estimate.value:.2f}</text>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_ROW * len(named)}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
