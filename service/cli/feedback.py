"""`byline feedback`: what readers said of answers, for people and as questions for the evaluator."""

import sys
from collections.abc import Iterable, Iterator

import typer

from service.cli.context import ERR, Json, parts_of, print_json, settings_of
from service.cli.flags import BareFlagCommand, BareFlagGroup
from service.cli.shown import one_line
from service.feedback.errors import EntryUnreadable
from service.feedback.export import Line, exported
from service.feedback.said import id_of, said_in
from service.feedback.store import Entry, read_feedback
from service.schemas.feedback import FeedbackIn

app = typer.Typer(cls=BareFlagGroup, help="List or export what readers said of answers.", no_args_is_help=True)


@app.command(name="list", cls=BareFlagCommand)
def list_feedback(context: typer.Context, *, as_json: Json = False) -> None:
    """List what was said, oldest first.

    An entry that cannot be read is named on standard error.
    """
    entries = _readable(read_feedback(settings_of(context).home))
    if as_json:
        rows = (
            {"id": id_of(one.number), "received": one.received.isoformat(), **said.model_dump(mode="json")}
            for one, said in entries
        )
        print_json(list(rows))
        return
    for one, said in entries:
        verdict = "helpful" if said.helpful else "not helpful"
        cells = (id_of(one.number), one.received.isoformat(), verdict, said.question, said.comment or "")
        sys.stdout.write("\t".join(map(one_line, cells)) + "\n")


@app.command(cls=BareFlagCommand)
def export(context: typer.Context) -> None:
    """Print questions with labels, as `byline eval` reads them.

    An object a line. What gives no question is named on standard error.
    """
    home = settings_of(context).home
    with parts_of(context) as parts, parts.library.snapshot() as snapshot:
        for one in exported(read_feedback(home), snapshot):
            if isinstance(one, Line):
                sys.stdout.buffer.write(one.json.encode() + b"\n")
            else:
                _tell_left_out(f"{one.id}: {one.reason}")
    sys.stdout.buffer.flush()


def _readable(entries: Iterable[Entry]) -> Iterator[tuple[Entry, FeedbackIn]]:
    for one in entries:
        try:
            yield one, said_in(one)
        except EntryUnreadable as error:
            _tell_left_out(str(error))


def _tell_left_out(what: str) -> None:
    ERR.print(f"left out: {one_line(what)}", style="yellow", markup=False)
