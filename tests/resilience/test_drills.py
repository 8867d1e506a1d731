"""Short drills with the real service: what it accepted it answers, whatever is done to it meanwhile."""

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from tests.eval.test_load import CLOSING, OK, REFUSED, answering
from tests.resilience.clients import Account, Fate, Sent, client, questions
from tests.resilience.drills import ends, swaps


@pytest.mark.model
@pytest.mark.server
@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_that_is_ended_under_load_loses_no_request_that_it_accepted(tmp_path: Path, workers: int) -> None:
    outcome = ends(tmp_path, 1, workers=workers)
    assert outcome.problems == []
    assert outcome.account.fates[Fate.ANSWERED] > 20
    assert outcome.account.stored


@pytest.mark.model
@pytest.mark.server
def test_indexes_that_are_swapped_under_load_fail_no_request(tmp_path: Path) -> None:
    outcome = swaps(tmp_path, 5)
    assert outcome.problems == []
    assert set(outcome.account.fates) <= {Fate.ANSWERED, Fate.REFUSED}


def test_the_account_tells_answers_refusals_and_losses_apart() -> None:
    """Otherwise a drill would find nothing whatever happens."""
    account = Account()
    answers = [REFUSED, OK, b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", b"", CLOSING]
    with answering(answers) as target:
        left = iter(range(10))
        asyncio.run(
            client(f"http://{target.host}:{target.port}", questions(storing="a"), account,
                   goes_on=lambda: next(left, None) is not None)
        )  # fmt: skip
    assert account.fates == {Fate.ANSWERED: 4, Fate.REFUSED: 2, Fate.WRONG: 2, Fate.LOST: 2}
    assert account.stored == {"a-1"}
    assert len(account.details) == 4


def test_where_nobody_listens_nothing_was_accepted() -> None:
    account = Account()
    asyncio.run(client("http://127.0.0.1:9", questions(), account, goes_on=lambda: True))
    assert account == Account()


def test_every_tenth_request_from_the_second_stores_an_article_of_its_own() -> None:
    sent: list[Sent] = list(islice(questions(storing="a"), 100))
    assert [one.article for one in sent if one.article] == [f"a-{number}" for number in range(1, 100, 10)]
