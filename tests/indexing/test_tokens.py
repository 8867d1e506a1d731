"""Counting tokens: offline, with names of special tokens as plain text, and with the environment left as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.tokens import count_tokens
from tests.indexing.samples import LAW

_OFFLINE = """
import os, sys

def forbid(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise OSError(f"the network was asked for: {event} {arguments}")

sys.addaudithook(forbid)
before = dict(os.environ)
from indexing.tokens import count_tokens
assert dict(os.environ) == before, "importing changed the environment"
assert count_tokens("The harbour reopened.") == 4, count_tokens("The harbour reopened.")
assert dict(os.environ) == before, "loading changed the environment"
"""


@pytest.mark.parametrize("cache", [None, "/nonexistent/cache"])
def test_the_rank_table_is_found_without_a_network_and_the_environment_is_left_as_it_was(
    tmp_path: Path, cache: str | None
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIKTOKEN")}
    environment.pop("DATA_GYM_CACHE_DIR", None)
    environment |= {"TMPDIR": str(tmp_path)} if cache is None else {"TIKTOKEN_CACHE_DIR": cache}
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == [], "nothing was written to a cache either"


@pytest.mark.parametrize("name", ["<|endoftext|>", "<|endofprompt|>"])
def test_the_name_of_a_special_token_is_counted_as_the_text_it_is(name: str) -> None:
    assert count_tokens(name) > 1
    assert count_tokens(f"before {name} after") > count_tokens("before  after")


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("hello world", 2), (" ", 1), ("\n\n", 1)])
def test_known_counts(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


@LAW
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_text_has_at_most_one_token_a_byte_and_none_only_when_empty(text: str) -> None:
    assert (count_tokens(text) == 0) == (text == "")
    assert count_tokens(text) <= len(text.encode())
