"""The benchmark's figures: ratios of the same round, the highest rate that is kept up, and reports of all of it."""

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.bench import figures
from eval.bench.figures import Figures, ratio_of
from eval.bench.offering import Offered
from eval.bench.output import write_all
from eval.bench.plots import as_svg
from eval.bench.rate import highest_rate, kept_up
from eval.bench.report import Report, as_json
from eval.bench.scale import Size
from eval.bench.shows import BEST, Aim, outcomes
from eval.bench.systems import BYLINE, HAYSTACK, OURS, PLAIN
from eval.bench.tables import as_markdown
from eval.bench.wanted import Wanted
from eval.errors import Unwritable
from eval.reports.svg_log import log_curves
from tests.eval.samples import SIZE

POSITIVE = st.floats(0.001, 1e6)
MILLION = Size(
    **{**{name: getattr(SIZE, name) for name in SIZE.__slots__}, "passages": 1_000_000, "made": True, "ask_p50_ms": 8.0}
)


def measured() -> Figures:
    """Two rounds of Byline, of the plain script, and one of Haystack, which fails in the other."""
    found = Figures()
    for number, (ours, plain) in enumerate(((2.0, 10.0), (4.0, 8.0))):
        found.note(BYLINE, number, figures.p50("ask"), ours)
        found.note(PLAIN.name, number, figures.p50("search"), plain)
        found.note(BYLINE, number, figures.INDEXING, 100.0)
        found.note(PLAIN.name, number, figures.INDEXING, 20.0 + number)
    found.note(HAYSTACK.name, 1, figures.INDEXING, 40.0)
    found.note_failure(HAYSTACK.name, "indexing: it crashed | badly")
    found.loads["byline, search"] = [Offered(8, 8.1, 2.0, 4.0, 0), Offered(16, 9.0, 30.0, math.inf, 3)]
    return found


def report(*, sizes: tuple[Size, ...] = (SIZE, MILLION)) -> Report:
    return Report((("machine", "a small one"),), (OURS, PLAIN, HAYSTACK), measured(), sizes)


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=9), POSITIVE)
def test_a_ratio_is_in_its_spread_and_follows_what_is_measured(pairs: list[tuple[float, float]], factor: float) -> None:
    ratio = ratio_of(pairs)
    assert ratio is not None
    assert ratio.low <= ratio.middle <= ratio.high
    assert ratio.rounds == len(pairs)
    scaled = ratio_of([(factor * one, other) for one, other in pairs])
    turned = ratio_of([(other, one) for one, other in pairs])
    assert scaled is not None
    assert turned is not None
    assert scaled.middle == pytest.approx(factor * ratio.middle)
    assert turned.low == pytest.approx(1 / ratio.high)


def test_ratios_are_of_the_same_round_and_only_of_rounds_that_both_have() -> None:
    found = measured()
    ratio = found.ratio(figures.p50("ask"), PLAIN.name, figures.p50("search"))
    assert ratio is not None
    assert (ratio.low, ratio.high) == (0.2, 0.5)
    assert ratio.middle == pytest.approx(0.35)
    with_haystack = found.ratio(figures.INDEXING, HAYSTACK.name)
    assert with_haystack is not None
    assert (with_haystack.middle, with_haystack.rounds) == (2.5, 1)
    assert found.ratio(figures.START, PLAIN.name) is None


def test_an_aim_against_the_best_peer_is_against_the_best_of_each_round() -> None:
    aims = (
        Aim("indexing", figures.INDEXING, figures.INDEXING, BEST, 4.0),
        Aim("question", figures.p50("ask"), figures.p50("search"), PLAIN.name, 0.25),
        Aim("start", figures.START, figures.START, PLAIN.name, 0.2),
    )
    indexing, question = outcomes(measured(), [PLAIN.name, HAYSTACK.name], aims=aims)
    assert (indexing.ratio.low, indexing.ratio.high) == (2.5, 5.0)
    assert indexing.reached is None, "one of the peers has a figure in one of the rounds only"
    assert question.reached is False
    (alone,) = outcomes(measured(), [PLAIN.name], aims=aims[:1])
    assert alone.reached


@given(st.floats(10, 15_000), st.booleans())
def test_the_highest_rate_is_found_to_within_a_tenth(capacity: float, disturbed: bool) -> None:  # noqa: FBT001 - hypothesis
    asked = list[float]()

    def offer_at(rate: float) -> Offered:
        asked.append(rate)
        first = asked.count(rate) == 1
        keeps_up = rate <= capacity and not (disturbed and first)
        return Offered(rate, rate if keeps_up else capacity, 1.0, 10.0 if keeps_up else 400.0, 0)

    found = highest_rate(offer_at)
    assert capacity / 1.1 <= found.highest <= capacity
    assert len(asked) <= 40


def test_a_service_that_keeps_up_with_nothing_is_not_looked_at_for_long() -> None:
    found = highest_rate(lambda rate: Offered(rate, rate, 1.0, 1.0, errors=1))
    assert found.highest == 0
    assert len(found.tried) == 2


@pytest.mark.parametrize(
    ("p99", "errors", "kept"), [(50.0, 0, True), (50.1, 0, False), (1.0, 1, False), (math.inf, 0, False)]
)
def test_a_rate_is_kept_up_if_all_is_answered_in_time(p99: float, errors: int, *, kept: bool) -> None:
    assert kept_up(Offered(10, 10, 1.0, p99, errors)) is kept


def test_the_report_says_what_was_measured_and_what_was_not() -> None:
    text = as_markdown(report())
    assert "| search, p50, ms | – | 9.00 (8.00–10.00) | – |" in text
    assert "| ask, p50, ms, to search, p50 | 0.35 (0.2–0.5) | – |" in text
    assert "| indexing | the best peer, plain |" in text or "| indexing | the best peer, haystack |" in text
    assert "| byline, search | 16 | 9 | 30.0 | – | 3 | no |" in text
    assert "| 1,000,000* | 8.00 |" in text
    assert "p50 from 5,000 to 1,000,000: 2.00 times (at most 4)." in text
    assert "- haystack: indexing: it crashed" in text
    for line in text.splitlines():
        assert not line.startswith("|") or line.endswith("|")


def test_the_report_as_json_has_every_round_and_no_number_that_json_lacks() -> None:
    document = json.loads(as_json(report()))
    assert [one["ask, p50"] for one in document["systems"]["byline"]["rounds"]] == [2.0, 4.0]
    assert document["systems"]["haystack"]["rounds"][0] == {}
    assert document["loads"]["byline, search"][1]["p99_ms"] is None
    assert {one["peer"] for one in document["ratios"]} == {"plain", "haystack"}
    assert [one["passages"] for one in document["sizes"]] == [5_000, 1_000_000]


def test_a_report_of_nothing_is_one() -> None:
    empty = Report((), (OURS,), Figures(), ())
    assert as_markdown(empty) == "# byline bench\n"
    assert json.loads(as_json(empty))["ratios"] == []
    ET.fromstring(as_svg(empty))  # noqa: S314 - our own


def test_the_plots_are_one_file_that_asks_nothing_of_the_network() -> None:
    text = as_svg(report())
    ET.fromstring(text)  # noqa: S314 - our own
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|url\(|<script|<image", text)
    for name in ("ask, p50", "resident memory", "byline, search"):
        assert f">{name}<" in text


@given(st.lists(st.tuples(POSITIVE, POSITIVE), max_size=5))
def test_every_place_is_drawn_inside_of_the_axes(places: list[tuple[float, float]]) -> None:
    drawn = ET.fromstring(log_curves([("a", [*places, (0.0, 1.0), (1.0, math.inf)])], x_label="x", y_label="y"))  # noqa: S314
    circles = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in drawn.iter("circle")]
    assert len(circles) == len(places)
    assert all(57 <= x <= 507 and 13 <= y <= 279 for x, y in circles)


def test_what_can_be_written_is_written_though_another_file_cannot(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here, which fails every write")
    wanted = Wanted(json=full, markdown=tmp_path / "r.md", plot=tmp_path / "r.svg")
    with pytest.raises(Unwritable, match="/dev/full cannot be written: No space left"):
        write_all(wanted, report())
    assert "# byline bench" in (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "<svg" in (tmp_path / "r.svg").read_text(encoding="utf-8")
