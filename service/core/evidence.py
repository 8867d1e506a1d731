"""Why a passage ranked where it did: its places in each ranking, what re-ranking made of it, and the words it has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from indexing.encoders.protocol import passage_input
from indexing.late.maxsim import Scores
from indexing.lexical.analysis import analyse
from indexing.lexical.questions import telling_words
from indexing.ranking import Ranking
from service.core.values import Evidence, Hit, Place


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """What a result was made of."""

    vector: Ranking
    words: Ranking
    fused: Ranking
    likeness: Scores
    """Of the first of `fused`: MaxSim's, or the reranker's; empty where none was asked for."""
    meant: Mapping[str, tuple[str, ...]]
    """For each term of the question those that it is taken to be meant for."""

    def explained(self, hit: Hit, question: str) -> Hit:
        """The hit with its evidence; `question` is what was searched for."""
        number = hit.passage.passage_id
        # every hit is one of them
        (row,) = (self.fused.ids == number).nonzero()[0]
        return replace(
            hit,
            evidence=Evidence(
                vector=_place(self.vector, number),
                words=_place(self.words, number),
                fused=float(self.fused.scores[row]),
                likeness=float(self.likeness[row]) if row < len(self.likeness) else None,
                matched=self._matched(hit, question),
            ),
        )

    def _matched(self, hit: Hit, question: str) -> tuple[str, ...]:
        """The question's words, as written there, that the passage or its title has, each once."""
        held = set(analyse(passage_input(hit.passage.title, hit.passage.text)))
        found = (
            word
            for word in telling_words(question)
            if any(not held.isdisjoint((term, *self.meant.get(term, ()))) for term in analyse(word))
        )
        return tuple(dict.fromkeys(found))


def _place(ranking: Ranking, number: int) -> Place | None:
    (rows,) = (ranking.ids == number).nonzero()
    return Place(rank=int(rows[0]) + 1, score=float(ranking.scores[rows[0]])) if len(rows) else None
