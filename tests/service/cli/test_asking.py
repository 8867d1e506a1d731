"""Asking, searching, listing and showing on the command line: for people, and the same as JSON."""

from pathlib import Path

import pytest

from tests.service.cli.library import ADVERT, HARBOUR, SHIPPED
from tests.service.cli_runs import QUESTION, byline, refusal, succeeded, together
from tests.service.replied import CITATION, PASSAGE, REPLY

pytestmark = pytest.mark.model


def test_list_has_a_line_an_article_and_the_same_as_json(library: Path) -> None:
    text, as_json = together([["list"], ["list", "--json"]], home=library)
    rows = succeeded(as_json).json
    ids = sorted([*SHIPPED, "harbour", "note", "storm"])
    assert [row["id"] for row in rows] == ids
    assert {frozenset(row) for row in rows} == {
        frozenset({"id", "revision", "title", "publisher", "published_at", "url", "passages"})
    }
    lines = [line.split("\t") for line in succeeded(text).out.splitlines()]
    assert [line[0] for line in lines] == ids
    assert lines[0][1] == rows[0]["published_at"] == "2018-12-01"


def test_show_marks_what_is_skipped_and_prints_a_former_revision_when_it_is_named(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "harbour.md"
    file.write_text(HARBOUR)
    former = next(row for row in byline("list", "--json", home=home).json if row["id"] == "harbour")["revision"]
    updated = succeeded(byline("add", file, "--replace", "--json", home=home)).json["added"][0]
    assert updated["result"] == "updated"
    now, as_json, before, unknown, no_article = together(
        [
            ["show", "harbour"],
            ["show", "harbour", "--json"],
            ["show", "harbour", "--revision", former],
            ["show", "harbour", "--revision", "0" * 64],
            ["show", "nothing"],
        ],
        home=home,
    )
    assert f"[skipped, sharing: {ADVERT}]" in succeeded(now).out
    assert "on Tuesday" in now.out
    assert f"revision {updated['revision']}\n" in now.out
    article = succeeded(as_json).json
    assert set(article) >= {"id", "revision", "title", "publisher", "published_at", "url", "text", "skipped"}
    assert article["text"] == HARBOUR
    (skip,) = article["skipped"]
    assert HARBOUR[skip["start"] : skip["end"]] == ADVERT
    assert "on Monday" in succeeded(before).out
    assert f"revision {former}, not current" in before.out
    assert refusal(unknown) == f"article 'harbour' has no revision {'0' * 64}"
    assert refusal(no_article) == "no article 'nothing'"


def test_an_answer_has_the_documented_shape_and_its_quotes_stand_where_they_say(library: Path) -> None:
    as_json, text = together([["ask", QUESTION, "--json"], ["ask", QUESTION]], home=library)
    reply = succeeded(as_json).json
    assert set(reply) == set(REPLY)
    assert reply["question"] == QUESTION
    assert reply["abstention"] is None
    assert 0 <= reply["answerable"] <= 1
    assert len(reply["passages"]) == 5
    assert {frozenset(passage) for passage in reply["passages"]} == {frozenset({*PASSAGE, "also_in"})}
    assert "executed" in reply["answer"]["text"]
    for citation in reply["answer"]["citations"]:
        assert set(citation) == set(CITATION)
        shown = byline("show", citation["article_id"], "--revision", citation["revision"], "--json", home=library).json
        assert shown["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert f"{citation['quote']} [{citation['marker']}]" in succeeded(text).out
        assert f"{citation['start']}:{citation['end']} in revision {citation['revision']}" in text.out


def test_off_their_subject_the_articles_do_not_answer_and_the_nearest_passages_are_shown(library: Path) -> None:
    question = "What is the capital of France?"
    as_json, text = together([["ask", question, "-k", "2", "--json"], ["ask", question]], home=library)
    reply = succeeded(as_json).json
    assert reply["answer"] is None
    assert set(reply["abstention"]) == {"reason"}
    assert len(reply["passages"]) == 2
    assert succeeded(text).out.startswith(f"No answer: {reply['abstention']['reason']}.\n")


def test_filters_hold_for_every_passage_and_when_nothing_meets_them_that_is_said(library: Path) -> None:
    days = ["--published-from", "2017-12-01", "--published-to", "2018-12-31"]
    by_day, by_both, by_article, none, none_asked = together(
        [
            ["search", "soldier", "-k", "100", *days, "--json"],
            ["search", "soldier", "-k", "100", *days, "--publisher", "The Independent", "--json"],
            ["search", "soldier", "-k", "100", "--article", SHIPPED[1], "--article", "harbour", "--json"],
            ["search", "soldier", "--publisher", "Nobody"],
            ["ask", "Why?", "--article", "nothing", "--json"],
        ],
        home=library,
    )
    assert set(succeeded(by_day).json) == {"passages"}
    assert {frozenset(passage) for passage in by_day.json["passages"]} == {frozenset({*PASSAGE, "also_in"})}
    assert {passage["article_id"] for passage in by_day.json["passages"]} == {SHIPPED[0], SHIPPED[4]}
    assert {passage["article_id"] for passage in succeeded(by_both).json["passages"]} == {SHIPPED[0]}
    assert {passage["article_id"] for passage in succeeded(by_article).json["passages"]} == {SHIPPED[1], "harbour"}
    assert "no article meets the filters" in succeeded(none).out
    assert succeeded(none_asked).json["abstention"] is not None
    assert none_asked.json["passages"] == []
