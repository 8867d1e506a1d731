"""A collection of any size out of the sentences of a few articles: for figures of cost, never of quality.

Passages are as long as real ones. A question's words stand in more of them than in a real collection, as all have the
few articles' vocabulary: a shipped question shares a term with 6 of 10, one of SciFact's with 5 of 10 abstracts.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, islice

import numpy as np

from corpus.article import Article, Span
from corpus.articles import shipped_articles
from eval.cached import cached_library
from eval.collection import OpenParts, drafts_of, fill
from indexing.ingest import Draft
from indexing.sentences import sentences
from indexing.tokens import count_tokens
from service.compose import Parts
from service.settings import Settings

SEED = 7
PASSAGES_EACH = 5
"""Passages of an article: about 600 words."""


def recombined(articles: Sequence[Article], *, passages: int, max_tokens: int) -> Iterator[Article]:
    """Articles that fill so many passages of at most `max_tokens` tokens, give or take a few in a thousand.

    The same ones at every call. Each has the title and the description of one of the given articles.
    """
    filled = _filled(_drawn([text for article in articles for text in _kept(article)]), max_tokens)
    for number in count():
        some = list(islice(filled, min(PASSAGES_EACH, passages - number * PASSAGES_EACH)))
        text = "\n\n".join(" ".join(chosen) for chosen in some)
        pattern = articles[number % len(articles)]
        yield replace(pattern, id=f"recombined-{number}", text=text, skipped=())
        if (number + 1) * PASSAGES_EACH >= passages:
            return


@contextmanager
def recombined_library(
    settings: Settings, *, passages: int, on_article: Callable[[], None] = lambda: None, open_parts: OpenParts = Parts
) -> Iterator[Parts]:
    """The parts of a cached library of about so many passages out of the shipped articles."""
    shipped = [draft.article for draft in drafts_of([shipped_articles()])]
    made = map(Draft, recombined(shipped, passages=passages, max_tokens=settings.max_tokens))
    with cached_library(
        settings,
        ["recombined", str(passages)],
        prepare=lambda parts: fill(parts, made, on_article=on_article),
        open_parts=open_parts,
    ) as parts:
        yield parts


def _kept(article: Article) -> list[str]:
    """The article's sentences without headings and what is skipped."""
    found = sentences(article.text, Span(0, len(article.text)))
    kept = [span for span in found if not any(span.overlap(skip.span) for skip in article.skipped)]
    return [text for text in (span.of(article.text) for span in kept) if not text.startswith("#")]


def _drawn(texts: Sequence[str]) -> Iterator[str]:
    """All of the sentences in random order, again and again."""
    generator = np.random.default_rng(SEED)
    while True:
        for row in generator.permutation(len(texts)):
            yield texts[row]


def _filled(drawn: Iterator[str], max_tokens: int) -> Iterator[list[str]]:
    """The sentences of one passage after the other, each as full as the splitter would make it."""
    held, total = list[str](), 0
    sizes = dict[str, int]()
    for text in drawn:
        if text not in sizes:
            sizes[text] = count_tokens(text)
        if held and total + sizes[text] > max_tokens:
            yield held
            held, total = [], 0
        held.append(text)
        total += sizes[text]
