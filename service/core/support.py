"""Whether a passage bears out a sentence that was written about it."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise

import regex

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.encoders.protocol import PieceEncoder
from indexing.late.maxsim import maxsim
from indexing.late.pieces import Pieces
from indexing.late.question import AskedPieces, asked_pieces
from indexing.sentences import sentences
from service.core.claims import names_of, negated, numbers_of, stems_of, supposes
from service.core.grounding import Supported

SUPPORT_THRESHOLD = 0.5
"""MaxSim of a claim of SciFact with the best sentence of an abstract: median .56 for an abstract that speaks of it, .47
for the one among the others with most of its words, .22 for any other (1 in 100 has more than .38)."""
_LONGEST_WORD = regex.compile(r"[^\W_]{41,}")
"""No word that anybody writes, and too long for terms."""


class Supporter:
    """Looks for what bears a sentence out. Remembers the sentences it has encoded."""

    def __init__(self, *, encoder: PieceEncoder, pieces: Mapping[int, Pieces], idf: Callable[[str], float]) -> None:
        self._encoder = encoder
        self._pieces = pieces
        self._idf = idf
        self._encoded: dict[str, AskedPieces] = {}

    def __call__(self, sentence: str, row: PassageRow) -> Supported | None:
        """The sentence of the passage most like what was written, or two in a row; None if they are not like enough.

        Likeness is MaxSim, as in re-ranking, of every word by its rarity. It cannot tell a name or a number from
        another of its kind, nor "did" from "did not" or "may", so those are compared by themselves: the numbers with
        the words cited, the names with the whole passage, in which a "he" may stand for one. Its title, publisher and
        date count as well.
        """
        described = _description(row)
        if _LONGEST_WORD.search(sentence) or not names_of(sentence) <= stems_of(f"{described} {row.text}"):
            return None
        undated = sentence if row.published_at is None else _without(row.published_at, sentence)
        spans = sentences(row.text, Span(0, len(row.text)))
        pairs = [Span(first.start, second.end) for first, second in pairwise(spans)]
        for whole in (spans, pairs):
            candidates = [span for span in whole if _claims_no_more(undated, f"{row.title} {span.of(row.text)}")]
            scores = maxsim(self._asked(sentence), [self._pieces[row.passage_id].within(one) for one in candidates])
            if candidates and scores.max() >= SUPPORT_THRESHOLD:
                return Supported(candidates[int(scores.argmax())], min(1.0, float(scores.max())))
        return None

    def _asked(self, sentence: str) -> AskedPieces:
        if sentence not in self._encoded:
            encoded = self._encoder.encode_question_with_pieces(sentence)
            # passages keep no pieces of stop words, so those are not looked for
            self._encoded[sentence] = asked_pieces(encoded, sentence, idf=self._idf).telling()
        return self._encoded[sentence]


def _claims_no_more(sentence: str, cited: str) -> bool:
    return (
        numbers_of(sentence) <= numbers_of(cited)
        and negated(sentence) is negated(cited)
        and supposes(sentence) <= supposes(cited)
    )


def _without(day: date, sentence: str) -> str:
    """The sentence without this day in figures, whose numbers would otherwise be taken for others."""
    forms = (f"{day:%-d %B %Y}", f"{day:%B %-d, %Y}", f"{day:%-d %B}", f"{day:%B %-d}", day.isoformat(), f"{day:%Y}")
    return regex.sub("|".join(map(regex.escape, forms)), " ", sentence)


def _description(row: PassageRow) -> str:
    published = "" if row.published_at is None else f"{row.published_at:%B}"
    return f"{row.title} {row.publisher or ''} {published}"
