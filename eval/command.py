"""`byline eval`: the options of the evaluator. What it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

_FILES = "Where the questions are from"
_OUT = "What to write"


def evaluate(
    context: typer.Context,
    *,
    questions: Annotated[
        Path | None, typer.Option(help="Question file; the shipped one otherwise.", rich_help_panel=_FILES)
    ] = None,
    articles: Annotated[
        list[Path] | None,
        typer.Option(
            help="Files or folders to ask about, indexed into the cache; may be repeated. Otherwise the shipped "
            "articles for the shipped questions, and the library in --home for a question file.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    beir: Annotated[
        Path | None, typer.Option(help="BEIR folder, in place of questions and articles.", rich_help_panel=_FILES)
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="dev, test or all of a question file (all); qrels of a BEIR folder (test).", rich_help_panel=_FILES
        ),
    ] = None,
    k: Annotated[int, typer.Option(help="Passages asked for.", min=1, max=100)] = 100,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="TREC run of another system, for a row of its own, a passage being the document article@start-end; "
            "may be repeated."
        ),
    ] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Switch each part of the pipeline off in turn, in place of baselines.")
    ] = False,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ROW ROW", help="Two rows, or TREC runs, to test against each other."),
    ] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="Report as JSON.", rich_help_panel=_OUT)] = None,
    markdown_out: Annotated[
        Path | None, typer.Option("--markdown", help="Report as Markdown.", rich_help_panel=_OUT)
    ] = None,
    html_out: Annotated[
        Path | None, typer.Option("--html", help="Report as one HTML page.", rich_help_panel=_OUT)
    ] = None,
    save_run: Annotated[Path | None, typer.Option(help="Byline's run in TREC format.", rich_help_panel=_OUT)] = None,
    save_qrels: Annotated[
        Path | None, typer.Option(help="Judgements for that run in TREC format.", rich_help_panel=_OUT)
    ] = None,
) -> None:
    """Measure retrieval, answers and abstention, with intervals and with baselines beside them."""
    # rich, numpy, the index and ir-measures: seconds that other commands need not wait
    from eval import session  # noqa: PLC0415
    from eval.told import told  # noqa: PLC0415
    from eval.wanted import Wanted  # noqa: PLC0415

    if beir is not None and (questions is not None or articles):
        raise typer.BadParameter("it stands in place of --questions and --articles", param_hint="--beir")
    home: Path | None = context.obj
    with told():
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
