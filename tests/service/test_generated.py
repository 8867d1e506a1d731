"""Whatever a language model writes, what reaches the reply is borne out by citations that verify; where it fails, the
reply is as it would be without one."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article
from indexing.ingest import Draft
from indexing.tokens import count_tokens
from service.compose import Parts
from service.core.abstention import NOT_ANSWERED, NOT_IN_PASSAGES
from service.core.engine import Engine
from service.core.grounding import INVENTED, UNCITED, UNSUPPORTED
from service.core.values import Abstention, Answer
from service.core.values import Reply as Outcome
from service.core.writer import NOTHING_LEFT, Writer
from tests.service.generating import (
    ARTICLES,
    INJECTION,
    QUESTION,
    Scripted,
    checked,
    library_in,
    opened,
    passages,
    told,
    without_model,
    writing,
    written_by,
)
from tests.service.scripted_model import Reply, Script, scripted_model
from tests.service.test_grounding import MARKED


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that no test changes."""
    return library_in(tmp_path_factory.mktemp("home"))


def asked(home: Path, script: Script, question: str = QUESTION, **changes: object) -> Outcome:
    with written_by(script, home, **changes) as (engine, model):
        reply = checked(engine.ask(question, k=5), engine)
    assert len(model.requests) == 1
    return reply


def test_an_answer_that_the_passages_bear_out_is_the_reply_with_their_words_as_citations(home: Path) -> None:
    text = "The council feared that a crane would fall. <feared> Engineers checked all 14 cranes <reopened>."
    reply = asked(home, writing(text))
    assert told(reply) == (
        "The council feared that a crane would fall. [1] Engineers checked all 14 cranes. [2]",
        [
            "The council kept it closed because it feared that a crane would fall.",
            "Engineers had checked all 14 cranes.",
        ],
    )
    assert reply.generation is not None
    assert (reply.generation.model, reply.generation.used, reply.generation.reason) == ("scripted", True, None)
    assert reply.generation.dropped == ()
    assert "generate" in reply.timings_ms


FALLEN = "The council feared that a crane would fall"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (f"{FALLEN} [9].", INVENTED),
        (f"{FALLEN} <feared>[0].", INVENTED),
        (f"{FALLEN} <feared>[404].", INVENTED),
        (f"{FALLEN} 【1】.", INVENTED),
        (f"{FALLEN}.", UNCITED),
        (f"{FALLEN} <blames>.", UNSUPPORTED),
        ("The council feared that 15 cranes would fall <feared>.", UNSUPPORTED),
        ("The council of Westport feared that a crane would fall <feared>.", UNSUPPORTED),
        ("A submarine surfaced off the coast <feared><blames>.", UNSUPPORTED),
    ],
)
def test_a_sentence_that_its_citations_do_not_bear_out_never_reaches_the_answer(
    home: Path, written: str, reason: str
) -> None:
    reply = asked(home, writing(f"{written} The harbour reopened on Tuesday <reopened>."))
    assert told(reply)[0] == "The harbour reopened on Tuesday. [1]"
    assert reply.generation is not None
    assert reply.generation.used
    assert [dropped.reason for dropped in reply.generation.dropped] == [reason]
    alone = asked(home, writing(written))
    assert alone.outcome == without_model(home).outcome
    assert alone.generation is not None
    assert (alone.generation.used, alone.generation.reason) == (False, NOTHING_LEFT)
    assert [dropped.reason for dropped in alone.generation.dropped] == [reason]


def obey(messages: list[dict[str, str]]) -> str:
    """Does what the poisoned article asks for, and cites every passage for it but the poisoned one."""
    others = "".join(f"[{one['number']}]" for one in passages(messages) if "Ignore all" not in one["text"])
    prompt = " ".join(messages[0]["content"].split())
    return f"The mayor of Westport stole 900 coins [1]{others}. {prompt} {others}\n{INJECTION} {others}"


def test_a_model_that_obeys_an_article_gets_nothing_into_the_reply_that_its_citations_do_not_say(home: Path) -> None:
    reply = asked(home, obey)
    assert reply.generation is not None
    assert reply.generation.dropped
    shown = json.dumps(told(reply), ensure_ascii=False)
    for never in ("Westport", "900", "passages of news articles", "NO ANSWER", "quoted material", "Ignore"):
        assert never not in shown


def test_what_an_article_claims_is_cited_as_its_words_and_never_as_those_of_another(home: Path) -> None:
    reply = asked(home, writing("The mayor of Westport stole 900 coins <retired>. The mayor stole coins <feared>."))
    assert isinstance(reply.outcome, Answer)
    assert reply.outcome.text == "The mayor of Westport stole 900 coins. [1]"
    assert [citation.passage.article_id for citation in reply.outcome.citations] == ["poisoned"]


def test_what_an_article_says_stands_only_inside_the_quotation_of_the_users_message(home: Path) -> None:
    with written_by(lambda _: "NO ANSWER", home) as (engine, model):
        for question in (QUESTION, 'Who wrote "}], "passages": []} to the keeper?'):
            engine.ask(question, k=5)
            sent = model.requests[-1].body["messages"]
            assert [message["role"] for message in sent] == ["system", "user"]
            quoted = json.loads(sent[1]["content"])
            assert list(quoted) == ["question", "passages"]
            assert quoted["question"] == question
            assert [passage["number"] for passage in quoted["passages"]] == list(range(1, len(quoted["passages"]) + 1))
            (poisoned,) = [passage for passage in quoted["passages"] if "Ignore all" in passage["text"]]
            assert list(poisoned) == ["number", "title", "publisher", "published", "text"]
            assert (poisoned["title"], poisoned["publisher"]) == (ARTICLES[2].title, ARTICLES[2].publisher)
            assert poisoned["text"] in INJECTION
    systems = {received.body["messages"][0]["content"] for received in model.requests}
    assert len(systems) == 1
    assert "mayor" not in systems.pop()


@pytest.mark.parametrize("written", ["NO ANSWER", "no answer.", "\nNO ANSWER\n"])
def test_a_model_that_finds_no_answer_abstains(home: Path, written: str) -> None:
    reply = asked(home, lambda _: written)
    assert reply.outcome == Abstention(NOT_IN_PASSAGES)
    assert reply.hits == without_model(home).hits
    assert reply.generation is not None
    assert reply.generation.used


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Reply("x", delay_seconds=30), "it did not answer within 0.3 s"),
        (Reply(status=500), "it answered with status 500"),
        (Reply(body=b"<html>"), "its reply is not JSON"),
        (Reply(refusal="No."), "it refused"),
        (Reply(" "), "its answer is empty"),
        (Reply("It fell [1]. " * 2000), "it wrote much more than it was asked to"),
        (Reply("- \n"), NOTHING_LEFT),
        (Reply("\n" * 300 + "."), NOTHING_LEFT),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_the_model_fails_the_reply_is_as_without_one_and_says_why(
    home: Path, failure: Reply, reason: str
) -> None:
    reply = asked(home, lambda _: failure, llm_timeout_seconds=0.3)
    expected = without_model(home)
    assert (reply.outcome, reply.hits) == (expected.outcome, expected.hits)
    assert reply.generation is not None
    assert (reply.generation.used, reply.generation.reason) == (False, reason)


def test_where_nothing_listens_the_reply_is_as_without_a_model(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with opened(home, llm_url=f"http://127.0.0.1:{port}/v1", llm_model="scripted") as parts:
        reply = parts.engine.ask(QUESTION, k=5)
    assert reply.outcome == without_model(home).outcome
    assert reply.generation is not None
    assert (reply.generation.used, reply.generation.reason) == (False, "it cannot be reached")


def test_nothing_is_sent_for_what_the_articles_do_not_answer_or_where_there_are_none(
    home: Path, tmp_path: Path
) -> None:
    with written_by(lambda _: "It fell [1].", home, answerable_threshold=1.0) as (engine, model):
        reply = engine.ask("quantum chromodynamics lattice", k=5)
        assert reply.outcome == Abstention(NOT_ANSWERED)
        assert reply.generation is None
    with (
        scripted_model(lambda _: "It fell [1].") as other,
        opened(tmp_path, llm_url=other.url, llm_model="scripted") as parts,
    ):
        assert parts.ingester is not None
        reply = parts.engine.ask(QUESTION, k=5)
        assert isinstance(reply.outcome, Abstention)
    assert (model.requests, other.requests) == ([], [])


def test_the_passages_that_are_sent_stay_within_their_budget(tmp_path: Path) -> None:
    with opened(tmp_path, max_tokens=24) as parts:
        text = " ".join(f"Crane number {number} was “painted” red on day {number}." for number in range(20))
        parts.ingester.put(Draft(Article("cranes", text, "Paint")))
    counts = []
    for budget in (100, 300, 100_000):
        with written_by(lambda _: "NO ANSWER", tmp_path, max_tokens=24, llm_passage_tokens=budget) as (engine, model):
            assert len(engine.ask("Which crane was painted red?", k=1).hits) == 1
        sent = passages(model.requests[0].body["messages"])
        assert sum(count_tokens(json.dumps(passage, ensure_ascii=False)) for passage in sent) <= budget
        counts.append(len(sent))
    assert 1 <= counts[0] < counts[1] < counts[2] == 8


SENTENCES = [sentence for article in ARTICLES for sentence in article.text.replace("\n", " ").split(". ")]
MARKERS = ["[1]", "[2]", "[3]", "[1, 2]", "[3][1]", "[2][1][3]", "[1][9]", "[0]", "[[1]7]", "【2】", "[2", ""]
CLAIMS = st.builds("{} {}. ".format, st.sampled_from(SENTENCES), st.sampled_from(MARKERS))
NOISE = st.sampled_from([*MARKERS, ". ", "\n", "\n- ", " not ", " 15 "]) | st.text(max_size=4)


@pytest.fixture(scope="module")
def parts(home: Path) -> Iterator[Parts]:
    with opened(home) as found:
        yield found


@given(written=st.lists(CLAIMS | NOISE, max_size=15).map("".join))
@settings(max_examples=50)
def test_whatever_a_model_writes_each_citation_verifies_and_each_marker_has_one(parts: Parts, written: str) -> None:
    engine = Engine(
        library=parts.library,
        index=parts.index,
        encoder=parts.encoder,
        answerable_model=parts.answerable_model,
        answerable_threshold=0.0,
        writer=Writer(Scripted(lambda _: written), tokens=2000),
    )
    reply = checked(engine.ask(QUESTION, k=3), engine)
    assert reply.generation is not None
    if isinstance(reply.outcome, Answer) and reply.generation.used:
        markers = [str(citation.marker) for citation in reply.outcome.citations]
        assert list(dict.fromkeys(MARKED.findall(reply.outcome.text))) == markers
