"""The library, its encoder and its indexes, in the order in which one needs the other."""

from collections.abc import Generator, Iterator

from corpus.errors import LibraryError, LibraryMismatch
from corpus.library.snapshot import Snapshot
from indexing.errors import CacheUnusable, DeviceUnusable, EncoderError, IndexBroken
from service.compose import Parts
from service.doctor.encoded import examine_bounds, examine_vectors
from service.doctor.finding import Finding
from service.doctor.indexes import examine_generation, examine_search
from service.doctor.milvus import BEHIND, examine_milvus
from service.doctor.remedies import REBUILD, RESPLIT, RESTORE, SEE_MESSAGE
from service.doctor.texts import examine_texts


def examine_library(parts: Parts) -> Iterator[Finding]:
    """Every check in turn; a check that needs what an earlier one found broken is left out."""
    if not (yield from _examine_stored(parts)):
        return
    try:
        yield Finding(
            "the encoder opens and its files are those exported",
            promise=4,
            checked=1,
            unit=f"encoder, {parts.encoder.identity.name}",
        )
    except (EncoderError, DeviceUnusable, CacheUnusable) as error:
        yield Finding(
            "the encoder opens", promise=4, checked=1, unit="encoder", problems=(str(error),), remedy=SEE_MESSAGE
        )
        return
    if parts.settings.milvus is not None:
        with parts.library.snapshot() as snapshot:
            yield (engine := examine_milvus(parts, snapshot))
        if not engine.sound and engine.remedy != BEHIND:
            return
    try:
        index = parts.index
    except IndexBroken as error:
        yield Finding(
            "the indexes open", promise=3, checked=1, unit="generation", problems=(str(error),), remedy=REBUILD
        )
        return
    except LibraryMismatch as error:
        yield Finding(
            "the indexes open", promise=3, checked=1, unit="library", problems=(str(error),), remedy=SEE_MESSAGE
        )
        return
    with index.reading() as (snapshot, view):
        yield examine_generation(view, live=snapshot.counts().passages)
        yield examine_vectors(parts.encoder, snapshot)
        yield from examine_bounds(parts.encoder, snapshot)
        yield from examine_search(snapshot, view)


def _examine_stored(parts: Parts) -> Generator[Finding, None, bool]:
    """Checks that need nothing but the database; whether the others are worth it."""
    try:
        with parts.library.snapshot() as snapshot:
            damage = snapshot.damage()
            yield Finding(
                "the database is sound",
                promise=None,
                checked=1,
                unit="database",
                problems=tuple(damage),
                remedy=RESTORE,
            )
            if damage:
                return False
            if careless := snapshot.careless():
                yield Finding(
                    "commits survive a power cut",
                    promise=3,
                    checked=1,
                    unit="database",
                    problems=tuple(careless),
                    remedy="set them to on",
                )
            yield (rows := _examine_rows(snapshot))
            if not rows.sound:
                return False
            texts = list(examine_texts(snapshot))
            yield from texts
            if not texts[0].sound:
                return False
            missing = tuple(f"passage {number} has no vector" for number in snapshot.without_vector())
            missing += tuple(f"passage {number} has no word pieces" for number in snapshot.without_pieces())
            counted = snapshot.counts().passages
            yield Finding(
                "every passage has its vector and word pieces",
                promise=3,
                checked=counted,
                unit="passages",
                problems=missing,
                remedy=RESPLIT,
            )
            if missing:
                return False
    except LibraryError as error:
        yield Finding(
            "the library opens", promise=None, checked=1, unit="library", problems=(str(error),), remedy=SEE_MESSAGE
        )
        return False
    return True


def _examine_rows(snapshot: Snapshot) -> Finding:
    """Every row has the checksum of what was written to it."""
    damaged = tuple(snapshot.damaged_rows())
    encoded = all(" vector of " in one or " word pieces of " in one for one in damaged)
    counts = snapshot.counts()
    total = counts.articles + counts.revisions + counts.passages + counts.retired
    return Finding(
        "every row is what was written",
        promise=None,
        checked=total,
        unit="rows",
        problems=damaged,
        remedy=RESPLIT if encoded else RESTORE,
    )
