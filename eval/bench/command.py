"""`byline bench`: the options of the benchmark. What it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.paths import path_named

_WHAT = "What is measured"
_OUT = "What to write"


def bench(
    *,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="PARTS",
            help="Some of indexing, start, query, http, scale, with commas between.",
            show_default="all, scale only with --scale",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    peers: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="all, none, or some of plain, llama-index, langchain, txtai, haystack, with commas between.",
            rich_help_panel=_WHAT,
        ),
    ] = "all",
    beir: Annotated[
        Path | None,
        typer.Option(
            parser=path_named,
            metavar="FOLDER",
            help="BEIR folder to ask about, which also gives nDCG@10.",
            show_default="made of the shipped articles",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    passages: Annotated[
        int | None,
        typer.Option(
            min=20,
            metavar="N",
            help="At most so many passages.",
            show_default="all, or 5,000 made ones",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    questions: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="At most so many questions, drawn at random.", rich_help_panel=_WHAT),
    ] = 200,
    indexed: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Passages that each system indexes in each round.", rich_help_panel=_WHAT
        ),
    ] = 1_000,
    rounds: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Rounds, in each of which all have their turn.", rich_help_panel=_WHAT),
    ] = 3,
    seconds: Annotated[
        float,
        typer.Option(
            min=0.5, max=600, metavar="S", help="How long each rate over HTTP is kept up.", rich_help_panel=_WHAT
        ),
    ] = 5.0,
    scale: Annotated[
        str,
        typer.Option(
            metavar="SIZES",
            help="Numbers of passages for Byline alone, such as 5000,100000,1000000.",
            rich_help_panel=_WHAT,
        ),
    ] = "",
    pip_flags: Annotated[
        str,
        typer.Option(metavar="FLAGS", help="Passed to pip, for example to name an index with CPU builds of torch."),
    ] = "",
    json_out: Annotated[
        Path | None,
        typer.Option("--json", parser=path_named, metavar="FILE", help="Report as JSON.", rich_help_panel=_OUT),
    ] = None,
    markdown_out: Annotated[
        Path | None,
        typer.Option("--markdown", parser=path_named, metavar="FILE", help="Report as Markdown.", rich_help_panel=_OUT),
    ] = None,
    plot_out: Annotated[
        Path | None,
        typer.Option(
            "--plot", parser=path_named, metavar="FILE", help="Plots by size and by rate as SVG.", rich_help_panel=_OUT
        ),
    ] = None,
) -> None:
    """Measure speed, memory and disk beside other systems.

    Each of them is installed once, into an environment of its own in BYLINE_CACHE.
    """
    # numpy, the index and ir-measures: seconds that other commands need not wait
    from eval.bench import session  # noqa: PLC0415
    from eval.bench.wanted import Wanted, flags_of, parts_of, peers_of, sizes_of  # noqa: PLC0415
    from eval.told import telling_errors  # noqa: PLC0415

    with telling_errors():
        sizes = sizes_of(scale)
        parts = parts_of(only, scale=bool(sizes))
        wanted = Wanted(
            parts=parts,
            peers=peers_of(peers),
            beir=beir,
            passages=passages,
            questions=questions,
            indexed=indexed,
            rounds=rounds,
            seconds=seconds,
            sizes=sizes,
            pip_flags=flags_of(pip_flags),
            json=json_out,
            markdown=markdown_out,
            plot=plot_out,
        )
        session.carry_out(wanted)
