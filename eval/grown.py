"""A library of any size that is not encoded: for figures of cost at sizes that would take days to encode.

Its passages are sentences of a few articles, put together anew. A passage has the word pieces of its sentences, each
encoded once by itself, and the mean of their vectors, moved along the difference of two other sentences and a little
at random, so that no two passages have the same and all lie where vectors of texts lie. What is measured on it is cost,
and how much of the exact result an index finds; never quality.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np

from corpus.article import Article, Span
from corpus.library.records import Incoming, PieceCodes, Vectors
from corpus.library.writing import writing
from eval.recombined import PASSAGES_EACH, SEED, filled, kept_sentences
from indexing.encoders.protocol import Embedding, Embeddings, PieceEncoder, unit
from indexing.late.pieces import stored
from indexing.tokens import count_tokens
from service.compose import Parts

_COMMITTED = 200
"""Articles of one commit."""
_ENCODED = 256
"""Sentences encoded at once."""
_MOVED, _SHAKEN = 0.5, 0.2
"""Lengths of what is added to a vector of length 1."""
_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True, eq=False)
class _Sentence:
    """A sentence, encoded."""

    vector: Embedding
    codes: bytes
    places: bytes


def grow(parts: Parts, articles: Sequence[Article], *, passages: int, on_passages: Callable[[int], None]) -> None:
    """Puts about so many passages, out of the sentences of these articles, into an empty library.

    `on_passages` is told how many have been added since it was last told.
    """
    parts.ingester  # noqa: B018 - makes the library
    limit = parts.settings.max_tokens
    texts = list(dict.fromkeys(text for article in articles for text in kept_sentences(article)))
    read = np.array(parts.encoder.count_pieces(texts)) <= parts.encoder.identity.max_pieces
    texts = [text for text, is_read in zip(texts, read, strict=True) if is_read and count_tokens(text) <= limit]
    made = _made(texts, articles, _encoded(parts.encoder, texts), passages=passages, limit=limit)
    while some := list(islice(made, _COMMITTED)):
        with writing(parts.settings.home, wait_seconds=parts.settings.write_wait_seconds) as writer:
            for incoming in some:
                writer.put(incoming)
        on_passages(sum(len(incoming.spans) for incoming in some))


def _made(
    texts: Sequence[str], articles: Sequence[Article], known: dict[str, _Sentence], *, passages: int, limit: int
) -> Iterator[Incoming]:
    random = np.random.default_rng(SEED)
    vectors = np.array([known[text].vector for text in texts])
    drawn = filled(texts, max_tokens=limit)
    for number in count():
        some = list(islice(drawn, min(PASSAGES_EACH, passages - number * PASSAGES_EACH)))
        written = [" ".join(sentences) for sentences in some]
        starts = np.cumsum([0, *(len(text) + len(_BETWEEN) for text in written)]).tolist()
        spans = tuple(Span(start, start + len(text)) for start, text in zip(starts, written, strict=False))
        pattern = articles[number % len(articles)]
        article = replace(pattern, id=f"grown-{number}", text=_BETWEEN.join(written), skipped=())
        pieces = tuple(_joined([known[text] for text in sentences], sentences) for sentences in some)
        means = np.array([np.mean([known[text].vector for text in each], axis=0) for each in some])
        yield Incoming(article, spans, _moved(unit(means), among=vectors, random=random), pieces)
        if (number + 1) * PASSAGES_EACH >= passages:
            return


def _encoded(encoder: PieceEncoder, texts: Sequence[str]) -> dict[str, _Sentence]:
    known = {}
    # as they come from the encoder, pieces take a hundred times the space that they are stored in
    for at in range(0, len(texts), _ENCODED):
        some = texts[at : at + _ENCODED]
        for text, encoded in zip(some, encoder.encode_passages_with_pieces(some), strict=True):
            pieces = stored(encoded, text, prefix=0)
            known[text] = _Sentence(encoded.vector, pieces.codes, pieces.places)
    return known


def _joined(sentences: Sequence[_Sentence], texts: Sequence[str]) -> PieceCodes:
    """The pieces of sentences with a space between each two."""
    places, start = [], 0
    for sentence, text in zip(sentences, texts, strict=True):
        places.append((np.frombuffer(sentence.places, "<u2") + np.uint16(start)).astype("<u2"))
        start += len(text) + 1
    return PieceCodes(b"".join(sentence.codes for sentence in sentences), np.concatenate(places).tobytes())


def _moved(means: Embeddings, *, among: Embeddings, random: np.random.Generator) -> Vectors:
    one, other = among[random.integers(0, len(among), (2, len(means)))]
    # two of the same have no difference to move along
    along = (one - other) / np.maximum(np.linalg.norm(one - other, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    shaken = unit(random.standard_normal(means.shape, np.float32))
    moved: Vectors = unit(means + np.float32(_MOVED) * along + np.float32(_SHAKEN) * shaken).astype(np.float16)
    return moved
