"""Bodies with very many wrong or unknown things: few errors are made of them, and the first are named."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from service.keys.key import new_key
from service.schemas.dify import RetrievalIn
from service.schemas.documents import FetchIn
from service.schemas.feedback import FeedbackIn
from service.schemas.openai.chat import ChatIn
from service.schemas.openai.response_request import MAX_TOOLS, ResponseIn
from service.schemas.openai.search import StoreSearchIn
from service.schemas.requests import ArticleIn, AskIn, SearchIn, SearchTerms, VerifyIn
from tests.service.conftest import salthaven

BODIES = (
    ArticleIn, AskIn, ChatIn, FeedbackIn, FetchIn, ResponseIn, RetrievalIn, SearchIn, SearchTerms, StoreSearchIn,
    VerifyIn,
)  # fmt: skip
"""All that is taken from clients, by any route or tool."""
MANY = 1_500
_MOST_ERRORS = 250
"""An error takes some 10 us to make, so that these are a few milliseconds."""

UNKNOWN = {f"u{number}": 1 for number in range(MANY)}
WRONG: dict[str, Any] = {
    "unknown members": UNKNOWN,
    "wrong texts": {f"u{number}": None for number in range(MANY)},
    "numbers": [0] * MANY,
    "objects": [{}] * MANY,
    "objects of unknown members": [UNKNOWN] * 20,
    "lists": [[]] * MANY,
    "NUL": ["\0"] * MANY,
    "a list of lists of lists": [[[0] * MANY]],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with salthaven(tmp_path_factory.mktemp("home")) as found:
        yield found


def errors(model: type[BaseModel], sent: object, *, as_json: bool) -> int:
    """How many errors are made of a body, as it comes from the wire or as the framework has read it."""
    adapter: TypeAdapter[BaseModel] = TypeAdapter(model)
    try:
        adapter.validate_json(json.dumps(sent)) if as_json else adapter.validate_python(sent)
    except ValidationError as error:
        return error.error_count()
    return 0


def places(schema: dict[str, Any], definitions: dict[str, Any], within: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every member of what a model takes, at any depth; members of a list's items are below `[]`."""
    found = set[tuple[str, ...]]()
    if "$ref" in schema:
        return places(definitions[schema["$ref"].rpartition("/")[2]], definitions, within)
    for choice in schema.get("anyOf", ()):
        found |= places(choice, definitions, within)
    for name, member in schema.get("properties", {}).items():
        found |= {(*within, name)} | places(member, definitions, (*within, name))
    if isinstance(schema.get("items"), dict):
        found |= {(*within, "[]")} | places(schema["items"], definitions, (*within, "[]"))
    return found


def sent_at(place: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 - any JSON
    """A body that has the value at that place, and nothing else."""
    for name in reversed(place):
        value = [value] if name == "[]" else {name: value}
    return value


def all_places(model: type[BaseModel]) -> list[tuple[str, ...]]:
    schema = model.model_json_schema()
    return sorted({()} | places(schema, schema.get("$defs", {})))


PLACES = [(model, place) for model in BODIES for place in all_places(model)]
# the schema says less of these than is looked at
PLACES += [(ResponseIn, ("input", "[]", *below)) for below in ((), ("role",), ("content",), ("content", "[]"))]


@pytest.mark.parametrize(("model", "place"), PLACES)
def test_whatever_stands_at_any_place_makes_a_bounded_number_of_errors(
    model: type[BaseModel], place: tuple[str, ...]
) -> None:
    for name, value in WRONG.items():
        for as_json in (False, True):
            assert errors(model, sent_at(place, value), as_json=as_json) <= _MOST_ERRORS, name


def test_as_many_conditions_as_may_be_have_one_wrong_list_in_all() -> None:
    condition = {"name": "title", "comparison_operator": "in", "value": [0] * 1000}
    sent = {"metadata_condition": {"conditions": [condition] * 20}}
    assert errors(RetrievalIn, sent, as_json=False) <= _MOST_ERRORS


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("POST", "/v1/ask", {"question": "Why?"}),
        ("POST", "/v1/search", {"query": "Why?"}),
        ("POST", "/v1/feedback", {"question": "Why?", "helpful": False}),
        ("PUT", "/v1/articles/many", {"text": "Why?"}),
        ("POST", "/v1/vector_stores/vs_byline/search", {"query": "Why?"}),
        ("POST", "/v1/vector_stores/vs_byline/search", {"query": "Why?", "filters": {"type": "eq", **UNKNOWN}}),
        ("POST", "/retrieval", {"knowledge_id": "byline", "query": "x", "retrieval_setting": {"top_k": 1},
                                "metadata_condition": UNKNOWN}),
    ],
)  # fmt: skip
def test_the_first_of_very_many_unknown_fields_are_named(
    client: httpx.Client, method: str, path: str, known: dict[str, object]
) -> None:
    sent = known if "u0" in json.dumps(known) else {**known, **UNKNOWN}
    answer = client.request(method, path, json=sent)
    assert answer.status_code in {400, 422}
    assert "u0: " in answer.text
    assert len(answer.content) < 10_000
    if path in {"/v1/ask", "/v1/search"}:
        assert [error["field"] for error in answer.json()["errors"]] == [f"u{number}" for number in range(100)]


def test_a_known_field_behind_very_many_unknown_ones_is_read_and_named_where_it_is_wrong() -> None:
    with pytest.raises(ValidationError) as caught:
        AskIn.model_validate({**UNKNOWN, "question": " "})
    assert [one["loc"] for one in caught.value.errors() if one["type"] != "extra_forbidden"] == [("question",)]


def test_an_agent_is_told_of_the_first(client: httpx.Client) -> None:
    arguments = {"query": "ferry", **{f"u{number}": 1 for number in range(900)}}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": arguments}}
    answer = client.post("/mcp", json=sent, headers={"accept": "application/json, text/event-stream"})
    said = answer.json()["result"]["content"][0]["text"]
    assert said.startswith("u0: ")
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        ([], -32600, "one JSON object"),
        ([{}] * MANY, -32600, "one JSON object"),
        (UNKNOWN, -32600, "jsonrpc"),
        ({"jsonrpc": "2.0", **UNKNOWN}, -32600, "method: it is missing"),
        ({"jsonrpc": "2.0", "method": 5, **UNKNOWN}, -32600, "method: it must be a string"),
        ({"jsonrpc": "2.0", "method": "tools/list", "params": [0] * MANY}, -32600, "params"),
        ({"jsonrpc": "2.0", "id": 1, "error": UNKNOWN}, -32600, "error"),
        ({"jsonrpc": "2.0", "method": "tools/list", **UNKNOWN}, -32600, "members"),
        ({"jsonrpc": "2.0", "method": "tools/list", "params": {"_meta": UNKNOWN}}, -32600, "members"),
        (
            {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "ask", "arguments": UNKNOWN}},
            -32600,
            "members",
        ),
        ("[" * 1000, -32700, "not JSON"),
        ('{"jsonrpc": "2.0", "method": "ping", "id": ' + "1" * 100_000 + "}", -32700, "not JSON"),
    ],
)
def test_what_is_no_message_of_the_protocol_is_told_without_what_it_holds(
    client: httpx.Client, sent: object, code: int, said: str
) -> None:
    _, key = new_key()
    text = sent if isinstance(sent, str) else json.dumps({**sent, key: key} if isinstance(sent, dict) else sent)
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    answer = client.post("/mcp", content=text, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert said in answer.json()["error"]["message"]
    assert len(answer.content) < 300
    assert key not in answer.text


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/vector_stores/vs_byline/search"])
def test_a_name_of_any_length_is_repeated_in_part_and_no_key_in_it(client: httpx.Client, path: str) -> None:
    _, key = new_key()
    answer = client.post(path, json={"query": "x", "question": "x", "x" * 170 + key: 1, "k" * 500_000: 1})
    assert answer.status_code in {400, 422}
    assert "kkk" in answer.text
    assert len(answer.content) < 2_000
    assert key[30:] not in answer.text
    assert key.rpartition("_")[2][:8] not in answer.text


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/responses", "/retrieval"])
@pytest.mark.parametrize(
    "value",
    ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[" * 100_000, "1" * 100_000, "1e" + "9" * 100_000]
)  # fmt: skip
def test_deep_and_huge_values_are_refused_or_passed_over_and_the_service_goes_on(
    client: httpx.Client, path: str, value: str
) -> None:
    body = f'{{"question": "x", "query": "x", "input": "x", "unknown": {value}, "k": {value}}}'
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {200, 400, 422}
    assert len(answer.content) < 10_000


def test_one_name_very_many_times_is_one_member(client: httpx.Client) -> None:
    body = '{"question": "Why?", %s}' % ",".join(['"u": 1'] * MANY)  # noqa: UP031 - the braces are JSON's
    answer = client.post("/v1/ask", content=body, headers={"content-type": "application/json"})
    assert [error["field"] for error in answer.json()["errors"]] == ["u"]


def test_more_tools_than_may_be_are_refused(client: httpx.Client) -> None:
    tools = [{"type": "function"}] * (MAX_TOOLS + 1)
    answer = client.post("/v1/responses", json={"input": "ferry fares?", "tools": tools})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "tools")
    assert client.post("/v1/responses", json={"input": "ferry fares?", "tools": tools[:-1]}).status_code == 200
