"""All commands of `byline` and the options they share."""

import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated

import typer

from service.cli.add import add
from service.cli.articles import list_articles, remove, show
from service.cli.backup import backup, restore
from service.cli.feedback import app as feedback
from service.cli.flags import BareFlagCommand, BareFlagGroup
from service.cli.keys import keys
from service.cli.maintain import doctor, rebuild
from service.cli.mcp import mcp
from service.cli.migrate import migrate
from service.cli.paths import path_named
from service.cli.questions import ask, search
from service.cli.serve import serve

app = typer.Typer(
    name="byline",
    cls=BareFlagGroup,
    help="Answers questions from news articles and shows the exact words it relied on.",
    epilog="Exit status: 0 done, 1 something failed or was refused, 2 wrong use, 130 ended by Ctrl-C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (add, ask, search, show, remove, serve, mcp, rebuild, doctor, backup, restore, migrate):
    app.command(cls=BareFlagCommand)(command)
app.command(name="list", cls=BareFlagCommand)(list_articles)
app.add_typer(feedback, name="feedback")
app.add_typer(keys)
# what stands above the service in the layers, such as the evaluator, brings its commands in by name
for point in entry_points(group="byline.commands"):
    app.command(name=point.name, cls=BareFlagCommand)(point.load())


def _print_version(*, wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"byline {version('byline')}\n")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    home: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="FOLDER",
            help="Where the library and its indexes are.",
            show_default="BYLINE_HOME",
        ),
    ] = None,
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            callback=lambda wanted: _print_version(wanted=wanted),
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Options of every command."""
    context.obj = home
