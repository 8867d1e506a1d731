"""Where figures stand in a page: between `<!-- figures: NAME -->` and `<!-- end of figures -->`."""

from collections.abc import Iterable
from pathlib import Path

from eval.published.errors import NoPlace

_END = "<!-- end of figures -->"


def write(page: Path, name: str, lines: Iterable[str]) -> None:
    """Puts lines into their place, in the stead of what is there. Raises NoPlace, and OSError."""
    before, _, after = _parted(page.read_text(encoding="utf-8"), name, page)
    page.write_text(before + "\n" + "".join(f"{line}\n" for line in lines) + "\n" + after, encoding="utf-8")


def read(page: Path, name: str) -> str:
    """What stands there. Raises NoPlace, also where there is no such page."""
    try:
        return _parted(page.read_text(encoding="utf-8"), name, page)[1]
    except FileNotFoundError as error:
        raise NoPlace(name, page) from error


def _parted(text: str, name: str, page: Path) -> tuple[str, str, str]:
    before, opening, rest = text.partition(f"<!-- figures: {name} -->\n")
    inside, closing, after = rest.partition(_END)
    if not opening or not closing:
        raise NoPlace(name, page)
    return before + opening, inside, closing + after
