"""How many threads the numerical libraries start, decided before any of them is imported."""

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
"""Read by FAISS and torch, by numpy, and by the tokenizers."""


def limit_threads(threads: int) -> None:
    """Sets the environment for this process and its children; what is already set stays."""
    for name in _VARIABLES:
        os.environ.setdefault(name, str(threads))
