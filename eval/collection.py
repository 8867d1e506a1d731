"""Making a library hold exactly the articles that questions are asked of."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpus.article import Article
from corpus.errors import UnreadableArticle
from corpus.gather import list_files, read_files
from corpus.seen import Seen
from eval.errors import BadCollection
from indexing.ingest import Draft
from service.compose import Parts
from service.settings import Settings

OpenParts = Callable[[Settings], Parts]


def fill(parts: Parts, drafts: Iterator[Draft], *, on_article: Callable[[], None] = lambda: None) -> None:
    """Makes the library hold exactly these articles; what it holds already costs nothing but reading it."""
    held = set()
    for stored in parts.ingester.put_all(drafts):
        held.add(stored.draft.article.id)
        on_article()
    with parts.library.snapshot() as snapshot:
        others = [summary.id for summary in snapshot.summaries() if summary.id not in held]
    for article in others:
        parts.remove(article)
    with parts.index.reading() as (_, view):
        due = view.upkeep_due
    if due:
        parts.rebuild()


def articles_of(parts: Parts) -> list[Article]:
    """Every current article of a library."""
    with parts.library.snapshot() as snapshot:
        return [snapshot.revision(summary.id).article for summary in snapshot.summaries()]


def untitled(article: Article) -> Article:
    """The article with nothing in its title: it must have one, and a full stop is one word piece and no term."""
    return replace(article, title=".")


def drafts_of(paths: Sequence[Path], leave_out: Sequence[Path] = ()) -> Iterator[Draft]:
    """The articles of files and folders. Raises BadCollection for one that cannot be read."""
    left_out = {path.resolve() for path in leave_out}
    files = [file for file in list_files(paths) if file.resolve() not in left_out]
    if not files:
        raise BadCollection(f"no readable articles in {', '.join(map(str, paths))}", sources=paths)
    with Seen() as taken:
        for item in read_files(files, differing_origin=lambda _: None, replace=True, taken=taken):
            if isinstance(item, UnreadableArticle):
                raise BadCollection(str(item), sources=[Path(item.source)]) from item
            yield Draft(item.article, item.origin)
