"""`byline migrate`: the whole library from SQLite into PostgreSQL or back, compared before it takes its place."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from corpus.library.choose import place_of
from corpus.library.moving.move import Moved, move
from corpus.library.sqlite.database import Sqlite
from service.cli.context import ERR, OUT, Json, parts_of, print_json
from service.cli.progress import copying_bar
from service.settings import SettingsError


class To(StrEnum):
    """Where the library goes."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"


def migrate(
    context: typer.Context,
    to: Annotated[
        To, typer.Argument(metavar="TO", help="From the file in BYLINE_HOME into BYLINE_LIBRARY, or the other way.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Move the library into PostgreSQL, or back.

    Every revision, passage, vector and id is compared, row by row. Nobody can write meanwhile; reading goes on.

    What was there stays as it is; broken off, the next run goes on.
    """
    with parts_of(context) as parts, copying_bar(console=ERR, quiet=as_json) as on_step:
        settings = parts.settings
        if settings.library is None:
            raise SettingsError("BYLINE_LIBRARY: it is not set; it names the PostgreSQL database to migrate to or from")
        file, other = place_of(Sqlite(settings.home)), place_of(parts.database)
        source, target = (file, other) if to is To.POSTGRESQL else (other, file)
        moved = move(source, target, wait_seconds=settings.write_wait_seconds, on_step=on_step)
    names = (source.database.name, target.database.name)
    if as_json:
        print_json(_facts(moved, *names))
    else:
        _print(moved, *names, then="set" if to is To.POSTGRESQL else "unset")


def _facts(moved: Moved, source: str, target: str) -> dict[str, object]:
    return {
        "from": source,
        "to": target,
        "commit": moved.commit,
        "resumed_rows": moved.resumed,
        "tables": [{"table": one.table, "rows": one.rows, "sha256": one.sha256} for one in moved.checksums],
    }


def _print(moved: Moved, source: str, target: str, *, then: str) -> None:
    table = Table("table", "rows", "checksum, the same on both sides", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for one in moved.checksums:
        table.add_row(one.table, f"{one.rows:,}", one.sha256[:32])
    OUT.print(table)
    total = sum(one.rows for one in moved.checksums)
    earlier = "all of it" if moved.resumed == total else f"{moved.resumed:,} of {total:,} rows"
    resumed = f"; {earlier} had been copied by an earlier try" if moved.resumed else ""
    OUT.print(f"migrated commit {moved.commit} from {source} to {target}{resumed}", markup=False)
    OUT.print(f"from here on have BYLINE_LIBRARY {then}, or the two go different ways", markup=False)
