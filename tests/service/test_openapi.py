"""The service answers as its OpenAPI document says, whatever it is sent, and lets nobody in whom it should not."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.keys.key import Scope
from service.keys.limit import Limit
from service.keys.store import create_key
from tests.service.conftest import salthaven

pytestmark = pytest.mark.server

CASES = int(os.environ.get("SCHEMA_CASES", "2000"))
"""Together, over all operations, with and without a key; `make schema` asks for ten times as many."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Service:
    """A service that has keys."""

    client: httpx.Client
    key: str
    document: schemathesis.BaseSchema

    @property
    def url(self) -> str:
        return str(self.client.base_url)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    with salthaven(home) as client:
        _, key = create_key(home, "schema", scope=Scope.WRITE, limit=Limit(1_000_000, 1_000_000))
        head = {"Authorization": f"Bearer {key}"}
        document = schemathesis.openapi.from_dict(client.get("/openapi.json", headers=head).raise_for_status().json())
        yield Service(client, key, document)


def operations(document: schemathesis.BaseSchema) -> list[APIOperation[Any, Any, Any, Any]]:
    found = [one.ok() for one in document.get_all_operations() if isinstance(one, Ok)]
    assert len(found) > 10
    return found


def ask_everything(service: Service, *, cases: int, with_key: bool) -> Counter[str]:
    """Sends valid and invalid requests to every operation; counts them by operation and status."""
    told = Counter[str]()
    head = {"Authorization": f"Bearer {service.key}"} if with_key else {}
    found = operations(service.document)
    for mode in GenerationMode:
        for operation in found:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=-(-cases // (2 * len(found))),
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def asked(case: schemathesis.Case[Any]) -> None:
                answer = case.call(base_url=service.url, headers=head)
                told[f"{case.operation.label} {answer.status_code}"] += 1
                case.validate_response(answer, checks=CHECKS)
                if not with_key and case.operation.definition.raw.get("security"):
                    assert answer.status_code in {401, 429}, "it was let in"

            # what takes nothing cannot be sent anything wrong
            with suppress(Unsatisfiable):
                asked()
    return told


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("with_key", [True, False])
def test_every_operation_keeps_to_the_document(service: Service, *, with_key: bool) -> None:
    told = ask_everything(service, cases=CASES // 2, with_key=with_key)
    assert told.total() >= 0.8 * CASES / 2
    answered = {name.rpartition(" ")[0] for name in told if int(name.split()[-1]) in OK}
    if with_key:
        # a request that is made up seldom names an article, a passage or words that are there
        assert answered >= {"POST /v1/ask", "POST /v1/search", "GET /v1/articles", "GET /metrics"}
    else:
        assert answered == {"GET /livez", "GET /readyz"}
    assert {name.rpartition(" ")[0] for name in told} == {one.label for one in operations(service.document)}


def test_the_document_names_a_key_where_one_is_needed(service: Service) -> None:
    open_ones = {one.label for one in operations(service.document) if not one.definition.raw.get("security")}
    assert open_ones == {"GET /livez", "GET /readyz"}
