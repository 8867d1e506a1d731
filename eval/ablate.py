"""The ablation table: Byline with each part of the pipeline switched off in turn."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from corpus.article import Article
from eval.cached import cached_library
from eval.collection import OpenParts, articles_of, fill, untitled
from eval.evaluation import Entry
from eval.systems.build import Bench
from eval.systems.constant import NeverAbstain
from eval.systems.protocol import System
from indexing.ingest import Draft
from service.compose import Parts
from service.core.retrieve import NO_STEPS, Steps

Change = Callable[[Article], Article]


@contextmanager
def ablations(parts: Parts, *, answers: bool, open_parts: OpenParts) -> Iterator[list[Entry]]:
    """Byline, and Byline without each part. Some of them index the collection anew, kept in the cache."""
    bench = Bench(parts, answers=answers)
    here: list[System] = [
        bench.byline(),
        bench.byline(name="- late interaction", steps=Steps(reranked=0)),
        bench.byline(name="- dates", steps=Steps(dates=False)),
        bench.byline(name="- spelling", steps=Steps(spelling=False)),
        bench.byline(name="- parts", steps=Steps(parts=False)),
        bench.byline(name="- copies", steps=Steps(copies=False)),
        bench.byline(name="fusion alone", steps=NO_STEPS),
        bench.dense(),
        bench.bm25(),
    ]
    if answers:
        here += [
            bench.byline(name="- history", with_history=False),
            bench.byline(name="- second citation", most_citations=1),
            NeverAbstain(bench.byline(), name="- abstention"),
        ]
    overlap = parts.settings.overlap_tokens
    changes = [("- title prefix", untitled, overlap), ("- boilerplate marks", _unskipped, overlap)]
    if overlap:
        changes.append(("- overlap", _same, 0))
    with ExitStack() as stack:
        there = [
            stack.enter_context(_reindexed(parts, name, change, overlap=tokens, open_parts=open_parts))
            for name, change, tokens in changes
        ]
        yield [
            *(Entry(system, parts.library) for system in here),
            *(Entry(Bench(other, answers=answers).byline(name=name), other.library) for name, other in there),
        ]


@contextmanager
def _reindexed(
    parts: Parts, name: str, change: Change, *, overlap: int, open_parts: OpenParts
) -> Iterator[tuple[str, Parts]]:
    drafts = [Draft(change(article)) for article in articles_of(parts)]
    with cached_library(
        parts.settings.model_copy(update={"overlap_tokens": overlap}),
        [str(parts.settings.home.absolute()), name],
        prepare=lambda other: fill(other, iter(drafts)),
        open_parts=open_parts,
    ) as other:
        yield name, other


def _unskipped(article: Article) -> Article:
    return replace(article, skipped=())


def _same(article: Article) -> Article:
    return article
