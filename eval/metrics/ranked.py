"""Measures of rankings, all of them ir-measures': MRR, nDCG, MAP, success and recall."""

from collections.abc import Iterable, Mapping, Sequence

import ir_measures
from ir_measures import AP, RR, R, ScoredDoc, Success, nDCG

from eval.metrics.names import CUTOFFS
from eval.metrics.relevance import Qrels
from eval.systems.protocol import Returned

PASSAGES = {
    **{f"hit@{k}": Success @ k for k in CUTOFFS},
    "MRR@10": RR @ 10,
    "nDCG@10": nDCG @ 10,
    "MAP": AP,
}
ARTICLES = {
    "article MRR@10": RR @ 10,
    "article nDCG@10": nDCG @ 10,
    "article recall@10": R @ 10,
    "article recall@100": R @ 100,
    "article MAP": AP,
}
"""The names of our tables, and what ir-measures calls them."""


def ranked(
    measures: Mapping[str, ir_measures.measures.Measure],
    run: Mapping[str, Sequence[Returned]],
    qrels: Qrels,
) -> dict[str, dict[str, float]]:
    """Each measure for each judged question, 0 for one that the run lacks. Rankings are best first."""
    names = {measure: name for name, measure in measures.items()}
    values = {name: dict.fromkeys(qrels, 0.0) for name in measures}
    judgements = [ir_measures.Qrel(q, doc, grade) for q, grades in qrels.items() for doc, grade in grades.items()]
    if judgements:
        for metric in ir_measures.iter_calc(list(names), judgements, list(_scored(run))):
            values[names[metric.measure]][metric.query_id] = metric.value
    return values


def _scored(run: Mapping[str, Sequence[Returned]]) -> Iterable[ScoredDoc]:
    # by rank and not by score: of equal scores, the order returned is what counts
    return (
        ScoredDoc(question, found.key, -rank) for question, ranking in run.items() for rank, found in enumerate(ranking)
    )
