"""The splitter's table: what it compares, and that a variant is really split as it says."""

from pathlib import Path

from corpus.articles import shipped_articles
from eval.sweep import Collection, Variant, measure, variants
from tests.eval.samples import cached, open_fake


def test_the_shipped_setting_is_compared_with_others_and_with_itself_without_titles() -> None:
    shipped = Variant(150, 30)
    compared = variants(shipped)
    assert shipped in compared
    assert compared[-1] == Variant(150, 30, titled=False)
    assert len(set(compared)) == len(compared)


def test_a_smaller_bound_makes_more_passages_and_every_variant_answers_the_same_questions(tmp_path: Path) -> None:
    collection = Collection("shipped", shipped_articles(), None)
    settings = cached(tmp_path)
    small, large = (
        measure(variant, collection, settings, open_parts=open_fake)
        for variant in (Variant(40, 0), Variant(120, 0, titled=False))
    )
    assert small[0] > large[0]
    assert small[1]["recall@5"].questions == large[1]["recall@5"].questions == 125
