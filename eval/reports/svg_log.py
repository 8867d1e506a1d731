"""Lines over two logarithmic axes, as SVG."""

import math
from collections.abc import Sequence
from html import escape

from eval.reports.svg import COLOURS

WIDTH, HEIGHT = 520, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 14, 42
_UNITS = ("", "k", "M")

Places = Sequence[tuple[float, float]]


def log_curves(named: Sequence[tuple[str, Places]], *, x_label: str, y_label: str) -> str:
    """One line a name through its places, those left out that are not positive; a tick at each power of 10."""
    drawn = [(name, [place for place in places if _is_drawn(place)]) for name, places in named]
    all_places = [place for _, places in drawn for place in places] or [(1.0, 1.0)]
    x_low, x_high = _decades([x for x, _ in all_places])
    y_low, y_high = _decades([y for _, y in all_places])
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT

    def x(value: float) -> float:
        return _LEFT + (math.log10(value) - x_low) / (x_high - x_low) * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - (math.log10(value) - y_low) / (y_high - y_low) * (bottom - _TOP)

    parts = []
    for power in range(y_low, y_high + 1):
        at = y(10.0**power)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 7}" y="{at + 4:.1f}" text-anchor="end">{_tick(power)}</text>')
    for power in range(x_low, x_high + 1):
        at = x(10.0**power)
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{_tick(power)}</text>')
    middle = (_LEFT + right) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>')
    parts.append(
        f'<text class="axis" transform="rotate(-90)" x="{-(_TOP + bottom) / 2}" y="13" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    for number, (name, places) in enumerate(drawn):
        line = [(x(a), y(b)) for a, b in places]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in line)
        parts.append(f'<g><title>{escape(name)}</title><polyline points="{points}" fill="none" {stroke(number)}/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="var({_colour(number)})"/>' for a, b in line]
        parts.append("</g>")
    label = escape(f"{y_label} against {x_label}")
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def stroke(number: int) -> str:
    """How a line is drawn: more lines than colours are told apart by dashes."""
    dashes = ' stroke-dasharray="5 3"' if number >= len(COLOURS) else ""
    return f'stroke="var({_colour(number)})" stroke-width="2"{dashes}'


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _is_drawn(place: tuple[float, float]) -> bool:
    return all(0 < value < math.inf for value in place)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of 10 around all values, two different ones."""
    low = math.floor(math.log10(min(values)))
    return low, max(math.ceil(math.log10(max(values))), low + 1)


def _tick(power: int) -> str:
    """10 to the power, as people write it."""
    if not 0 <= power < 3 * len(_UNITS):
        return f"{10.0**power:g}"
    return f"{10 ** (power % 3)}{_UNITS[power // 3]}"
