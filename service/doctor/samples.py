"""Which passages are looked at where looking at all would take too long."""

import numpy as np


def spread(total: int, most: int) -> list[int]:
    """At most `most` of the first `total` numbers, evenly spread."""
    return np.unique(np.linspace(0, total - 1, min(most, total)).astype(int)).tolist() if total else []
