"""The `byline` command's entry: threads first, then the commands, and every known error told in one line."""

import io
import os
import sys

from corpus.errors import CorpusError
from indexing.errors import IndexingError
from service.backup.errors import BackupError
from service.cli.interrupts import INTERRUPTED
from service.cli.shown import one_line
from service.cli.streams import closed
from service.core.errors import AskError
from service.feedback.errors import FeedbackError
from service.keys.errors import KeysError
from service.settings import SettingsError, load_settings
from service.threads import limit_threads


def main() -> None:
    """Runs the command line. The exit status is 1 for an error that it knows, 2 for a wrong use, 130 for a Ctrl-C."""
    _keep_closed_streams_apart()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that cannot show a character gets another one
            stream.reconfigure(errors="replace")
    try:
        if sys.stdout is None:
            raise closed("standard output", "it can go to /dev/null")
        try:
            limit_threads(load_settings().threads)
            # imported only now: numerical libraries read the number of threads when they are loaded
            from service.cli.commands import app  # noqa: PLC0415

            app()
        finally:
            # what cannot be written is to fail here, where it is told of, and not when the interpreter ends
            sys.stdout.flush()
    except (CorpusError, IndexingError, AskError, BackupError, FeedbackError, KeysError, SettingsError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        # before the commands are loaded; from then on they see to it
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except OSError as error:
        _drop_output()
        said = error.strerror or str(error)
        _fail(said if error.filename is None else f"{error.filename}: {said}")


def _keep_closed_streams_apart() -> None:
    """Opens nothing in the place of a stream that was closed: a file of the library would be taken for it."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is None:
            # the lowest number that is free, which is the stream's; for processes that are started, too
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - positional only
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - until the process ends


def _fail(message: str) -> None:
    sys.stderr.write(f"error: {one_line(message)}\n")
    sys.exit(1)


def _drop_output() -> None:
    """Whatever is still buffered must not fail again at the end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
