"""How many threads the numerical libraries start, decided before any of them is imported."""

import os

_MANY = "RAYON_NUM_THREADS"
"""Read by the tokenizers."""
_ONE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
"""Read by numpy, and by FAISS and torch: one question's work is so small that waking a second thread takes longer than
it saves; 10,000 vectors compared by FAISS take 0.6 ms on one thread and 1.6 ms on two. Where a second one pays, as in
training an index or with torch, it is asked for there."""


def limit_threads(threads: int) -> None:
    """Sets the environment for this process and its children; what is already set stays."""
    os.environ.setdefault(_MANY, str(threads))
    for name in _ONE:
        os.environ.setdefault(name, "1")
