"""The figures of README and docs/figures.md have a place each, a command each, and are written where they stand."""

import json
import re
from pathlib import Path

import pytest

from eval.bench import figures
from eval.bench.figures import Figures
from eval.bench.report import Report, as_json
from eval.bench.systems import OURS, PLAIN
from eval.published.__main__ import NAMES, publish
from eval.published.blocks import BLOCKS, FIGURES, README
from eval.published.errors import MeasurementFailed, NoPlace
from eval.published.measurements import MEASUREMENTS, PROGRAMS, Document, Measurement, measure
from eval.published.pages import read, write
from tests.docs.pages import ROOT
from tests.eval.samples import SIZE


def evaluated(value: float, *, documents: bool) -> Document:
    """A report of `byline eval` in which Byline has this value of everything, and every other system half of it.

    Where whole `documents` are judged, no system answers or abstains.
    """
    estimates = [
        {name: {"value": one, "low": one - 0.1, "high": one + 0.1, "questions": 9} for name in MEASURED}
        for one in (value, value / 2)
    ]
    names = [
        "BM25 alone",
        "dense alone",
        "random passages",
        *([] if documents else ["always abstain", "never abstain"]),
    ]
    return {
        "systems": [
            {"system": "byline", "overall": estimates[0]},
            *({"system": name, "overall": estimates[1]} for name in names),
        ]
    }


MEASURED = ("nDCG@10", "hit@1", "contained", "right", "AUROC", "span recall", "article nDCG@10")


def benched() -> Document:
    found = Figures()
    for number, (ours, plain) in enumerate(((80.0, 20.0), (90.0, 30.0))):
        found.note(OURS.name, number, figures.INDEXING, ours)
        found.note(PLAIN.name, number, figures.INDEXING, plain)
    about = (("machine", "a processor, 2 cores"), ("collection", "recombined, 2,500 passages"))
    document: Document = json.loads(as_json(Report(about, (OURS, PLAIN), found, (SIZE,))))
    return document


def everything() -> dict[str, object]:
    return {
        one.name: (
            f"printed by {one.name}\n"
            if not one.as_json
            else benched()
            if one.command.startswith("byline bench")
            else evaluated(0.8 if one.environment else 0.7, documents="--beir" in one.command)
        )
        for one in MEASUREMENTS
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the pages."""
    for name in (README, FIGURES):
        page = tmp_path / name
        page.parent.mkdir(exist_ok=True)
        page.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_every_place_in_the_pages_has_its_figures_and_the_other_way_round() -> None:
    places = {
        (name, place)
        for name in (README, FIGURES)
        for place in re.findall(r"^<!-- figures: (.+) -->$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert places == {(block.page, block.name) for block in BLOCKS}


def test_every_command_stands_in_the_page_as_it_is_run() -> None:
    page = " ".join((ROOT / FIGURES).read_text(encoding="utf-8").split())
    assert [one.command for one in MEASUREMENTS if one.command not in page] == []
    assert {one.command.split()[0] for one in MEASUREMENTS} <= set(PROGRAMS)


def test_everything_that_is_measured_is_shown() -> None:
    assert set(NAMES) == {need for block in BLOCKS for need in block.needs}


def test_what_is_measured_is_written_into_its_places_and_nothing_else_changes(tree: Path) -> None:
    publish(tree, everything())
    short = read(tree / README, "quality")
    assert "| SciFact, by article | .700 (.600 to .800) | .350 | .350 |" in short
    assert ": .700 and .700; if it never abstained .350 and .350, if it always did .350 and .350." in short
    assert (
        read(tree / README, "best peer")
        .strip()
        .endswith("peers does on the same machine (`byline bench`): indexing 3.5 times.")
    )
    assert "| indexing, passages/s | 85.0 (80.0 to 90.0) | 25.0 (20.0 to 30.0) |" in read(tree / FIGURES, "beside")
    assert "| SciFact, by article | article nDCG@10 | .700 (.600 to .800) | .350 | .350 | .350 | – |" in read(
        tree / FIGURES, "quality"
    )
    assert "| shipped | .700 | .800 |" in read(tree / FIGURES, "precision")
    assert "| 5,000 | 4.0 | 3.5 | 3.0 | 210 | 0.8 | 12 | 0.991 | 2 |" in read(tree / FIGURES, "sizes")
    assert read(tree / FIGURES, "question") == "\nprinted by question\n\n"
    for name in (README, FIGURES):
        assert without_figures(tree / name) == without_figures(ROOT / name)


def test_writing_the_same_twice_changes_nothing(tree: Path) -> None:
    publish(tree, everything())
    once = [(tree / name).read_bytes() for name in (README, FIGURES)]
    publish(tree, everything())
    assert [(tree / name).read_bytes() for name in (README, FIGURES)] == once


def test_figures_of_which_one_was_not_measured_stay_as_they_are(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(tree, {"question": "printed by question"})
    assert read(tree / FIGURES, "question") == "\nprinted by question\n\n"
    assert read(tree / README, "quality") == read(ROOT / README, "quality")
    assert (
        "README.md, quality: stays as it is, for want of shipped, squad2, chunking, scifact" in capsys.readouterr().err
    )


def test_a_page_without_the_place_is_an_error_that_names_both(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- figures: speed -->\nno end\n", encoding="utf-8")
    with pytest.raises(NoPlace, match=r"page\.md has no place for the figures 'speed'"):
        write(page, "speed", ["one"])
    assert page.read_text(encoding="utf-8") == "<!-- figures: speed -->\nno end\n"


def test_settings_of_who_measures_are_not_those_that_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYLINE_ENCODER_PRECISION", "fp32")
    monkeypatch.setenv("BYLINE_CACHE", str(tmp_path))
    listing = "import os; print(sorted(name for name in os.environ if name.startswith('BYLINE_')))"
    told = measure(Measurement("listing", f'python -c "{listing}"', as_json=False), data=tmp_path)
    assert told == "['BYLINE_CACHE']\n"


def test_a_command_that_fails_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(
        MeasurementFailed, match=re.escape("`python -c 'raise SystemExit(3)'` ended with exit status 3")
    ):
        measure(Measurement("failing", "python -c 'raise SystemExit(3)'", as_json=False), data=tmp_path)


def test_what_a_command_gives_is_what_it_prints_or_its_report(tmp_path: Path) -> None:
    printing = Measurement("printing", "python -c \"import os; print(os.environ['WHERE'], os.getcwd())\"",
                           environment={"WHERE": "in"}, as_json=False)  # fmt: skip
    assert measure(printing, data=tmp_path) == f"in {tmp_path}\n"
    told = 'python -c "import sys, pathlib; pathlib.Path(sys.argv[2]).write_text(chr(123) + chr(125))"'
    assert measure(Measurement("reporting", told), data=tmp_path) == {}


def without_figures(page: Path) -> str:
    kept, rest = "", page.read_text(encoding="utf-8")
    while rest:
        before, opening, rest = rest.partition("<!-- figures: ")
        _, closing, rest = rest.partition("<!-- end of figures -->")
        kept += before + opening + closing
    return kept
