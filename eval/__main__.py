"""`python -m eval`: the evaluator without the rest of the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from corpus.errors import CorpusError
from eval.command import evaluate
from indexing.errors import IndexingError
from service.settings import SettingsError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command(name="eval")(evaluate)


@app.callback()
def options(context: typer.Context, *, home: Annotated[Path | None, typer.Option()] = None) -> None:
    """The global option that `byline` has."""
    context.obj = home


if __name__ == "__main__":
    try:
        app()
    except (CorpusError, IndexingError, SettingsError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)
