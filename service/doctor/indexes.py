"""Promise 3: the indexes hold every passage, find it by its own vector and words, and find nothing taken out."""

from collections.abc import Iterator, Sequence

import numpy as np

from corpus.library.snapshot import Snapshot
from indexing.generations.manifest import PartManifest
from indexing.lexical.analysis import analyse
from indexing.view import Chosen, View
from service.doctor.finding import Finding
from service.doctor.remedies import REBUILD
from service.doctor.samples import spread

_SEARCHED = 2000
"""Passages that are searched for by their own vector and words; spread evenly over larger collections."""

_SEARCHED_FAR = 200
"""The same where each search is a call of an engine, or several."""


def examine_generation(view: View, *, live: int) -> Finding:
    """Whether as many are found as are searchable."""
    covered = found = 0
    held = sum(map(len, view.newer))
    state = "no generation published"
    if (generation := view.generation) is not None:
        manifest = generation.manifest
        covered = manifest.passages
        state = f"generation {manifest.number}"
        state += f", {generation.place}" if generation.in_place else f" of {_parts_said(manifest.parts)}"
        found = generation.live(view.gone[view.gone <= manifest.last_passage_id])
    unit = f"indexed passages ({state}: {covered}, in memory: {held})"
    found += sum(int((~np.isin(segment.vectors.ids, view.gone)).sum()) for segment in view.newer)
    problems = () if found == live else (f"the indexes hold {found} of {live} searchable passages",)
    return Finding(
        "the indexes hold every passage",
        promise=3,
        checked=covered + held,
        unit=unit,
        problems=problems,
        remedy=REBUILD,
    )


def _parts_said(parts: Sequence[PartManifest]) -> str:
    said = [f"{part.passages} passages {part.vectors.kind}, recall {part.vectors.recall:.3f}" for part in parts]
    return "; ".join(said) or "no passages"


def examine_search(snapshot: Snapshot, view: View) -> Iterator[Finding]:
    """What is stored is found by its own vector and words, and what was taken out is not."""
    passages = snapshot.vectors_after(0)
    in_place = view.generation is not None and view.generation.in_place
    rows = spread(len(passages.ids), _SEARCHED_FAR if in_place else _SEARCHED)
    live = set(passages.ids.tolist())
    by_vector, by_words, stale = list[str](), list[str](), list[str]()
    for row in rows:
        number = int(passages.ids[row])
        only = Chosen(passages.ids[row : row + 1])
        vector = passages.vectors[row].astype(np.float32)
        if view.by_vector(vector, k=1, chosen=only).ids.tolist() != [number]:
            by_vector.append(f"passage {number} is not found by its vector")
        terms = list(dict.fromkeys(analyse(passages.texts[row])))[:20]
        if terms and view.by_words(terms, k=1, chosen=only).ids.tolist() != [number]:
            by_words.append(f"passage {number} is not found by its words")
        found = {*view.by_vector(vector, k=10).ids.tolist(), *view.by_words(terms, k=10).ids.tolist()}
        stale += [f"passage {old} is found though it is no longer searchable" for old in found - live]
    yield Finding(
        "a stored passage is found by its vector",
        promise=3,
        checked=len(rows),
        unit="passages",
        problems=tuple(by_vector),
        remedy=REBUILD,
    )
    yield Finding(
        "a stored passage is found by its words",
        promise=3,
        checked=len(rows),
        unit="passages",
        problems=tuple(by_words),
        remedy=REBUILD,
    )
    retired = snapshot.counts().retired
    yield Finding(
        "nothing taken out is found",
        promise=3,
        checked=2 * len(rows),
        unit=f"searches ({retired} retired)",
        problems=tuple(stale),
        remedy=REBUILD,
    )
