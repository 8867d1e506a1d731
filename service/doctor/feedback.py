"""Feedback: its file, its entries, and the citations in them (promise 1)."""

from collections.abc import Iterator, Sequence

from corpus.errors import LibraryError
from corpus.library.snapshot import Snapshot
from service.compose import Parts
from service.core.verify import Verifier
from service.doctor.finding import Finding
from service.doctor.side_files import examine_file
from service.feedback.errors import EntryUnreadable, FeedbackError
from service.feedback.said import id_of, said_in
from service.feedback.store import FEEDBACK, read_feedback
from service.schemas.feedback import CitedIn, FeedbackIn

_RESTORE = "put a copy of the file back, or move it away, which loses what readers said; the articles are not touched"
_TAKE_OUT = "take each out, N being its number: `sqlite3 feedback.sqlite3 'DELETE FROM feedback WHERE number = N'`"
_OTHER_LIBRARY = f"restore the library that the feedback was given on; or {_TAKE_OUT}"

Said = tuple[str, FeedbackIn]
"""An entry's id and what it says."""


def examine_feedback(parts: Parts) -> Iterator[Finding]:
    """Every check; citations are not looked at where the library does not open, which is a finding of its own."""
    home = parts.settings.home
    damage, said, unread = list[str](), list[Said](), list[str]()
    try:
        damage = FEEDBACK.damage(home)
        if not damage:
            said, unread = _read(parts)
    except FeedbackError as error:
        damage = [str(error)]
    absent = "no reader sent any"
    yield from examine_file(FEEDBACK.of(home), damage, of="feedback", absent=absent, remedy=_RESTORE)
    if damage:
        return
    total = len(said) + len(unread)
    yield Finding(
        "feedback can be exported",
        promise=None,
        checked=total,
        unit="entries",
        problems=tuple(unread),
        remedy=_TAKE_OUT,
    )
    try:
        with parts.library.snapshot() as snapshot:
            yield _citations(said, snapshot)
    except LibraryError:
        return


def _read(parts: Parts) -> tuple[list[Said], list[str]]:
    """What readers said, and what is wrong with entries that say nothing."""
    said, unread = list[Said](), list[str]()
    for entry in read_feedback(parts.settings.home):
        try:
            said.append((id_of(entry.number), said_in(entry)))
        except EntryUnreadable as error:
            unread.append(str(error))
    return said, unread


def _citations(said: Sequence[Said], snapshot: Snapshot) -> Finding:
    checked, wrong, verifier = 0, list[str](), Verifier(snapshot)
    for name, one in said:
        for cited in _cited(one):
            checked += 1
            verdict = verifier.verify(
                cited.article_id,
                revision=cited.revision,
                start=cited.start,
                end=cited.end,
                quote=cited.quote,
            )
            if not verdict.valid:
                wrong.append(f"{name}: {cited.article_id} {cited.start}:{cited.end}: {verdict.reason}")
    return Finding(
        "every citation in feedback is exact",
        promise=1,
        checked=checked,
        unit="citations",
        problems=tuple(wrong),
        remedy=_OTHER_LIBRARY,
    )


def _cited(said: FeedbackIn) -> list[CitedIn]:
    return [*said.citations, *(said.correction.evidence if said.correction else ())]
