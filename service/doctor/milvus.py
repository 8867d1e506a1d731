"""Milvus that has the indexes: whether it answers, what it says it covers, and how far that is behind."""

from corpus.library.snapshot import Snapshot
from indexing.errors import IndexBroken, MilvusError
from indexing.generations.tiers import TIERS
from service.compose import Parts
from service.doctor.finding import Finding
from service.doctor.remedies import REBUILD

_CHECK = "Milvus answers and keeps up"
_REACH = "start it, or set BYLINE_MILVUS and BYLINE_MILVUS_TOKEN to what reaches it; articles are not affected"
BEHIND = "see what the service logs of its indexes; Milvus may refuse to be written to"
_FAR = 4 * TIERS.most
"""Changes that Milvus lacks: more than a service lets come together while it brings it up to date."""


def examine_milvus(parts: Parts, snapshot: Snapshot) -> Finding:
    """For settings that name one."""
    try:
        generation = parts.generations.open(None)
    except MilvusError as error:
        return Finding(_CHECK, promise=None, checked=1, unit="Milvus", problems=(str(error),), remedy=_REACH)
    except IndexBroken as error:
        return Finding(_CHECK, promise=None, checked=1, unit="Milvus", problems=(str(error),), remedy=REBUILD)
    if generation is None:
        return Finding(_CHECK, promise=None, checked=1, unit=f"Milvus ({parts.settings.milvus}, nothing published yet)")
    manifest, last = generation.manifest, snapshot.last_passage_id()
    unit = (
        f"Milvus ({generation.place}: commit {manifest.commit:,} of {snapshot.commit:,},"
        f" passages up to {manifest.last_passage_id:,} of {last:,})"
    )
    lacking = last - manifest.last_passage_id
    problems = (f"{lacking:,} passages are newer than what it has",) if lacking > _FAR else ()
    return Finding(_CHECK, promise=None, checked=1, unit=unit, problems=problems, remedy=BEHIND)
