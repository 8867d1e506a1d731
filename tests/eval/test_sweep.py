"""The splitter's table: what it compares, and that a variant is really split as it says."""

import re
from itertools import islice
from pathlib import Path

from corpus.articles import shipped_articles
from eval.sweep import Collection, Variant, measure, report, variants
from tests.eval.samples import cached, open_fake


def test_the_shipped_setting_is_compared_with_others_and_with_itself_without_titles() -> None:
    shipped = Variant(150, 30)
    compared = variants(shipped)
    assert compared[0] == shipped
    assert compared[-1] == Variant(150, 30, titled=False)
    assert len(set(compared)) == len(compared)


def test_a_smaller_bound_makes_more_passages_and_every_variant_answers_the_same_questions(tmp_path: Path) -> None:
    collection = Collection("shipped", shipped_articles(), None)
    settings = cached(tmp_path)
    small, large = (
        measure(variant, collection, settings, open_parts=open_fake)
        for variant in (Variant(40, 0), Variant(120, 0, titled=False))
    )
    assert small.passages > large.passages
    assert small.overall["recall@5"].questions == large.overall["recall@5"].questions == 125


def test_every_row_but_the_shipped_one_is_tested_against_it(tmp_path: Path) -> None:
    collection = Collection("shipped", shipped_articles(), None)
    lines = report(collection, cached(tmp_path), open_parts=open_fake)
    rows = [line for line in islice(lines, 6) if line.startswith("| ")]
    head, _, shipped, other = (row.split(" | ") for row in rows)
    assert shipped[0] == "| 16"
    assert shipped[-1] == "as set |"
    assert re.fullmatch(r"[-+]\.\d{3}, p [=<] \.\d{3} \|", other[-1])
    assert len(head) == len(shipped) == len(other)
