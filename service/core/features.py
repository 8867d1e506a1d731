"""Features of what was retrieved for a question, from which `answerable` is estimated."""

from collections.abc import Sequence

import numpy as np

from indexing.late.maxsim import coverage
from service.core.answer_type import asked_kind, holds
from service.core.extract import Sentence
from service.core.retrieve import Retrieved
from service.core.values import Features


def features(question: str, retrieved: Retrieved, best: Sequence[Sentence]) -> Features:
    """Of the best passages and, best first, their sentences; there must be one."""
    sentence = best[0]
    found = coverage(retrieved.asked, retrieved.pieces[sentence.passage.passage_id].within(sentence.within))
    words = retrieved.asked.words
    telling = np.unique(words[words >= 0])
    by_word = [float(found[words == word].mean()) for word in (telling if len(telling) else np.unique(words))]
    kind = asked_kind(question)
    return Features(
        cosine=retrieved.cosine,
        least_covered=min(by_word, default=0.0),
        kind_missing=float(kind is not None and not holds(kind, sentence.within.of(sentence.passage.text))),
    )
