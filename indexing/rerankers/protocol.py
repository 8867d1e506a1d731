"""What every reranker offers."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""One number a passage, higher is better: shape (passages,). Only those of one question can be compared."""


class Reranker(Protocol):
    """Tells how well passages answer a question. Safe to call from several threads."""

    def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),), finite, the same for the same texts. Nothing of either text is cut off.

        A passage comes as `passage_input` makes it, its article's title first. Raises RerankerFailed.
        """
        ...
