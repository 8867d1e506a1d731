"""What stands in which place of which page, and what has to be measured for it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from eval.published import quality, speed
from eval.published.measurements import EVALUATIONS
from eval.published.quality import Results

README, FIGURES = "README.md", "docs/figures.md"


@dataclass(frozen=True, slots=True)
class Block:
    """Figures in one place."""

    page: str
    name: str
    needs: tuple[str, ...]
    """Measurements, by name."""
    lines: Callable[[Results], Iterable[str]]


def _printed(name: str) -> Callable[[Results], Iterator[str]]:
    """What a command prints, as it is."""

    def lines(results: Results) -> Iterator[str]:
        text: str = results[name]
        yield from text.strip().split("\n")

    return lines


_SETS = tuple(EVALUATIONS)
BLOCKS = (
    Block(README, "quality", _SETS, quality.in_short),
    Block(README, "best peer", ("beside",), speed.best_peer),
    Block(FIGURES, "quality", _SETS, quality.in_full),
    Block(FIGURES, "precision", (*_SETS, *(f"{name}-fp32" for name in _SETS)), quality.by_precision),
    *(Block(FIGURES, name, (name,), _printed(name)) for name in ("reference", "question", "encoding")),
    Block(FIGURES, "beside", ("beside",), speed.beside_others),
    Block(FIGURES, "sizes", ("sizes",), speed.by_size),
)
