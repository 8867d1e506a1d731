"""OpenAI's own client, pointed at a server of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from openai import OpenAI


@contextmanager
def openai_client(client: httpx.Client) -> Iterator[OpenAI]:
    """It repeats nothing and takes no proxy, key or address from the environment."""
    with OpenAI(
        base_url=f"{client.base_url}/v1", api_key="none", organization="none", project="none", max_retries=0
    ) as found:
        yield found
