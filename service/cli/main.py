"""The `byline` command's entry: threads first, then the commands, and every known error told in one line."""

import os
import sys

from corpus.errors import CorpusError
from indexing.errors import IndexingError
from service.core.errors import AskError
from service.settings import SettingsError, load_settings
from service.threads import limit_threads


def main() -> None:
    """Runs the command line. The exit status is 1 for an error that it knows, 2 for a wrong use."""
    try:
        limit_threads(load_settings().threads)
        # imported only now: numerical libraries read the number of threads when they are loaded
        from service.cli.commands import app  # noqa: PLC0415

        app()
    except (CorpusError, IndexingError, AskError, SettingsError) as error:
        sys.stderr.write(f"error: {_printable(str(error))}\n")
        sys.exit(1)
    except BrokenPipeError:
        # the reader of our output has left; what is still buffered must not raise again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


if __name__ == "__main__":
    main()
