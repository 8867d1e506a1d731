"""`python -m tests.dependencies`: what is installed for Byline and its extras, with licences and sizes as Markdown."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from eval.reports.markdown import table

EXTRAS = ("haystack", "langchain", "llama-index", "milvus", "milvus-lite", "otel", "postgres", "ray")
_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Academic Free License (AFL)": "AFL",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""SPDX's names for those that distributions give in other words."""


@dataclass(frozen=True, eq=False)
class Installed:
    """A distribution in this environment."""

    found: Distribution

    @cached_property
    def name(self) -> str:
        """As its maker writes it."""
        return self.found.metadata["Name"]

    @cached_property
    def licence(self) -> str:
        """The SPDX expression that its metadata tells, else SPDX's name of what it tells; empty if it tells nothing."""
        for expression in self._told("License-Expression"):
            return expression
        lines = [line for line in self._told("Classifier") if line.startswith("License ::")]
        classifiers = [line.rsplit(" :: ", 1)[1] for line in lines]
        free = [text.partition("\n")[0] for text in self._told("License")]
        return " OR ".join(sorted({_NAMES.get(name, name) for name in classifiers or free}))

    def _told(self, field: str) -> list[str]:
        return list(self.found.metadata.get_all(field, []))

    @cached_property
    def megabytes(self) -> float:
        """Of all its files."""
        return sum(file.size or 0 for file in self.found.files or ()) / 1e6

    def needs(self, extras: Iterable[str] = ()) -> Iterator[Requirement]:
        """What it requires here."""
        for line in self.found.requires or ():
            needed = Requirement(line)
            chosen = [{"extra": extra} for extra in ("", *extras)]
            if needed.marker is None or any(needed.marker.evaluate(one) for one in chosen):
                yield needed


def direct(*extras: str) -> list[str]:
    """What Byline names itself, with these extras, by canonical name."""
    own = Installed(distribution("byline"))
    return sorted({canonicalize_name(needed.name) for needed in own.needs(extras)})


def closure(*extras: str) -> dict[str, Installed]:
    """All that is installed for Byline with these extras, Byline left out, by canonical name."""
    found, waiting = dict[str, Installed](), [("byline", tuple(extras))]
    seen = set[tuple[str, tuple[str, ...]]]()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        found[name] = Installed(distribution(name))
        waiting += [
            (canonicalize_name(needed.name), tuple(sorted(needed.extras))) for needed in found[name].needs(wanted)
        ]
    del found["byline"]
    return dict(sorted(found.items()))


def added_by(extra: str) -> dict[str, Installed]:
    """What one extra by itself adds to the installation without any."""
    plain = closure()
    return {name: one for name, one in closure(extra).items() if name not in plain}


def rows(names: Sequence[str], among: dict[str, Installed]) -> Iterator[list[str]]:
    """A line of the table for each."""
    for name in names:
        one = among[name]
        yield [one.name, re.sub(r"\s+", " ", one.licence), f"{one.megabytes:.1f}"]


def main() -> None:
    """Print four tables: what Byline names, what that brings along, what its extras add, and how much each of them."""
    plain, whole = closure(), closure(*EXTRAS)
    own = direct()
    parts = {
        "Named by Byline": own,
        "Brought along": [name for name in plain if name not in own],
        "Added by extras": [name for name in whole if name not in plain],
    }
    for title, names in parts.items():
        sys.stdout.write(f"{title}: {len(names)}, {sum(whole[name].megabytes for name in names):.0f} MB\n\n")
        sys.stdout.writelines(f"{line}\n" for line in table(["package", "licence", "MB"], rows(names, whole)))
        sys.stdout.write("\n")
    added = {extra: added_by(extra) for extra in EXTRAS}
    sizes = (
        [extra, f"{len(them)}", f"{sum(one.megabytes for one in them.values()):.1f}"] for extra, them in added.items()
    )
    sys.stdout.writelines(f"{line}\n" for line in table(["extra", "packages", "MB"], sizes))


if __name__ == "__main__":
    main()
