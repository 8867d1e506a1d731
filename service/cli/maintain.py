"""`byline rebuild` and `doctor`: making the indexes anew, and checking all that lies in BYLINE_HOME."""

from typing import Annotated

import typer
from rich.progress import Progress
from rich.text import Text

from service.cli.context import ERR, OUT, Json, parts_of, print_json
from service.cli.shown import printable
from service.doctor.examine import examine
from service.doctor.finding import Finding


def rebuild(
    context: typer.Context,
    *,
    resplit: Annotated[
        bool,
        typer.Option("--resplit", help="Split and encode every article anew, for another encoder or limits."),
    ] = False,
) -> None:
    """Make the indexes anew from the library.

    Nothing in the library changes, and no vector is computed anew without --resplit.
    """
    with parts_of(context) as parts:
        if resplit:
            with parts.library.snapshot() as snapshot:
                articles = snapshot.counts().articles
            with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
                task = progress.add_task("Splitting and encoding", total=articles)
                for _ in parts.reingester.resplit():
                    progress.advance(task)
        manifest = parts.rebuild()
    OUT.print(f"index generation {manifest.number} covers {manifest.passages} passages")


def doctor(context: typer.Context, *, as_json: Json = False) -> None:
    """Check the library, its indexes, API keys, feedback and folder.

    What is wrong is told with what to do; then the exit status is 1.
    """
    findings: list[Finding] = []
    with parts_of(context) as parts:
        for finding in examine(parts):
            findings.append(finding)
            if not as_json:
                _print(finding)
    sound = all(finding.sound for finding in findings)
    if as_json:
        rows: list[dict[str, object]] = [
            {
                "check": finding.check,
                "promise": finding.promise,
                "checked": finding.checked,
                "unit": finding.unit,
                "problems": list(finding.problems),
                "remedy": None if finding.sound else finding.remedy,
            }
            for finding in findings
        ]
        print_json({"sound": sound, "findings": rows})
    if not sound:
        raise typer.Exit(1)


_SHOWN_PROBLEMS = 5


def _print(finding: Finding) -> None:
    mark, style = ("ok    ", "green") if finding.sound else ("BROKEN", "red")
    promise = f"promise {finding.promise}" if finding.promise else "operation"
    line = (
        Text().append(mark, style=style).append(f"  {promise:<9}  {finding.check}: {finding.checked:,} {finding.unit}")
    )
    OUT.print(line)
    for problem in finding.problems[:_SHOWN_PROBLEMS]:
        OUT.print(Text(f"          {printable(problem)}"))
    if len(finding.problems) > _SHOWN_PROBLEMS:
        OUT.print(Text(f"          and {len(finding.problems) - _SHOWN_PROBLEMS:,} more"))
    if not finding.sound and finding.remedy:
        OUT.print(Text(f"          what to do: {finding.remedy}"))
