"""`byline remove`, `list` and `show`: the articles in the library."""

import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from corpus.article import Article
from corpus.errors import ArticleNotFound
from corpus.library.records import ArticleSummary
from service.cli.context import ERR, OUT, Json, parts_of, print_json
from service.cli.shown import one_line, printable
from service.schemas.articles import ArticleLine, ArticleOut


def remove(
    context: typer.Context,
    article_ids: Annotated[list[str], typer.Argument(metavar="ID", help="As `byline list` shows it.")],
) -> None:
    """Take articles out of search and listing.

    Citations of them can still be checked.
    """
    missing = 0
    with parts_of(context) as parts:
        for article_id in article_ids:
            try:
                parts.remove(article_id)
                OUT.print(f"removed {one_line(article_id)}", markup=False)
            except ArticleNotFound as error:
                missing += 1
                ERR.print(f"not removed: {one_line(str(error))}", style="red", markup=False)
    if missing:
        raise typer.Exit(1)


def list_articles(context: typer.Context, *, as_json: Json = False) -> None:
    """List the articles in the library."""
    with parts_of(context) as parts, parts.library.snapshot() as snapshot:
        summaries = snapshot.summaries()
    if as_json:
        print_json([ArticleLine.of(summary).model_dump(mode="json") for summary in summaries])
        return
    if not OUT.is_terminal:
        # a program or a pipe: one line an article, whatever the width
        for summary in summaries:
            sys.stdout.write("\t".join(_cells(summary)) + "\n")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "published", "publisher", "passages", "title"):
        table.add_column(name, justify="right" if name == "passages" else "left", overflow="fold")
    for summary in summaries:
        table.add_row(*map(Text, _cells(summary)))
    OUT.print(table)


def show(
    context: typer.Context,
    article_id: Annotated[str, typer.Argument(metavar="ID", help="As `byline list` shows it.")],
    *,
    revision: Annotated[
        str | None, typer.Option(metavar="SHA256", help="A former revision, as citations name it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print an article, with what is skipped as boilerplate dimmed."""
    with parts_of(context) as parts, parts.library.snapshot() as snapshot:
        found = snapshot.revision(article_id, revision)
    if as_json:
        print_json(ArticleOut.of(found))
        return
    article = found.article
    facts = [article.publisher, str(article.published_at or "") + (" (inferred)" * article.published_at_inferred)]
    OUT.print(Text(printable(article.title), style="bold"))
    OUT.print(Text(printable("  ".join(fact for fact in [*facts, article.url] if fact)), style="italic"))
    OUT.print(Text(f"revision {found.sha256}{'' if found.current else ', not current'}\n", style="dim"))
    OUT.print(_dimmed(article))


def _cells(summary: ArticleSummary) -> tuple[str, ...]:
    day, publisher = str(summary.published_at or ""), summary.publisher or ""
    cells = (summary.id, day, publisher, str(summary.passages), summary.title)
    return tuple(one_line(cell) for cell in cells)


def _dimmed(article: Article) -> Text:
    text, at = Text(), 0
    for skip in article.skipped:
        text.append(printable(article.text[at : skip.span.start]))
        # the reason in words too: dimming is lost in a pipe
        text.append(f"[skipped, {skip.reason}: {printable(skip.span.of(article.text))}]", style="dim")
        at = skip.span.end
    return text.append(printable(article.text[at:]))
