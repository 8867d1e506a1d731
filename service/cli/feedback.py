"""`byline feedback`: what readers said of answers, for people and as questions for the evaluator."""

import json
import sys

import typer

from service.cli.context import ERR, Json, one_line, parts_of, print_json, settings_of
from service.feedback.export import Line, exported, id_of
from service.feedback.store import read_feedback

app = typer.Typer(help="What readers said of answers.", no_args_is_help=True)


@app.command(name="list")
def list_feedback(context: typer.Context, *, as_json: Json = False) -> None:
    """List what was said, oldest first."""
    entries = read_feedback(settings_of(context).home)
    if as_json:
        said = (
            {"id": id_of(one.number), "received": one.received.isoformat(), **json.loads(one.json)} for one in entries
        )
        print_json(list(said))
        return
    for one in entries:
        said = json.loads(one.json)
        verdict = "helpful" if said["helpful"] else "not helpful"
        cells = (id_of(one.number), one.received.isoformat(), verdict, said["question"], said["comment"] or "")
        sys.stdout.write("\t".join(map(one_line, cells)) + "\n")


@app.command()
def export(context: typer.Context) -> None:
    """Print questions with their labels, an object a line, as `byline eval` reads them; what gives none is named."""
    home = settings_of(context).home
    with parts_of(context) as parts, parts.library.snapshot() as snapshot:
        for one in exported(read_feedback(home), snapshot):
            if isinstance(one, Line):
                sys.stdout.buffer.write(one.json.encode() + b"\n")
            else:
                ERR.print(f"left out: {one.id}: {one_line(one.reason)}", style="yellow", markup=False)
    sys.stdout.buffer.flush()
