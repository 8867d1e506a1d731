"""Storing, changing and removing articles over a real socket: what is acknowledged is found, what is gone is not."""

import threading
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from corpus.article import Article
from corpus.errors import LibraryBroken
from corpus.library.mark import remove_mark
from corpus.library.sqlite import schema
from indexing.errors import IndexBroken
from indexing.ingest import Draft
from tests.fakes import fake_parts
from tests.service.conftest import HARBOUR
from tests.service.replied import VERIFIED
from tests.service.serving import serving

OLD = "The zeppelin landed in Salthaven on Monday. Its captain praised the weather."
NEW = "The submarine surfaced off Salthaven on Friday. Its captain praised the crew."


def sent_as_it_is(client: httpx.Client, method: str, target: str) -> tuple[int, str]:
    connection = HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
    with closing(connection):
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def texts(client: httpx.Client, query: str) -> str:
    passages = client.post("/v1/search", json={"query": query, "k": 100}).json()["passages"]
    return " ".join(passage["text"] for passage in passages)


def test_an_article_is_found_by_the_next_question_and_reads_back_as_sent(client: httpx.Client) -> None:
    response = client.put("/v1/articles/visit", json={"text": OLD})
    assert response.status_code == 201
    stored = response.json()
    assert stored == {"id": "visit", "revision": stored["revision"], "result": "created", "passages": 1}
    assert "zeppelin" in texts(client, "zeppelin")
    article = client.get("/v1/articles/visit").json()
    assert article["text"] == OLD
    assert article["revision"] == stored["revision"]
    assert article["skipped"] == []


def test_an_update_is_found_at_once_and_the_old_words_never_again(client: httpx.Client) -> None:
    first = client.put("/v1/articles/visit", json={"text": OLD}).json()
    response = client.put("/v1/articles/visit", json={"text": NEW})
    assert (response.status_code, response.json()["result"]) == (200, "updated")
    assert "submarine" in texts(client, "submarine")
    for query in ("zeppelin", "visit weather captain", "Monday"):
        assert "zeppelin" not in texts(client, query)
    former = client.get("/v1/articles/visit", params={"revision": first["revision"]}).json()
    assert (former["text"], former["current"]) == (OLD, False)


def test_a_question_mark_in_an_id_that_was_not_encoded_touches_no_other_article(client: httpx.Client) -> None:
    client.put("/v1/articles/visit", json={"text": OLD})
    for sent in (
        client.delete("/v1/articles/visit?b"),
        client.delete("/v1/articles/visit?b=1"),
        client.delete("/v1/articles/visit?&"),
        client.put("/v1/articles/visit?b", json={"text": NEW}),
    ):
        assert sent.status_code == 422
        assert "nothing is taken here behind a '?'" in sent.json()["errors"][0]["message"]
    # httpx leaves a question mark away that nothing follows
    status, problem = sent_as_it_is(client, "DELETE", "/v1/articles/visit?")
    assert (status, "written %3F" in problem) == (422, True)
    assert client.get("/v1/articles/visit").json()["text"] == OLD


def test_what_is_shown_beside_other_things_has_one_line_and_no_control_characters(client: httpx.Client) -> None:
    told = {
        "title": "a\nb\tc\u2028d\u200be",
        "author": "x\ny",
        "url": "http://a/\u001b[31m\n[1] fake",
        "publisher": " \n",
    }
    assert client.put("/v1/articles/visit", json={"text": OLD, **told}).status_code == 201
    article = client.get("/v1/articles/visit").json()
    assert [article[name] for name in told] == ["a b c de", "x y", "http://a/[31m [1] fake", None]


def test_storing_the_same_again_changes_nothing(client: httpx.Client) -> None:
    response = client.put("/v1/articles/harbour", json=HARBOUR)
    assert (response.status_code, response.json()["result"]) == (200, "unchanged")


def test_a_removed_article_is_gone_from_search_and_listing_but_its_citations_hold(client: httpx.Client) -> None:
    citation = client.post("/v1/ask", json={"question": "Why was the harbour closed?"}).json()["answer"]["citations"][0]
    assert client.delete("/v1/articles/harbour").status_code == 204
    assert "harbour" not in texts(client, "harbour cranes Salthaven")
    assert [line["id"] for line in client.get("/v1/articles").json()["articles"]] == ["ferry"]
    assert client.get("/v1/articles/harbour").status_code == 404
    assert client.delete("/v1/articles/harbour").status_code == 404
    body = {key: citation[key] for key in VERIFIED}
    assert client.post("/v1/verify", json=body).json() == {"valid": True, "reason": None, "current": False}
    assert client.get(f"/v1/passages/{citation['passage_id']}").json()["searchable"] is False


@pytest.mark.parametrize("rebuilt", [False, True], ids=["restart", "rebuild and restart"])
def test_changes_outlive_a_restart(tmp_path: Path, *, rebuilt: bool) -> None:
    parts = fake_parts(tmp_path)
    with serving(parts) as client:
        client.put("/v1/articles/kept", json={"text": "The lighthouse shines again."})
        client.put("/v1/articles/visit", json={"text": OLD})
        client.put("/v1/articles/visit", json={"text": NEW})
        client.put("/v1/articles/gone", json={"text": "The dirigible left."})
        client.delete("/v1/articles/gone")
    if rebuilt:
        again = fake_parts(tmp_path)
        again.rebuild()
        again.close()
    with serving(fake_parts(tmp_path)) as client:
        assert "lighthouse" in texts(client, "lighthouse")
        assert "submarine" in texts(client, "submarine")
        assert "zeppelin" not in texts(client, "zeppelin")
        assert "dirigible" not in texts(client, "dirigible")


def test_a_change_by_another_process_is_found_by_a_running_server(tmp_path: Path) -> None:
    with serving(fake_parts(tmp_path)) as client, serving(fake_parts(tmp_path)) as other:
        client.put("/v1/articles/visit", json={"text": OLD})
        assert "zeppelin" in texts(other, "zeppelin")
        other.put("/v1/articles/visit", json={"text": NEW})
        assert "zeppelin" not in texts(client, "zeppelin")
        assert "submarine" in texts(client, "submarine")


def test_many_writes_lead_to_a_new_generation_while_everything_stays_found(tmp_path: Path) -> None:
    """300 articles are more than the 256 passages that make a new generation due."""
    parts = fake_parts(tmp_path)
    with serving(parts) as client:
        for number in range(300):
            client.put(f"/v1/articles/a{number}", json={"text": f"The word of the day is wortel{number}."})
        client.delete("/v1/articles/a7")
        for number in (0, 150, 299):
            assert f"wortel{number}." in texts(client, f"wortel{number}")
        assert "wortel7." not in texts(client, "wortel7")
    again = fake_parts(tmp_path)
    with again.index.reading() as (_, view):
        assert view.generation is not None
        assert view.generation.manifest.passages >= 256
    again.close()


def test_boilerplate_of_a_sent_page_is_marked_and_gets_no_passage(client: httpx.Client) -> None:
    text = "Rates rise\n\nThe bank raised rates on Monday.\n\nSign up to our newsletter\n\nShare this article"
    client.put("/v1/articles/rates", json={"text": text})
    article = client.get("/v1/articles/rates").json()
    assert article["text"] == text
    assert {text[skip["start"] : skip["end"]] for skip in article["skipped"]} & {
        "Sign up to our newsletter",
        "Sign up to our newsletter\n\nShare this article",
    }
    assert "newsletter" not in texts(client, "newsletter sign up")


def test_stated_skips_are_taken_as_they_are(client: httpx.Client) -> None:
    body = {"text": "Keep this part. Drop that part.", "skipped": [{"start": 16, "end": 31, "reason": "links"}]}
    client.put("/v1/articles/parts", json=body)
    assert "Drop" not in texts(client, "drop that part")
    assert client.get("/v1/articles/parts").json()["skipped"] == body["skipped"]


def test_markdown_and_html_are_read_and_the_body_overrides_what_they_say(client: httpx.Client) -> None:
    page = (
        "<html><head><title>Old title</title></head><body><article><p>The mayor of Salthaven opened the new "
        "bridge on Sunday in front of a large crowd.</p><p>It replaces the one that the storm had taken "
        "away two years before.</p></article></body></html>"
    )
    assert client.put("/v1/articles/page", json={"format": "html", "text": page, "title": "Bridge"}).status_code == 201
    article = client.get("/v1/articles/page").json()
    assert article["title"] == "Bridge"
    assert "mayor" in article["text"]
    assert "<p>" not in article["text"]
    note = "---\ntitle: From the file\npublished_at: 2020-02-02\nid: elsewhere\n---\nThe tide was high."
    client.put("/v1/articles/note", json={"format": "markdown", "text": note, "publisher": "Us"})
    stored = client.get("/v1/articles/note").json()
    assert (stored["id"], stored["title"], stored["published_at"]) == ("note", "From the file", "2020-02-02")
    assert (stored["publisher"], stored["text"]) == ("Us", "The tide was high.")


def test_the_listing_comes_in_pages(client: httpx.Client) -> None:
    for name in ("a", "b c", "ü"):
        client.put(f"/v1/articles/{name}", json={"text": "Words."})
    seen, after = [], ""
    while True:
        page = client.get("/v1/articles", params={"limit": 2, "after": after}).json()
        seen += [line["id"] for line in page["articles"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == ["a", "b c", "ferry", "harbour", "ü"]
    assert client.get("/v1/articles/b%20c").json()["id"] == "b c"


def test_an_index_from_before_a_restored_backup_is_refused_until_rebuilt(tmp_path: Path) -> None:
    """A restored library gives the same commit numbers and passage ids out again, for other passages."""

    def put(article_id: str, text: str) -> None:
        parts = fake_parts(tmp_path)
        parts.ingester.put(Draft(Article(article_id, text, "News")))
        parts.close()

    put("a", "The harbour opened.")
    backup = schema.database(tmp_path).read_bytes()
    put("b", "Zebras escaped.")
    published = fake_parts(tmp_path)
    published.rebuild()
    published.close()
    schema.database(tmp_path).write_bytes(backup)
    with pytest.raises(LibraryBroken, match="acknowledged"):
        put("c", "A volcano erupted.")
    # as who put the older file there by hand is told to
    remove_mark(tmp_path)
    put("c", "A volcano erupted.")
    restored = fake_parts(tmp_path)
    with pytest.raises(IndexBroken, match="another history"):
        assert restored.index
    restored.rebuild()
    restored.close()
    with serving(fake_parts(tmp_path)) as client:
        assert "volcano" in texts(client, "volcano")
        assert "Zebras" not in texts(client, "zebras")


def test_threads_that_come_and_go_leave_no_connection_open(tmp_path: Path) -> None:
    parts = fake_parts(tmp_path)
    parts.ingester.put(Draft(Article("a", "The harbour opened.", "News")))
    parts.engine.search("harbour", k=1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        thread = threading.Thread(target=parts.engine.search, args=("harbour",), kwargs={"k": 1})
        thread.start()
        thread.join()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    parts.close()
