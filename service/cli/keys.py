"""`byline keys create`, `list` and `revoke`: who may use the service over HTTP."""

import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from service.cli.context import ERR, OUT, Json, print_json, settings_of
from service.cli.flags import BareFlagCommand, BareFlagGroup
from service.cli.shown import one_line
from service.keys.errors import KeyRefused
from service.keys.key import Key, Scope
from service.keys.limit import MAX_PER_MINUTE, Limit
from service.keys.store import create_key, list_keys, revoke_key

keys = typer.Typer(
    name="keys",
    cls=BareFlagGroup,
    help="Make, list and revoke API keys.\n\nOnce one was made, every request needs one.",
    no_args_is_help=True,
)


@keys.command(cls=BareFlagCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what it is for.")],
    *,
    scope: Annotated[Scope, typer.Option(help="What it lets do; who may write may read.")] = Scope.READ,
    rate: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MAX_PER_MINUTE,
            metavar="N",
            help="Requests a minute; 0 sets no limit.",
            show_default="BYLINE_KEY_RATE",
        ),
    ] = None,
    burst: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_PER_MINUTE,
            metavar="N",
            help="How many of them at once.",
            show_default="what ten seconds allow",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    key, text = create_key(settings_of(context).home, name, scope=scope, limit=_limit(rate, burst))
    if as_json:
        print_json({**_facts(key), "key": text})
        return
    # alone on standard output, for a variable in a shell
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    ERR.print(f"made {_limited(key)} key {key.id} for {one_line(name)}; it cannot be shown again", markup=False)


@keys.command(name="list", cls=BareFlagCommand)
def list_all(context: typer.Context, *, as_json: Json = False) -> None:
    """List all keys, revoked ones too."""
    found = list_keys(settings_of(context).home)
    if as_json:
        print_json([_facts(key) for key in found])
        return
    if not OUT.is_terminal:
        # a program or a pipe: one line a key, whatever the width
        for key in found:
            sys.stdout.write("\t".join(_cells(key)) + "\n")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "scope", "requests a minute", "made", "revoked", "name"):
        table.add_column(heading, overflow="fold")
    for key in found:
        table.add_row(*map(Text, _cells(key)))
    OUT.print(table)


@keys.command(cls=BareFlagCommand)
def revoke(
    context: typer.Context, key_id: Annotated[str, typer.Argument(metavar="ID", help="As `byline keys list` shows it.")]
) -> None:
    """Revoke a key for good, for every service on this library."""
    home = settings_of(context).home
    key = revoke_key(home, key_id)
    OUT.print(f"revoked {key.id} ({one_line(key.name)})", markup=False)
    if all(other.revoked_at is not None for other in list_keys(home)):
        ERR.print("no key is left: requests are refused until one is made", style="yellow")


def _limit(rate: int | None, burst: int | None) -> Limit | None:
    if rate is None:
        if burst is not None:
            raise KeyRefused("burst", "it needs --rate beside it")
        return None
    return Limit.of_rate(rate) if burst is None else Limit(rate, burst)


def _limited(key: Key) -> str:
    if key.limit is None:
        return f"a {key.scope}"
    rate = f"{key.limit.per_minute:,} requests a minute" if key.limit.per_minute else "no limit"
    return f"a {key.scope} ({rate})"


def _facts(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scope": key.scope.value,
        "rate_per_minute": None if key.limit is None else key.limit.per_minute,
        "burst": None if key.limit is None else key.limit.burst,
        "created_at": key.created_at.isoformat(),
        "revoked_at": None if key.revoked_at is None else key.revoked_at.isoformat(),
    }


def _cells(key: Key) -> tuple[str, ...]:
    rate = "default" if key.limit is None else str(key.limit.per_minute or "no limit")
    day = "" if key.revoked_at is None else key.revoked_at.date().isoformat()
    return (key.id, key.scope.value, rate, key.created_at.date().isoformat(), day, one_line(key.name))
