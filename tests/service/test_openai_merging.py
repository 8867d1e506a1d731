"""Results of several searches as one."""

from corpus.article import Span
from corpus.library.records import PassageRow
from service.core.values import Hit
from service.schemas.openai.merging import merged, shown_score


def row(number: int) -> PassageRow:
    return PassageRow(number, "a", "0" * 64, Span(0, 1), "x", "t", None, None, None, searchable=True)


def hit(number: int, score: float, *copies: int) -> Hit:
    return Hit(row(number), score, tuple(map(row, copies)))


def numbers(hits: list[Hit]) -> list[int]:
    return [one.passage.passage_id for one in hits]


def test_a_passage_counts_with_its_best_score_and_equal_ones_stand_in_order_of_the_searches() -> None:
    found = merged([[hit(1, 0.9), hit(2, 0.3)], [hit(3, 0.9), hit(2, 0.5)]], most=9, threshold=0)
    assert [(one.passage.passage_id, one.score) for one in found] == [(1, 0.9), (3, 0.9), (2, 0.5)]
    assert numbers(merged([[hit(1, 0.9)], [hit(2, 0.8)], [hit(3, 0.7)]], most=2, threshold=0)) == [1, 2]


def test_the_threshold_is_of_the_score_that_is_shown() -> None:
    almost = hit(1, 0.49996)
    assert shown_score(almost) == 0.5
    assert numbers(merged([[almost, hit(2, 0.4999)]], most=9, threshold=0.5)) == [1]
    assert (shown_score(hit(1, 1.0000001)), shown_score(hit(1, -0.1))) == (1.0, 0.0)


def test_copies_share_one_place_whichever_search_found_which() -> None:
    found = merged([[hit(1, 0.9, 2), hit(3, 0.1)], [hit(2, 0.8, 1)]], most=2, threshold=0)
    assert numbers(found) == [1, 3]
