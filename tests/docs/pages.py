"""The pages that people read."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@cache
def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")
