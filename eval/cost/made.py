"""A library of any size out of a smaller one, with nothing encoded: for figures of cost, never of quality.

Texts are put together from the sentences of real passages, and their word pieces are those that the sentences have
there. A passage's vector is that of the passage which its first sentence is from, moved at random to a cosine of 0.9.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Span
from corpus.library.reading import Library
from corpus.library.records import Incoming, PieceCodes, Vectors
from corpus.library.writing import make_library, writing
from eval.cost.recombined import PASSAGES_EACH, SEED
from eval.cost.vector_indexes import COSINE
from indexing.encoders.steps import unit
from indexing.late.pieces import IN_TITLE, loaded
from indexing.sentences import sentences
from indexing.tokens import count_tokens

_COMMITTED = 500
"""Articles a commit."""
_Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a real passage with its word pieces there."""

    text: str
    tokens: int
    codes: _Codes
    places: NDArray[np.int64]
    """From its first code point."""
    row: int
    """The passage's."""


@dataclass(frozen=True, slots=True)
class _Title:
    text: str
    codes: _Codes


def make(
    home: Path, *, of: Library, passages: int, max_tokens: int, on_commit: Callable[[int], None] = lambda _: None
) -> None:
    """Fills a new library with so many passages; tells how many there are after each commit.

    It holds one commit's articles in memory, and the library that they are made of.
    """
    with of.snapshot() as snapshot:
        identity = snapshot.identity
    make_library(home, identity, wait_seconds=10)
    written = 0
    made = _articles(of, passages, max_tokens)
    while some := list(islice(made, _COMMITTED)):
        with writing(home, wait_seconds=10) as writer:
            for incoming in some:
                writer.put(incoming)
                written += len(incoming.spans)
        on_commit(written)


def _articles(of: Library, passages: int, max_tokens: int) -> Iterator[Incoming]:
    found, titles, vectors = _read(of)
    random = np.random.default_rng(SEED)
    filled = _filled(found, max_tokens, random)
    for number in range(math.ceil(passages / PASSAGES_EACH)):
        some = list(islice(filled, min(PASSAGES_EACH, passages - number * PASSAGES_EACH)))
        title = titles[int(random.integers(len(titles)))]
        yield _incoming(f"made-{number}", title, some, vectors, random)


def _read(of: Library) -> tuple[list[_Sentence], list[_Title], Vectors]:
    """The sentences, titles and vectors of a library."""
    found, titles = list[_Sentence](), list[_Title]()
    with of.snapshot() as snapshot:
        held = snapshot.vectors_after(0)
        for row, number in enumerate(held.ids.tolist()):
            pieces = loaded(snapshot.pieces([number])[number])
            codes, text = np.asarray(pieces.codes), held.texts[row]
            in_title = pieces.places == IN_TITLE
            titles.append(_Title(held.titles[row], codes[in_title]))
            for span in sentences(text, Span(0, len(text))):
                inside = ~in_title & (pieces.places >= span.start) & (pieces.places < span.end)
                places = pieces.places[inside].astype(np.int64) - span.start
                words = span.of(text)
                found.append(_Sentence(words, count_tokens(words), codes[inside], places, row))
    return found, titles, held.vectors


def _filled(found: list[_Sentence], max_tokens: int, random: np.random.Generator) -> Iterator[list[_Sentence]]:
    """The sentences of one passage after the other, each as full as the splitter would make it."""
    held, total = list[_Sentence](), 0
    while True:
        for row in random.permutation(len(found)):
            one = found[row]
            if held and total + one.tokens > max_tokens:
                yield held
                held, total = [], 0
            held.append(one)
            total += one.tokens


def _incoming(
    name: str, title: _Title, some: list[list[_Sentence]], vectors: Vectors, random: np.random.Generator
) -> Incoming:
    texts = [" ".join(one.text for one in chosen) for chosen in some]
    starts = np.cumsum([0, *(len(text) + 2 for text in texts)]).tolist()
    spans = tuple(Span(start, start + len(text)) for start, text in zip(starts, texts, strict=False))
    near = vectors[[chosen[0].row for chosen in some]].astype(np.float32)
    noise = unit(random.standard_normal(near.shape, np.float32))
    moved = unit(np.float32(COSINE) * near + np.float32((1 - COSINE**2) ** 0.5) * noise)
    article = Article(id=name, title=title.text, text="\n\n".join(texts))
    return Incoming(article, spans, moved.astype(np.float16), tuple(_pieces(title, chosen) for chosen in some))


def _pieces(title: _Title, chosen: list[_Sentence]) -> PieceCodes:
    """The title's and the sentences', at the places where they now stand."""
    starts = np.cumsum([0, *(len(one.text) + 1 for one in chosen)]).tolist()
    places = [one.places + start for one, start in zip(chosen, starts, strict=False)]
    joined = np.concatenate([np.full(len(title.codes), IN_TITLE, np.int64), *places]).astype("<u2")
    codes = b"".join(part.tobytes() for part in (title.codes, *(one.codes for one in chosen)))
    return PieceCodes(codes=codes, places=joined.tobytes())
