"""Every measure by the name that tables and reports use, with what it says."""

from dataclasses import dataclass

BUDGET_TOKENS = 512
"""tiktoken tokens of returned text that the span measures look at: about what a prompt spares for context."""
CUTOFFS = (1, 3, 5, 10)
_RECALL = 5
CURVE = 20
"""recall@k is reported for every k up to this."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure; higher is better."""

    name: str
    group: str
    meaning: str
    headline: bool = False
    """Shown in the tables of the terminal and of the HTML page; those of Markdown and JSON have every measure."""


AUROC = "AUROC"
COVERED = "1 - AURC"
"""These two are of a whole set of questions; the others are means over questions."""
_SPAN = f"of the first {BUDGET_TOKENS} tokens returned"

METRICS: tuple[Metric, ...] = (
    *(
        Metric(f"recall@{k}", "retrieval", f"share of evidence spans that one of the first {k} passages covers",
               headline=k == _RECALL)
        for k in CUTOFFS
    ),
    *(Metric(f"hit@{k}", "retrieval", f"a relevant passage is among the first {k}", k == 1) for k in CUTOFFS),
    Metric("MRR@10", "retrieval", "1 / rank of the first relevant passage", headline=True),
    Metric("nDCG@10", "retrieval", "discounted cumulative gain of the first 10 passages", headline=True),
    Metric("MAP", "retrieval", "mean average precision over the passages returned"),
    Metric("span precision", "spans", f"share that is evidence, {_SPAN}"),
    Metric("span recall", "spans", f"share of the evidence that is in it, {_SPAN}", headline=True),
    Metric("span IoU", "spans", f"evidence in it, over evidence and text together, {_SPAN}", headline=True),
    Metric("article MRR@10", "articles", "1 / rank of the first article with evidence"),
    Metric("article nDCG@10", "articles", "discounted cumulative gain of the first 10 articles"),
    Metric("article recall@10", "articles", "share of the articles with evidence among the first 10"),
    Metric("article recall@100", "articles", "share of the articles with evidence among the first 100 of those of"
           " the passages returned"),
    Metric("article MAP", "articles", "mean average precision over the articles of the passages returned"),
    Metric("contained", "answers", "an accepted answer is in the answer given; abstaining counts 0", headline=True),
    Metric("exact match", "answers", "the answer given is an accepted one; abstaining counts 0"),
    Metric("token F1", "answers", "words shared with the nearest accepted answer; abstaining counts 0", headline=True),
    Metric("citation precision", "answers", "share of the citations that point at evidence", headline=True),
    Metric("citation recall", "answers", "share of the evidence spans that the citations cover", headline=True),
    Metric("contained if forced", "answers", "as contained, with the answer it would have given when abstaining"),
    Metric("right", "abstention", "answered with an accepted answer, or abstained where the articles do not answer",
           headline=True),
    Metric("accuracy", "abstention", "abstained exactly where the articles do not answer", headline=True),
    Metric(AUROC, "abstention", "an answerable question is surer than an unanswerable one", headline=True),
    Metric(COVERED, "abstention", "1 - area under the risk-coverage curve, the mean risk over its 50 coverages"),
)  # fmt: skip
BY_NAME = {metric.name: metric for metric in METRICS}
