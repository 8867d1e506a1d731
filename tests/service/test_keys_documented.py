"""The OpenAPI document says of every route whether it needs a key, and how it refuses one."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter

from service.http.needs import scope_needed
from service.http.openapi import KeyedApp
from tests.fakes import fake_parts
from tests.service.serving import serving

router = APIRouter()


@router.get("/livez")
@router.get("/v1/articles")
@router.put("/v1/articles/{article_id}")
@router.post("/v1/chat/completions", responses={"default": {"description": "in OpenAI's form"}})
@router.post("/v1/verify")
@router.post("/not/thought/of/yet")
def _anything() -> None:
    return None


@router.post("/with/a/body")
def _something(body: list[int]) -> int:
    return len(body)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = KeyedApp()
    app.include_router(router)
    assert app.openapi() is app.openapi()
    return app.openapi()


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/v1/articles", "get", {"401", "429", "503"}),
        ("/v1/articles/{article_id}", "put", {"401", "403", "429", "503"}),
        ("/v1/chat/completions", "post", {"default"}),
        ("/v1/verify", "post", {"401", "429", "503"}),
        ("/not/thought/of/yet", "post", {"401", "403", "429", "503"}),
        ("/with/a/body", "post", {"401", "403", "408", "429", "503"}),
    ],
)
def test_a_route_that_needs_a_key_says_so(document: dict[str, Any], path: str, method: str, statuses: set[str]) -> None:
    operation = document["paths"][path][method]
    assert operation["security"] == [{"key": []}]
    assert set(operation["responses"]) - {"200", "422"} == statuses
    for status in statuses - {"default"}:
        assert "application/problem+json" in operation["responses"][status]["content"]


def test_a_route_that_needs_none_does_not(document: dict[str, Any]) -> None:
    operation = document["paths"]["/livez"]["get"]
    assert "security" not in operation
    assert set(operation["responses"]) == {"200"}


def test_the_scheme_is_a_bearer_token(document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_everything_the_whole_document_refers_to_is_in_it(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client:
        whole = client.get("/openapi.json")
    references = set(re.findall(r'"\$ref":"#/([^"]+)"', whole.text))
    assert "components/schemas/Problem" in references
    for reference in references:
        at: Any = whole.json()
        for name in reference.split("/"):
            at = at[name]
        assert at
    for path, operations in whole.json()["paths"].items():
        for method, operation in operations.items():
            assert ("security" in operation) == (scope_needed(method.upper(), path) is not None)
