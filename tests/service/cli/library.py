"""The articles that the command line is tried on."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from corpus.library.sqlite import schema

SHIPPED = [
    "dmz-defection-december-2018",
    "imjin-river-defection-2019",
    "military-talks-proposal-2025",
    "panmunjom-defection-2017",
    "warning-shots-december-2017",
]
ADVERT = "Sign up for our newsletter and get the news in your inbox every morning."
HARBOUR = f"""# Harbour reopens after the storm

The harbour of Salthaven reopened on Tuesday after engineers had checked all 14 cranes.

{ADVERT}

The council had kept it closed because it feared that a crane would fall.
"""
FORMER = HARBOUR.replace("Tuesday", "Monday")
HOSTILE = "Storm \x1b[2J\x1b]0;owned\x07 and \x9b31m calm \u202e end"


def only_row(home: Path, query: str) -> tuple[Any, ...]:
    with closing(sqlite3.connect(schema.database(home))) as connection:
        (row,) = connection.execute(query)
        found: tuple[Any, ...] = row
    return found
