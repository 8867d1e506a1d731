"""Whatever is sent to OpenAI's routes, the answer is a reply or an error in OpenAI's form, and never a fault."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.encoders.protocol import Encoded
from tests.fakes import WordEncoder, fake_parts
from tests.service.conftest import salthaven
from tests.service.openai_client import openai_client
from tests.service.serving import serving

JSON = {"content-type": "application/json"}
WORDS = [
    "",
    "harbour",
    "user",
    "message",
    "text",
    "file_search",
    "vs_byline",
    "auto",
    "eq",
    "title",
    "\ud800",
    "a\x00b",
]
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "text", "filters", "key", "value", "format", "\ud800"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.just("user"), "content": st.sampled_from(["Who was hurt?", "🌊"]) | ANYTHING}),
    max_size=2,
)
QUESTIONS: dict[str, tuple[str, st.SearchStrategy[Any], list[str]]] = {
    "/v1/chat/completions": (
        "messages",
        MESSAGES,
        ["stream", "stream_options", "n", "stop", "tools", "tool_choice", "response_format", "modalities", "logprobs"],
    ),
    "/v1/responses": (
        "input",
        MESSAGES | st.just("Who was hurt?"),
        ["stream", "tools", "tool_choice", "text", "metadata", "instructions", "parallel_tool_calls", "conversation"],
    ),
    "/v1/vector_stores/byline/search": (
        "query",
        st.just("harbour") | ANYTHING,
        ["filters", "max_num_results", "ranking_options", "rewrite_query"],
    ),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One server for all tests here: none of them changes what it holds."""
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.mark.parametrize("path", QUESTIONS)
@given(data=st.data())
def test_any_body_gets_a_reply_or_an_error_that_says_what_is_wrong(
    client: httpx.Client, data: st.DataObject, path: str
) -> None:
    name, question, others = QUESTIONS[path]
    body = data.draw(
        st.fixed_dictionaries(
            {name: question | ANYTHING, "model": st.just("byline")} if name != "query" else {name: question}
        )
    ) | data.draw(st.dictionaries(st.sampled_from(others), ANYTHING, max_size=2))
    response = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    if response.status_code == 200:
        if response.headers["content-type"] == "application/json":
            assert response.json()["object"]
        else:
            assert all(line.startswith(("data: ", "event: ")) for line in response.text.splitlines() if line)
        return
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]


class FaultyEncoder(WordEncoder):
    """Fails at every question."""

    def encode_question_with_pieces(self, text: str) -> Encoded:
        raise RuntimeError(text)


def test_a_fault_of_the_service_is_an_error_in_openais_form_that_tells_nothing_of_it(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path, encoder=FaultyEncoder())) as http, openai_client(http) as client:
        http.put("/v1/articles/a", json={"text": "Words."})
        with pytest.raises(openai.InternalServerError) as caught:
            client.responses.create(model="byline", input="secret words?")
        assert (caught.value.status_code, caught.value.type) == (500, "server_error")
        assert "secret" not in caught.value.message
