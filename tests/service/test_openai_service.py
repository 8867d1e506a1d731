"""OpenAI's routes as a part of the service: its queue, its errors, its description, and `byline serve` itself."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from service.http.openai.errors import is_openai
from tests.fakes import WordEncoder, fake_parts
from tests.service.openai_client import openai_client
from tests.service.serving import serving
from tests.service.test_admission import held_service, until
from tests.service.test_served_model import BYLINE, served
from tests.service.test_served_model import QUESTION as SERVED_QUESTION

QUESTION = "What about the ferry?"
ARTICLE = "dmz-defection-december-2018"


def test_a_question_too_many_is_refused_at_once_also_here(tmp_path: Path) -> None:
    """The routes wait in the queue that all questions wait in, and the service lives meanwhile."""
    with (
        held_service(tmp_path, queue=0) as (http, encoder),
        openai_client(http) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        answered = pool.submit(client.responses.create, model="byline", input=QUESTION)
        until(lambda: encoder.begun)
        calls: list[Any] = [
            lambda: client.chat.completions.create(model="byline", messages=[{"role": "user", "content": QUESTION}]),
            lambda: client.responses.create(model="byline", input=QUESTION, stream=True),
            lambda: client.vector_stores.search("vs_byline", query=QUESTION),
        ]
        for call in calls:
            with pytest.raises(openai.InternalServerError) as caught:
                call()
            assert (caught.value.status_code, caught.value.code) == (503, "service_unavailable")
            assert int(caught.value.response.headers["retry-after"]) > 0
        assert client.models.list().data
        encoder.may.set()
        assert answered.result().output_text


def test_a_library_of_another_encoder_is_unavailable_not_wrong(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as http, openai_client(http) as client:
        http.put("/v1/articles/a", json={"text": "Words."})
        other = fake_parts(tmp_path, encoder=WordEncoder(name="other words"))
        assert list(other.reingester.resplit()) == ["a"]
        other.close()
        with pytest.raises(openai.InternalServerError, match="other words") as caught:
            client.chat.completions.create(
                model="byline", messages=[{"role": "user", "content": "Words?"}], stream=True
            )
        assert caught.value.type == "server_error"


def test_every_route_is_described_with_examples_of_its_reply_and_its_errors(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as http:
        document = http.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    routes = {(method, path) for path, item in document["paths"].items() for method in item if is_openai(path)}
    assert routes == {
        ("get", "/v1/vector_stores"),
        ("get", "/v1/vector_stores/{vector_store_id}"),
        ("post", "/v1/vector_stores/{vector_store_id}/search"),
        ("get", "/v1/vector_stores/{vector_store_id}/files"),
        ("get", "/v1/vector_stores/{vector_store_id}/files/{file_id}"),
        ("get", "/v1/vector_stores/{vector_store_id}/files/{file_id}/content"),
        ("post", "/v1/chat/completions"),
        ("post", "/v1/responses"),
        ("get", "/v1/models"),
        ("get", "/v1/models/{model}"),
    }
    for method, path in routes:
        described = document["paths"][path][method]["responses"]
        assert "422" not in described
        for status, response in described.items():
            content = response["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/ErrorOut") is (status != "200")
            if status == "200":
                assert has_examples(content["schema"], schemas), (path, content)
            elif status != "default":
                assert content["example"]["error"]["message"]
        if method == "post":
            assert {"400", "413", "503"} <= set(described)
            body = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
            assert has_examples(body, schemas)
    assert schemas["ErrorOut"]["examples"]


def has_examples(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether an example of the whole can be shown: its own, or one of each part that has no fixed value."""
    if "$ref" in schema:
        return has_examples(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if schema.keys() & {"examples", "example", "const", "default"} or schema.get("type") in {
        "integer",
        "boolean",
        "null",
    }:
        return True
    if "items" in schema:
        return has_examples(schema["items"], schemas)
    return "properties" in schema and all(has_examples(part, schemas) for part in schema["properties"].values())


def own(found: BaseModel) -> dict[str, Any]:
    """What the service says beyond OpenAI's API."""
    members: dict[str, Any] = (found.model_extra or {})["byline"]
    return members


@pytest.mark.model
@pytest.mark.server
def test_byline_serve_answers_openais_client_with_the_real_model(tmp_path: Path) -> None:
    subprocess.run([*BYLINE, "--home", str(tmp_path), "add", "--shipped"], check=True, capture_output=True)
    with served(tmp_path) as (http, _), openai_client(http) as client:
        asked: Any = {"model": "byline", "messages": [{"role": "user", "content": SERVED_QUESTION}]}
        message = client.chat.completions.create(**asked).choices[0].message
        content, annotations = message.content or "", message.annotations or []
        assert "executed" in content
        assert own(annotations[0])["article_id"] == ARTICLE
        for annotation in annotations:
            citation, place = own(annotation), annotation.url_citation
            assert content[place.start_index : place.end_index] == citation["quote"]
            (whole,) = client.vector_stores.files.content(
                citation["article_id"], vector_store_id="vs_byline", extra_query={"revision": citation["revision"]}
            )
            assert (whole.text or "")[citation["start"] : citation["end"]] == citation["quote"]
        chunks = client.chat.completions.create(**asked, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == content
        off = client.responses.create(model="byline", input="What is the capital of France?")
        assert own(off)["abstained"] is True
        hits = list(
            client.vector_stores.search(
                "vs_byline", query=SERVED_QUESTION, filters={"type": "ne", "key": "article_id", "value": ARTICLE}
            )
        )
        assert hits
        assert ARTICLE not in {hit.file_id for hit in hits}
