"""Results of several searches as one, and the scores that are shown of them."""

from collections.abc import Iterable

from service.core.values import Hit
from service.schemas.passages import PLACES


def merged(found: Iterable[Iterable[Hit]], *, most: int, threshold: float) -> list[Hit]:
    """The best passages of several searches, each with its best score; equal scores in order of the searches.

    What one search names as a near copy of a better passage has no place of its own, even if another found it first.
    """
    best: dict[int, Hit] = {}
    for hits in found:
        for hit in hits:
            former = best.get(hit.passage.passage_id)
            if former is None or former.score < hit.score:
                best[hit.passage.passage_id] = hit
    ranked = sorted(best.values(), key=lambda hit: hit.score, reverse=True)
    kept: list[Hit] = []
    copies: set[int] = set()
    for hit in ranked:
        if hit.passage.passage_id not in copies and shown_score(hit) >= threshold:
            kept.append(hit)
            copies.update(copy.passage_id for copy in hit.also_in)
    return kept[:most]


def shown_score(hit: Hit) -> float:
    """The score as clients see it and set a threshold for: 0 to 1."""
    return round(min(1.0, max(0.0, hit.score)), PLACES)
