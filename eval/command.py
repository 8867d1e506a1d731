"""`byline eval`: the options of the evaluator. What it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.paths import path_named

_FILES = "Where the questions are from"
_OUT = "What to write"


def evaluate(
    context: typer.Context,
    *,
    questions: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="FILE",
            help="Question file.",
            show_default="the shipped one",
            rich_help_panel=_FILES,
        ),
    ] = None,
    articles: Annotated[
        list[Path] | None,
        typer.Option(
            parser=path_named,
            metavar="PATH",
            help="File or folder to ask about; may be repeated.",
            show_default="the shipped ones; the library with --questions or --home",
            rich_help_panel=_FILES,
        ),
    ] = None,
    beir: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="FOLDER",
            help="BEIR folder, in place of questions and articles.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Which questions: dev, test or all; with --beir, of which judgements.",
            show_default="all, or with --beir test",
            autocompletion=lambda: ["all", "dev", "test"],
            rich_help_panel=_FILES,
        ),
    ] = None,
    k: Annotated[int, typer.Option(metavar="N", help="Passages asked for.", min=1, max=100)] = 100,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            parser=path_named,
            metavar="FILE",
            help="TREC run of another system, as a row; documents are ARTICLE@START-END. May be repeated.",
        ),
    ] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="In place of baselines, Byline without each of its parts in turn.")
    ] = False,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ROW ROW", help="Test two rows, or TREC runs, against each other."),
    ] = None,
    json_out: Annotated[
        Path | None,
        typer.Option("--json", parser=path_named, metavar="FILE", help="Report as JSON.", rich_help_panel=_OUT),
    ] = None,
    markdown_out: Annotated[
        Path | None,
        typer.Option("--markdown", parser=path_named, metavar="FILE", help="Report as Markdown.", rich_help_panel=_OUT),
    ] = None,
    html_out: Annotated[
        Path | None,
        typer.Option(
            "--html", parser=path_named, metavar="FILE", help="Report as one HTML page.", rich_help_panel=_OUT
        ),
    ] = None,
    save_run: Annotated[
        Path | None,
        typer.Option(parser=path_named, metavar="FILE", help="Byline's run in TREC format.", rich_help_panel=_OUT),
    ] = None,
    save_qrels: Annotated[
        Path | None,
        typer.Option(
            parser=path_named, metavar="FILE", help="Judgements of that run in TREC format.", rich_help_panel=_OUT
        ),
    ] = None,
) -> None:
    """Measure retrieval, answers and abstention.

    With intervals, and with baselines beside them.
    """
    # rich, numpy, the index and ir-measures: seconds that other commands need not wait
    from eval import session  # noqa: PLC0415
    from eval.told import telling_errors  # noqa: PLC0415
    from eval.wanted import Wanted  # noqa: PLC0415

    if beir is not None and (questions is not None or articles):
        raise typer.BadParameter("it stands in place of --questions and --articles", param_hint="--beir")
    home: Path | None = context.obj
    with telling_errors():
        wanted = Wanted(
            questions=questions,
            articles=tuple(articles or ()),
            beir=beir,
            split=split,
            k=k,
            runs=tuple(run or ()),
            ablate=ablate,
            compare=compare,
            json=json_out,
            markdown=markdown_out,
            html=html_out,
            save_run=save_run,
            save_qrels=save_qrels,
        )
        session.carry_out(wanted, home=home)
