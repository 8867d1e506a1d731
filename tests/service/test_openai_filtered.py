"""A filtered search over the socket finds what filtering all results by hand leaves."""

import operator
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import fake_parts
from tests.service.serving import serving

PUBLISHERS = ["The Tide", "the tide", "Él Día", None]
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
VALUES: dict[str, list[Any]] = {
    "article_id": ["a0", "a3", "unknown", ""],
    "file_id": ["a0", "a3", "unknown", "b64-!"],
    "title": ["Title 1", "title 1"],
    "filename": ["Title 2"],
    "publisher": [*filter(None, PUBLISHERS), "Nobody"],
    "published_at": ["2023-12-31", "2024-01-02", "2024-01-03"],
    "url": ["https://a.example/1", "https://b.example"],
    "passage_id": [1, 3, 4.0, 5.5],
    "start": [0, 1],
    "end": [20, 30.5],
}
NAMES = sorted(VALUES)
COMPARISONS = st.sampled_from(NAMES).flatmap(
    lambda name: (
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(["eq", "ne"] if name == "file_id" else sorted(ORDERS)),
                "key": st.just(name),
                "value": st.sampled_from(VALUES[name]),
            }
        )
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(["in", "nin"]),
                "key": st.just(name),
                "value": st.lists(st.sampled_from(VALUES[name]), max_size=3),
            }
        )
    )
)
FILTERS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    COMPARISONS,
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["and", "or"]), "filters": st.lists(inner, min_size=1, max_size=3)}
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with serving(fake_parts(tmp_path_factory.mktemp("home"))) as found:
        for number in range(8):
            body: dict[str, object] = {"text": f"Boat {'abcdefgh'[number] * 5} sank.", "title": f"Title {number % 3}"}
            body |= {"publisher": PUBLISHERS[number % 4]} | (
                {"url": f"https://a.example/{number}"} if number % 2 else {}
            )
            body |= {"published_at": f"2024-01-0{number}"} if number else {}
            assert found.put(f"/v1/articles/a{number}", json=body).status_code == 201
        yield found


def found_by(client: httpx.Client, **asked: object) -> list[dict[str, Any]]:
    response = client.post("/v1/vector_stores/vs_byline/search", json={"query": "which boat sank", **asked})
    assert response.status_code == 200, response.text
    hits: list[dict[str, Any]] = response.json()["data"]
    return hits


def meets(hit: dict[str, Any], filters: dict[str, Any]) -> bool:
    """A filter's meaning, written out over what a result shows of itself."""
    if filters["type"] in ("and", "or"):
        every = [meets(hit, one) for one in filters["filters"]]
        return all(every) if filters["type"] == "and" else any(every)
    shown = hit["attributes"] | {"file_id": hit["file_id"], "filename": hit["filename"]}
    own, value, kind = shown.get(filters["key"]), filters["value"], filters["type"]
    if kind in ("in", "nin"):
        return (own is not None and own in value) is (kind == "in")
    return kind == "ne" if own is None else ORDERS[kind](own, value)


@settings(max_examples=150)
@given(filters=FILTERS)
def test_a_filtered_search_finds_what_filtering_by_hand_leaves(client: httpx.Client, filters: dict[str, Any]) -> None:
    everything = found_by(client, max_num_results=50)
    assert len(everything) == 8
    expected = {hit["file_id"] for hit in everything if meets(hit, filters)}
    assert {hit["file_id"] for hit in found_by(client, max_num_results=50, filters=filters)} == expected
    assert len(found_by(client, max_num_results=1, filters=filters)) == min(1, len(expected))
