"""Features of questions that the articles answer and of questions that they do not, to fit `answerable` on."""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from corpus.library.snapshot import Snapshot
from eval.questions.values import Gold, Judged
from eval.systems.altered import AlteredIndex
from eval.systems.remembered import RememberingEncoder
from indexing.encoders.protocol import Embedding, PieceEncoder
from indexing.ranking import Ranking
from indexing.searching import SearchIndex
from indexing.view import Chosen, View
from service.compose import Parts
from service.core.engine import Engine
from service.core.values import Features

AS_ASKED = "as asked"
LEFT_OUT = "evidence left out"


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Questions of one collection, answerable ones and others."""

    collection: str
    kind: str
    """AS_ASKED: as the file has them. LEFT_OUT: the answerable ones, with and without the passages that answer."""
    features: NDArray[np.float64]
    """Shape (questions, features)."""
    answerable: NDArray[np.bool_]
    """Shape (questions,)."""

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"{self.collection}, {self.kind}"


def groups(name: str, judged: Sequence[Judged], parts: Parts) -> list[Group]:
    """The questions of a collection as they are asked, and the answerable ones without the passages that answer them.

    What a collection lacks has no near copy in it, and questions made up to look answerable do: a model fitted to one
    of the two is misled by the other. A group with only one outcome is left out.
    """
    encoder = RememberingEncoder(parts.encoder)
    asked = [(_features(item, _engine(parts, encoder, parts.index)), bool(item.gold)) for item in judged]
    answered = [item for item in judged if item.gold]
    bereft = [(_features(item, _engine(parts, encoder, without(item.gold, parts))), False) for item in answered]
    found = [_group(name, AS_ASKED, asked), _group(name, LEFT_OUT, [*(one for one in asked if one[1]), *bereft])]
    return [group for group in found if len(set(group.answerable.tolist())) > 1]


def _group(name: str, kind: str, observed: Sequence[tuple[Features | None, bool]]) -> Group:
    told = [(astuple(features), answerable) for features, answerable in observed if features is not None]
    return Group(name, kind, np.array([row for row, _ in told]), np.array([outcome for _, outcome in told]))


def _features(item: Judged, engine: Engine) -> Features | None:
    return engine.ask(item.question.text, k=1, history=item.question.earlier).features


def _engine(parts: Parts, encoder: PieceEncoder, index: SearchIndex) -> Engine:
    return Engine(
        library=parts.library,
        index=index,
        encoder=encoder,
        answerable_model=parts.answerable_model,
        answerable_threshold=0.0,
        reranker=parts.reranker,
    )


def without(gold: Sequence[Gold], parts: Parts) -> AlteredIndex:
    """The index without the passages that share words with the evidence."""
    with parts.library.snapshot() as snapshot:
        everything, evidence = snapshot.vectors_after(0).ids, np.fromiter(_holding(gold, snapshot), np.int64)
    chosen = Chosen(np.setdiff1d(everything, evidence))
    return AlteredIndex(
        parts.index, vectorial=partial(_by_vector, chosen=chosen), verbal=partial(_by_words, chosen=chosen)
    )


def _holding(gold: Sequence[Gold], snapshot: Snapshot) -> Iterator[int]:
    for one in gold:
        for row in snapshot.passages_of(one.article):
            if row.span.overlap(one.span):
                yield row.passage_id


def _by_vector(view: View, question: Embedding, k: int, *, chosen: Chosen) -> Ranking:
    return view.by_vector(question, k=k, chosen=chosen)


def _by_words(view: View, terms: Sequence[str], k: int, *, chosen: Chosen) -> Ranking:
    return view.by_words(terms, k=k, chosen=chosen)
