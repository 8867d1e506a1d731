"""A follow-up is made to stand alone by the language model, and by the rules where that fails."""

import json
from pathlib import Path

import pytest

from tests.service.generating import checked, library_in, told, without_model, writing, written_by
from tests.service.scripted_model import Reply, Script

HISTORY = ["What happened to the ferry fares?"]
FOLLOW_UP = "And who is to blame for it?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that no test changes."""
    return library_in(tmp_path_factory.mktemp("home"))


def rewriting(rewritten: Reply | str, answer: str) -> Script:
    def script(messages: list[dict[str, str]]) -> Reply | str:
        return rewritten if "follow-up" in json.loads(messages[-1]["content"]) else writing(answer)(messages)

    return script


def test_a_follow_up_is_made_to_stand_alone_by_the_model_and_searched_for_as_it_wrote_it(home: Path) -> None:
    alone = "Whom does the operator blame for the ferry fares?"
    script = rewriting(f" {alone}\n", "The operator blames the price of fuel <blames>.")
    with written_by(script, home) as (engine, model):
        reply = checked(engine.ask(FOLLOW_UP, k=5, history=["Older?", "Old?", *HISTORY]), engine)
    assert (reply.question, reply.rewritten) == (FOLLOW_UP, alone)
    assert told(reply)[1] == ["The operator blames the price of fuel."]
    rewrite, answer = (json.loads(received.body["messages"][1]["content"]) for received in model.requests)
    assert rewrite == {"earlier": ["Old?", *HISTORY], "follow-up": FOLLOW_UP}
    assert answer["question"] == alone
    assert reply.hits == without_model(home, alone).hits


def test_a_follow_up_that_the_model_only_repeats_was_not_rewritten(home: Path) -> None:
    with written_by(rewriting(FOLLOW_UP, "NO ANSWER"), home) as (engine, _):
        assert engine.ask(FOLLOW_UP, k=5, history=HISTORY).rewritten is None


@pytest.mark.parametrize("rewritten", [Reply(status=500), "Who?\nWhere?", "?!", "x" * 2001])
def test_where_rewriting_fails_the_rules_do_it_and_the_model_is_not_asked_again(
    home: Path, rewritten: Reply | str
) -> None:
    with written_by(rewriting(rewritten, "It fell [1]."), home) as (engine, model):
        reply = checked(engine.ask(FOLLOW_UP, k=5, history=HISTORY), engine)
    expected = without_model(home, FOLLOW_UP, history=HISTORY)
    assert reply.rewritten == expected.rewritten == f"{HISTORY[0]} {FOLLOW_UP}"
    assert (reply.outcome, reply.hits) == (expected.outcome, expected.hits)
    assert reply.generation is not None
    assert not reply.generation.used
    assert reply.generation.reason
    assert len(model.requests) == 1
