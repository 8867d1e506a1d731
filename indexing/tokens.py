"""Counting tiktoken `o200k_base` tokens, the unit in which passages are bounded, without a network."""

import os
import threading
from functools import cache
from pathlib import Path

import tiktoken

from indexing.carried import check_carried

ENCODING = "o200k_base"
RANK_TABLES = Path(__file__).parent / "data" / "tiktoken"
"""Carried with the project: tiktoken would download the table at first use."""
_TABLE = "fb374d419588a4632f3f557e76b4b70aebbca790"
_TABLE_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"

_LOADING = threading.Lock()


@cache
def _encoding() -> tiktoken.Encoding:
    with _LOADING:  # two first calls at once would each restore what the other has set
        return _load()


def _load(tables: Path = RANK_TABLES) -> tiktoken.Encoding:
    # tiktoken compares it too, but deletes a damaged table and asks the network for another
    check_carried(tables / _TABLE, sha256=_TABLE_SHA256)
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    # tiktoken looks for its tables here, and reads the variable only while loading
    os.environ["TIKTOKEN_CACHE_DIR"] = str(tables)
    try:
        return tiktoken.get_encoding(ENCODING)
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


def count_tokens(text: str) -> int:
    """Tokens in the text; names of special tokens are counted as the plain text they are.

    The first call loads the rank table (about 0.2 s and 60 MB). Raises CarriedFileBroken.
    """
    return len(_encoding().encode_ordinary(text))
