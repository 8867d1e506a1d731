"""The address and key of a language model: what cannot be used is refused when it is set, without repeating secrets."""

import pytest

from service.core.errors import GeneratorRefused
from tests.service.test_generators_chat import KEY, endpoint, replying


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8000/v1",
        "//host/v1",
        "ftp://host/v1",
        "http://",
        "http:///v1",
        "http://host:99999/v1",
        "http://host:port/v1",
        "http://[::1/v1",
        "http://one..two/v1",
        "http://" + "a" * 64 + "/v1",
        "http://host\n/v1",
        "http://host/\ud800",
        f"http://host/v1?key={KEY}",
        "http://host/v1?",
        "http://host/v1#top",
        f"http://user:{KEY}@host/v1",
        f"ftp://{KEY}@host:port",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_secrets(url: str) -> None:
    with pytest.raises(GeneratorRefused, match=r"^base_url: ") as caught:
        endpoint(url)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["http://[::1]:5/v1", "HTTPS://model.example", "https://bücher.example/a/b/v1/"])
def test_other_addresses_are_taken(url: str) -> None:
    endpoint(url, transport=replying(b"")).close()


@pytest.mark.parametrize("key", ["", "two words", f"{KEY}\n", f"{KEY}é"])
def test_a_key_that_no_header_can_hold_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(GeneratorRefused, match=r"^key: ") as caught:
        endpoint("http://model/v1", key=key)
    assert KEY not in str(caught.value)
