"""The `byline` command: its options, its commands, and how its errors are told."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from corpus.errors import CorpusError
from indexing.errors import IndexingError
from service.cli.add import add
from service.cli.articles import list_articles, remove, show
from service.cli.context import ERR, printable
from service.cli.maintain import doctor, rebuild
from service.cli.questions import ask, search
from service.cli.serve import serve
from service.core.errors import AskError
from service.settings import SettingsError

app = typer.Typer(
    name="byline",
    help="Answers questions from news articles and shows the exact words it relied on.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (add, ask, search, show, remove, serve, rebuild, doctor):
    app.command()(command)
app.command(name="list")(list_articles)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"byline {version('byline')}\n")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    home: Annotated[
        Path | None, typer.Option(help="Folder with the library and its indexes; BYLINE_HOME otherwise.")
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


def main() -> None:
    """Runs the command line; an error it knows is told in one line, with exit status 1."""
    try:
        app()
    except (CorpusError, IndexingError, AskError, SettingsError) as error:
        ERR.print(f"error: {printable(str(error))}", style="red", markup=False)
        sys.exit(1)
    except BrokenPipeError:
        # the reader of our output has left; what is still buffered must not raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
