"""Counting tiktoken `o200k_base` tokens, the unit in which passages are bounded, without a network."""

import os
import threading
from functools import cache
from pathlib import Path

import tiktoken

ENCODING = "o200k_base"
RANK_TABLES = Path(__file__).parent / "data" / "tiktoken"
"""Carried with the project: tiktoken would download the table at first use."""


_LOADING = threading.Lock()


@cache
def _encoding() -> tiktoken.Encoding:
    with _LOADING:  # two first calls at once would each restore what the other has set
        return _load()


def _load() -> tiktoken.Encoding:
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    # tiktoken looks for its tables here, checks their SHA-256, and reads the variable only while loading
    os.environ["TIKTOKEN_CACHE_DIR"] = str(RANK_TABLES)
    try:
        return tiktoken.get_encoding(ENCODING)
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def count_tokens(text: str) -> int:
    """Tokens in the text; names of special tokens are counted as the plain text they are.

    The first call loads the rank table (about 0.2 s and 60 MB).
    """
    return len(_encoding().encode_ordinary(text))
