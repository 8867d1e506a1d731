"""`python -m eval.fit_answerable`: fits the model of `answerable` to dev questions and prints how well it tells."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from corpus.articles import shipped_articles
from eval.cached import indexed
from eval.collection import OpenParts
from eval.judging import choose, of_spans
from eval.observed import AS_ASKED, Group, groups
from eval.questions.split import Split
from eval.reports.markdown import table
from eval.told import telling_errors
from service.compose import Parts
from service.core.answerable import AnswerableModel
from service.core.values import Features
from service.settings import Settings, load_settings
from service.threads import limit_threads

AS_ASKED_WEIGHT = 2.0
"""Of questions that somebody wrote, beside those whose evidence was left out: there are fewer, and they are meant."""
REGULARISATION = 0.1
"""scikit-learn's C on standardised features; from .01 to 1 the AUROC of no group changes by more than .02."""
_NAMES = [field.name for field in fields(Features)]
_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(4, 15))


def fit(given: Sequence[Group]) -> AnswerableModel:
    """Logistic regression on all groups; in each both outcomes weigh the same, however many questions it has."""
    features = np.concatenate([group.features for group in given])
    outcomes = np.concatenate([group.answerable for group in given])
    weights = np.concatenate([_weights(group) for group in given])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    # the deviation of equal numbers may be a rounding error instead of 0
    scale[np.ptp(features, axis=0) == 0] = 1
    fitted = LogisticRegression(C=REGULARISATION, max_iter=10_000)
    fitted.fit((features - mean) / scale, outcomes, sample_weight=weights * len(weights) / weights.sum())
    slopes = fitted.coef_[0] / scale
    intercept = float(fitted.intercept_[0] - slopes @ mean)
    return AnswerableModel(intercept, dict(zip(_NAMES, map(float, slopes), strict=True)))


def probabilities(model: AnswerableModel, group: Group) -> NDArray[np.float64]:
    """Of each question of a group."""
    return np.array([model.probability(Features(*row)) for row in group.features.tolist()])


def write_model(model: AnswerableModel, file: Path, *, fitted_to: Sequence[str] = ()) -> None:
    """As `load_model` reads it, and what it was fitted to; four places are more than the questions tell."""
    rounded = {name: round(weight, 4) for name, weight in model.weights.items()}
    stored = {"intercept": round(model.intercept, 4), "weights": rounded, "fitted_to": list(fitted_to)}
    file.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def discrimination(given: Sequence[Group]) -> Iterator[str]:
    """AUROC of each group, by the model fitted to all and by one that has not seen the group's collection."""
    model = fit(given)
    rows = []
    for group in given:
        others = [other for other in given if other.collection != group.collection]
        unseen = f"{_auroc(fit(others), group):.3f}" if others else "-"
        cosine = roc_auc_score(group.answerable, group.features[:, _NAMES.index("cosine")])
        counts = f"{group.answerable.sum()} / {(~group.answerable).sum()}"
        rows.append([group.name, counts, f"{cosine:.3f}", f"{_auroc(model, group):.3f}", unseen])
    head = ["questions", "answerable / not", "AUROC of cosine", "of the model", "fitted without this collection"]
    yield from table(head, iter(rows))


def refusals(model: AnswerableModel, given: Sequence[Group]) -> Iterator[str]:
    """Shares refused at each threshold, of the questions that somebody wrote."""
    asked = [(group, probabilities(model, group)) for group in given if group.kind == AS_ASKED]
    rows = []
    for threshold in _THRESHOLDS:
        refused = [(group.answerable, found < threshold) for group, found in asked]
        shares = [f"{below[yes].mean():.2f} / {below[~yes].mean():.2f}" for yes, below in refused]
        rows.append([f"{threshold:.2f}", *shares])
    head = ["threshold", *(f"{group.collection}: refused, answerable / not" for group, _ in asked)]
    yield from table(head, iter(rows))


def _auroc(model: AnswerableModel, group: Group) -> float:
    return float(roc_auc_score(group.answerable, probabilities(model, group)))


def _weights(group: Group) -> NDArray[np.float64]:
    each = np.where(group.answerable, 0.5 / group.answerable.sum(), 0.5 / (~group.answerable).sum())
    weighted: NDArray[np.float64] = each * (AS_ASKED_WEIGHT if group.kind == AS_ASKED else 1.0)
    return weighted


def observe(folder: Path | None, settings: Settings, *, open_parts: OpenParts = Parts) -> list[Group]:
    """Groups of the dev questions about a folder's articles, or of the shipped ones."""
    questions = None if folder is None else folder / "questions.jsonl"
    paths = (shipped_articles() if folder is None else folder,)
    left_out = () if questions is None else (questions,)
    with indexed(settings, paths, leave_out=left_out, open_parts=open_parts) as parts:
        judging = of_spans(choose(questions, split=Split.DEV), parts.library)
        return groups("shipped" if folder is None else folder.resolve().name, judging.judged, parts)


def main(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders with articles and a questions.jsonl, beside the shipped set.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="Where the model is written, for BYLINE_ANSWERABLE_MODEL.")],
) -> None:
    """Fit the model, print how well it tells, and write it."""
    with telling_errors():
        settings = load_settings()
        limit_threads(settings.threads)
        observed = [group for folder in [None, *(folders or ())] for group in observe(folder, settings)]
    model = fit(observed)
    for line in [*discrimination(observed), "", *refusals(model, observed)]:
        sys.stdout.write(line + "\n")
    counts = [
        f"{group.name}: {group.answerable.sum()} answerable, {(~group.answerable).sum()} not" for group in observed
    ]
    write_model(model, out, fitted_to=counts)
    sys.stdout.write(f"\nwritten to {out}\n")


if __name__ == "__main__":
    typer.run(main)
