"""What is installed is listed with its licence, agrees with itself, and comes as wheels."""

import re
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.dependencies import EXTRAS, added_by, closure, direct

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
FREE = frozenset(
    {
        "0BSD", "AFL", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC",
        "LGPL-3.0-only", "LLVM-exception", "MIT", "MIT-0", "MIT-CMU", "MPL-1.1", "MPL-2.0", "PSF-2.0", "Zlib",
    }
)  # fmt: skip
"""Licences under which something may be used beside code of any licence; LGPL where it is imported as it is."""


def listed(title: str) -> dict[str, str]:
    """The licence that a section of the page states for each package, by canonical name."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]*) \| [\d.]+ \|", section, re.MULTILINE)
    return {canonicalize_name(name): licence.strip() for name, licence in rows}


def test_the_page_lists_what_is_installed_with_the_licence_it_has() -> None:
    own, plain, whole = direct(), closure(), closure(*EXTRAS)
    licences = {name: one.licence for name, one in whole.items()}
    assert listed("Named by Byline") == {name: licences[name] for name in own}
    assert listed("Brought along") == {name: licences[name] for name in plain if name not in own}
    assert listed("Added by extras") == {name: licences[name] for name in whole if name not in plain}


def test_the_page_says_how_many_packages_each_extra_adds() -> None:
    section = PAGE.partition("\n## Extras\n")[2].partition("\n## ")[0]
    said = re.findall(r"^\| `([\w-]+)` \| (\d+) \| [\d.]+ \|", section, re.MULTILINE)
    assert said == [(extra, str(len(added_by(extra)))) for extra in EXTRAS]


def test_every_licence_lets_it_be_used_beside_any_code() -> None:
    def is_free(expression: str) -> bool:
        # of alternatives one is enough
        choices = [re.findall(r"[\w.-]+", choice) for choice in expression.split(" OR ")]
        return any(words and FREE.issuperset(set(words) - {"AND", "WITH"}) for words in choices)

    assert {name: one.licence for name, one in closure(*EXTRAS).items() if not is_free(one.licence)} == {}


def test_every_version_is_pinned_and_no_two_packages_contradict_each_other() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;+]+)", constraints, re.MULTILINE))
    versions: dict[str, str] = {canonicalize_name(name): version for name, version in pinned.items()}
    found = {name: one.found.version.partition("+")[0] for name, one in closure(*EXTRAS).items()}
    # brought along by every virtual environment
    found.pop("setuptools", None)
    assert {name: version for name, version in found.items() if versions.get(name) != version} == {}
    checked = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
