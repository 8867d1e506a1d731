"""Dates that questions name."""

from datetime import date

import pytest

from service.core.dates import AskedDates, asked_dates


@pytest.mark.parametrize(
    ("question", "years", "months"),
    [
        ("Who crossed in December 2017 and in 2019?", {2017, 2019}, {12}),
        ("What happened on 3 May?", set(), {5}),
        ("Where did they march in March?", set(), {3}),
        ("May I ask who may march on the 38th parallel?", set(), set()),
        ("What was said on March 4th, 2021?", {2021}, {3}),
        ("How many of the 2017 men had 20170 won?", {2017}, set()),
        ("What may this may lead to, and where did the last march of 2000 soldiers end?", set(), set()),
        ("Who crossed?", set(), set()),
    ],
)
def test_years_and_months_are_found_where_they_are_meant(question: str, years: set[int], months: set[int]) -> None:
    found = asked_dates(question)
    assert found == AskedDates(frozenset(years), frozenset(months))
    assert bool(found) == bool(years or months)


def test_an_article_agrees_by_day_by_year_alone_or_not() -> None:
    december = asked_dates("in December 2017")
    assert [december.agreement(day) for day in (date(2017, 12, 21), date(2017, 11, 1), date(2018, 12, 1), None)] == [
        1.0,
        0.5,
        0.0,
        0.0,
    ]
    assert asked_dates("in 2017").agreement(date(2017, 3, 1)) == 1.0
    assert asked_dates("in August").agreement(date(2019, 8, 1)) == 1.0
    assert asked_dates("in August").agreement(date(2019, 7, 1)) == 0.0
