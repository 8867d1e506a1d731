"""Estimating whether the articles answer a question at all."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from service.core.errors import AnswerableModelBroken
from service.core.values import Features

SHIPPED = Path(__file__).parent / "answerable.json"
"""Fitted by `python -m eval.fit_answerable`."""
_NAMES = {field.name for field in fields(Features)}


@dataclass(frozen=True, slots=True)
class AnswerableModel:
    """A logistic regression of "the articles answer this" on the features.

    Fitted with both outcomes weighing the same, so its estimate is a probability where every other question is
    answerable.
    """

    intercept: float
    weights: Mapping[str, float]
    """By feature."""

    def probability(self, observed: Features) -> float:
        """That the articles answer."""
        score = self.intercept + sum(self.weights[name] * value for name, value in asdict(observed).items())
        # beyond this the exponential leaves what a float holds
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, score))))


def load_model(path: Path) -> AnswerableModel:
    """A model as `python -m eval.fit_answerable` writes it. Raises AnswerableModelBroken."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        intercept, weights = _number(stored["intercept"]), {k: _number(v) for k, v in stored["weights"].items()}
    except OSError as error:
        raise AnswerableModelBroken(path, f"it cannot be read: {error.strerror}") from error
    except KeyError as error:
        raise AnswerableModelBroken(path, f"it is no fitted model: it lacks {error}") from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise AnswerableModelBroken(path, f"it is no fitted model: {str(error)[:200]}") from error
    if set(weights) != _NAMES:
        raise AnswerableModelBroken(
            path, f"its features are {', '.join(sorted(weights))}, not {', '.join(sorted(_NAMES))}"
        )
    if not all(map(math.isfinite, [intercept, *weights.values()])):
        raise AnswerableModelBroken(path, "a weight is not a finite number")
    return AnswerableModel(intercept, weights)


def _number(stored: object) -> float:
    if isinstance(stored, bool) or not isinstance(stored, int | float):
        raise TypeError(f"{stored!r} is no number")
    return float(stored)
