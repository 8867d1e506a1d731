"""`python -m eval eval` and `python -m eval bench`: the evaluator without the rest of the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from corpus.errors import CorpusError
from eval.bench.command import bench
from eval.command import evaluate
from indexing.errors import IndexingError
from service.settings import SettingsError, load_settings
from service.threads import limit_threads

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def options(context: typer.Context, *, home: Annotated[Path | None, typer.Option()] = None) -> None:
    """The global option that `byline` has."""
    context.obj = home


app.command(name="bench")(bench)
app.command(name="eval")(evaluate)


def main() -> None:
    """Runs the command; an error it knows is told in one line, with exit status 1."""
    try:
        limit_threads(load_settings().threads)
        app()
    except (CorpusError, IndexingError, SettingsError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
