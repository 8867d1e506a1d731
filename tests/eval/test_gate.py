"""The gate: the recorded figures hold, and every broken retriever is caught by it and by the paired test."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.evaluation import comparison
from eval.gate import METRICS, drops, measure, prepare, read_record, write_record
from eval.measure import Measured
from eval.metrics.intervals import Estimate
from eval.systems.build import Bench
from service.compose import Parts
from service.settings import load_settings

Found = list[tuple[Measured, dict[str, Estimate]]]


def test_a_figure_below_its_recorded_interval_is_a_drop_and_a_missing_one_too() -> None:
    recorded = {name: Estimate(0.5, 0.4, 0.6, 100) for name in ("a", "b", "c")}
    found = {"a": Estimate(0.41, 0.3, 0.5, 100), "b": Estimate(0.39, 0.3, 0.5, 100)}
    assert [drop.metric for drop in drops(found, recorded)] == ["b", "c"]
    assert "b is .390, recorded .500, at least .400" in str(drops(found, recorded)[0])


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    write_record({"a": Estimate(0.123456, 0.1, 0.2, 7)}, file)
    assert read_record(file) == {"a": Estimate(0.1235, 0.1, 0.2, 7)}


def test_the_record_holds_every_measure_of_the_gate() -> None:
    assert tuple(read_record()) == METRICS


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    settings = load_settings(home=tmp_path_factory.mktemp("gate"))
    with closing(Parts(settings)) as parts:
        prepare(parts)
        bench = Bench(parts)
        yield measure(parts, [bench.byline(), *bench.broken()])


@pytest.mark.model
def test_byline_has_not_dropped_below_its_record(found: Found) -> None:
    assert [str(drop) for drop in drops(found[0][1], read_record())] == []


@pytest.mark.model
@pytest.mark.parametrize("fault", [1, 2, 3], ids=["random", "shifted by one", "scores negated"])
def test_a_broken_retriever_is_caught_by_the_gate_and_by_the_paired_test(found: Found, fault: int) -> None:
    broken, estimates = found[fault]
    assert drops(estimates, read_record())
    told = comparison(found[0][0], broken, metric="nDCG@10")
    assert told.p < 0.001
    assert len(told.worse) > len(told.better)
