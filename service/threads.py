"""How many threads the numerical libraries start, decided before any of them is imported."""

import os

_MANY = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS")
"""Read by FAISS and torch, and by the tokenizers."""
_ONE = "OPENBLAS_NUM_THREADS"
"""Read by numpy: its matrices here are so small that waking a second thread takes longer than the product."""


def limit_threads(threads: int) -> None:
    """Sets the environment for this process and its children; what is already set stays."""
    for name in _MANY:
        os.environ.setdefault(name, str(threads))
    os.environ.setdefault(_ONE, "1")
