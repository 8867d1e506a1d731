"""Byline as an external knowledge base of Dify, asked as Dify asks."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.schemas.dify_conditions import Name, Operator
from tests.service.conftest import HARBOUR, salthaven
from tests.service.test_admission import held_service, until

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that the tests of this module change nothing of."""
    with salthaven(tmp_path_factory.mktemp("dify")) as found:
        yield found


def asked(query: str = "harbour cranes ferry fares", *, top_k: int = 5, **changes: object) -> dict[str, Any]:
    """A body with the fields that Dify sends, all of them."""
    setting = {"top_k": top_k, "score_threshold": 0.0}
    return {
        "retrieval_setting": setting,
        "query": query,
        "knowledge_id": "byline",
        "metadata_condition": None,
        **changes,
    }


def records(server: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    """What comes back, in order."""
    answer = server.post("/retrieval", json=body, headers={"authorization": "Bearer some-key"})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


def articles(server: httpx.Client, *conditions: dict[str, object], operator: str | None = "and") -> set[str]:
    """Ids of the articles found under these conditions."""
    condition = {"logical_operator": operator, "conditions": list(conditions)}
    return {one["metadata"]["article_id"] for one in records(server, asked(metadata_condition=condition))}


def test_a_record_is_a_passage_with_its_place_score_and_title(shared: httpx.Client) -> None:
    found = records(shared, asked("Who checked the cranes?", top_k=1))
    assert len(found) == 1
    record, where = found[0], found[0]["metadata"]
    assert record["title"] == HARBOUR["title"]
    assert 0 <= record["score"] <= 1
    revision = shared.get(f"/v1/articles/{where['article_id']}", params={"revision": where["revision"]}).json()
    assert revision["text"][where["start"] : where["end"]] == record["content"]
    assert (where["publisher"], where["published_at"], where["url"]) == tuple(
        HARBOUR[name] for name in ("publisher", "published_at", "url")
    )


def test_records_below_the_threshold_are_left_out(shared: httpx.Client) -> None:
    body = asked()
    scores = [one["score"] for one in records(shared, body)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1
    body["retrieval_setting"]["score_threshold"] = scores[0]
    assert [one["score"] for one in records(shared, body)] == [one for one in scores if one >= scores[0]]


@pytest.mark.parametrize("threshold", [None, 0])
def test_no_threshold_leaves_nothing_out(shared: httpx.Client, threshold: object) -> None:
    body = asked(retrieval_setting={"top_k": 5, "score_threshold": threshold})
    assert len(records(shared, body)) == len(records(shared, asked()))


@pytest.mark.parametrize(
    ("name", "operator", "value", "meet"),
    [
        ("publisher", "is", HARBOUR["publisher"], {"harbour"}),
        ("publisher", "is not", HARBOUR["publisher"], {"ferry"}),
        ("publisher", "contains", "Courier", {"harbour"}),
        ("publisher", "not contains", "Courier", {"ferry"}),
        ("publisher", "contains", "courier", set()),
        ("title", "start with", "Ferry", {"ferry"}),
        ("title", "end with", "storm", {"harbour"}),
        ("article_id", "in", ["ferry", "other"], {"ferry"}),
        ("article_id", "not in", ["ferry", "other"], {"harbour"}),
        ("url", "empty", None, {"ferry"}),
        ("url", "not empty", None, {"harbour"}),
        ("url", "null", None, {"ferry"}),
        ("url", "not null", None, {"harbour"}),
        ("url", "is not", "elsewhere", {"harbour", "ferry"}),
        ("published_at", "before", "2024-01-16", {"ferry"}),
        ("published_at", "after", "2023-11-02", {"harbour"}),
        ("published_at", "≥", "2023-11-02", {"harbour", "ferry"}),
        ("published_at", "≤", "2023-11-02", {"ferry"}),
        ("published_at", ">", "2024-01-16", set()),
        ("published_at", "=", "2024-01-16", {"harbour"}),
        ("published_at", "≠", "2024-01-16", {"ferry"}),
        ("published_at", "start with", "2024-", {"harbour"}),
        (["title", "publisher"], "contains", "Coast", {"ferry"}),
        (["title", "publisher"], "not contains", "Coast", {"harbour"}),
    ],
)
def test_a_condition_holds_as_it_is_written(
    shared: httpx.Client, name: object, operator: str, value: object, meet: set[str]
) -> None:
    assert articles(shared, {"name": name, "comparison_operator": operator, "value": value}) == meet


def test_conditions_are_joined(shared: httpx.Client) -> None:
    two: list[dict[str, object]] = [
        {"name": "title", "comparison_operator": "contains", "value": "storm"},
        {"name": "published_at", "comparison_operator": "before", "value": "2024-01-01"},
    ]
    assert articles(shared, *two, operator="and") == set()
    assert articles(shared, *two, operator="or") == {"harbour", "ferry"}
    assert articles(shared, *two, operator=None) == set()
    assert articles(shared) == {"harbour", "ferry"}


def test_the_request_that_dify_tries_an_address_with_is_answered(shared: httpx.Client) -> None:
    answer = shared.post("/retrieval", headers={"authorization": "Bearer some-key"})
    # of 403, 404 and 502 it would say that the address or the key is wrong
    assert (answer.status_code, answer.json()) == (422, {"error_code": 422, "error_msg": "body: Field required"})


def refused(server: httpx.Client, body: object) -> tuple[int, int, str]:
    """Status, code and message of an error."""
    answer = server.post("/retrieval", content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert set(told) == {"error_code", "error_msg"}
    return answer.status_code, told["error_code"], told["error_msg"]


def test_another_knowledge_base_does_not_exist(shared: httpx.Client) -> None:
    status, code, said = refused(shared, asked(knowledge_id="other"))
    assert (status, code) == (404, 2001)
    assert "'byline'" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query": ""}, "query: it is empty"),
        ({"query": None}, "query: "),
        ({"query": "\ud800"}, "query: it holds a lone surrogate"),
        ({"knowledge_id": 5}, "knowledge_id: "),
        ({"retrieval_setting": None}, "retrieval_setting: "),
        ({"retrieval_setting": {}}, "retrieval_setting.top_k: "),
        ({"retrieval_setting": {"top_k": 0}}, "retrieval_setting.top_k: "),
        ({"retrieval_setting": {"top_k": 101}}, "retrieval_setting.top_k: "),
        ({"retrieval_setting": {"top_k": True}}, "retrieval_setting.top_k: "),
        ({"retrieval_setting": {"top_k": 1, "score_threshold": 2}}, "retrieval_setting.score_threshold: "),
        ({"retrieval_setting": {"top_k": 1, "score_threshold": float("nan")}}, "retrieval_setting.score_threshold: "),
        ({"metadata_condition": []}, "metadata_condition: "),
        ({"metadata_condition": {"condition": []}}, "metadata_condition.condition: "),
        ({"metadata_condition": {"logical_operator": "xor"}}, "metadata_condition.logical_operator: "),
    ],
)
def test_a_wrong_request_is_told_of_by_its_field(shared: httpx.Client, change: dict[str, Any], said: str) -> None:
    status, code, message = refused(shared, {**asked(), **change})
    assert (status, code) == (422, 422)
    assert message.startswith(said), message


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"name": "colour", "comparison_operator": "is", "value": "red"}, "name"),
        ({"name": [], "comparison_operator": "is", "value": "red"}, "name"),
        ({"name": "title", "comparison_operator": "like", "value": "red"}, "comparison_operator"),
        ({"name": "title", "comparison_operator": "is"}, "'is' takes one text"),
        ({"name": "title", "comparison_operator": "is", "value": 5}, "value"),
        ({"name": "title", "comparison_operator": "is", "value": ["a"]}, "'is' takes one text"),
        ({"name": "title", "comparison_operator": "in", "value": "a,b"}, "'in' takes a list"),
        ({"name": "title", "comparison_operator": ">", "value": "2024-01-16"}, "only published_at"),
        ({"name": "published_at", "comparison_operator": "before", "value": "yesterday"}, "is not a day"),
        ({"name": "published_at", "comparison_operator": "before", "value": "2024-01-16T10:00:00"}, "is not a day"),
        ({"name": "published_at", "comparison_operator": "in", "value": ["2024-13-01"]}, "is not a day"),
        ({"name": "title", "comparison_operator": "is", "value": "a", "values": "b"}, "values"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_and_never_ignored(
    shared: httpx.Client, condition: dict[str, object], said: str
) -> None:
    status, _, message = refused(shared, asked(metadata_condition={"conditions": [condition]}))
    assert status == 422
    assert message.startswith("metadata_condition.conditions.0")
    assert said in message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"query": "\xff"}'])
def test_what_is_no_json_object_is_told_in_the_same_shape(shared: httpx.Client, body: bytes) -> None:
    answer = shared.post("/retrieval", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error_code", "error_msg"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CONDITIONS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(get_args(Name)) | JSON,
        "comparison_operator": st.sampled_from(get_args(Operator)) | JSON,
        "value": st.just("2024-01-16") | st.lists(st.text(max_size=5), max_size=3) | JSON,
    }
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.fixed_dictionaries(
        {
            "knowledge_id": st.just("byline"),
            "query": st.text(max_size=20),
            "retrieval_setting": st.just({"top_k": 3, "score_threshold": 0.1}) | JSON,
            "metadata_condition": JSON
            | st.fixed_dictionaries(
                {"logical_operator": st.sampled_from(["and", "or"]), "conditions": st.lists(CONDITIONS, max_size=3)}
            ),
        }
    )
    | JSON
)
def test_no_body_provokes_a_failure(shared: httpx.Client, body: object) -> None:
    answer = shared.post("/retrieval", content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in {200, 404, 422}, answer.text


def test_a_full_queue_is_told_in_the_same_shape(tmp_path: Path) -> None:
    with held_service(tmp_path, queue=0) as (server, encoder), ThreadPoolExecutor(1) as pool:
        first = pool.submit(server.post, "/retrieval", json=asked())
        until(lambda: encoder.begun)
        answer = server.post("/retrieval", json=asked())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["error_code"] == 503
        encoder.may.set()
        assert first.result(20).status_code == 200


def test_the_description_is_complete(shared: httpx.Client) -> None:
    route = shared.get("/openapi.json").json()["paths"]["/retrieval"]["post"]
    assert set(route["responses"]) == {"200", "401", "404", "413", "422", "429", "503", "default"}
    for status in ("401", "404", "413", "422", "429", "503"):
        content = route["responses"][status]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/DifyError")
        assert content["example"]["error_msg"]
