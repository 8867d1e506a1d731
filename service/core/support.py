"""Whether a passage bears out a sentence that was written about it."""

import unicodedata
from collections.abc import Callable, Mapping
from itertools import pairwise

import regex

from corpus.article import Span
from corpus.library.records import PassageRow
from indexing.encoders.protocol import PieceEncoder
from indexing.late.maxsim import maxsim
from indexing.late.pieces import Pieces
from indexing.late.question import asked_pieces
from indexing.sentences import sentences
from service.core.grounding import Supported

SUPPORT_THRESHOLD = 0.5
"""MaxSim of a claim of SciFact with the best sentence of an abstract: median .56 for an abstract that speaks of it, .47
for the one among the others with most of its words, .22 for any other (1 in 100 has more than .38)."""
_WORD = regex.compile(r"[^\W_]+")
_NEGATION = regex.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b", regex.IGNORECASE
)
_NUMBERS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90", "dozen": "12", "hundred": "100",
    "thousand": "1000", "million": "1000000", "billion": "1000000000",
}  # fmt: skip
"""Without "one", which is a pronoun as well."""


def bears_out(
    sentence: str,
    row: PassageRow,
    *,
    encoder: PieceEncoder,
    pieces: Mapping[int, Pieces],
    idf: Callable[[str], float],
) -> Supported | None:
    """The sentence of the passage most like what was written, or two in a row; None if they are not like enough.

    Likeness is MaxSim, as in re-ranking, of every word by its rarity. It cannot tell one name or number from another of
    its kind, so those must stand in the passage, its title, its publisher or its date; and it does not see a "not", so
    either both have one or neither has.
    """
    if not told_values(sentence) <= _told_by(row):
        return None
    # passages keep no pieces of stop words, so those are not looked for
    asked = asked_pieces(encoder.encode_question_with_pieces(sentence), sentence, idf=idf).telling()
    spans = sentences(row.text, Span(0, len(row.text)))
    pairs = [Span(first.start, second.end) for first, second in pairwise(spans)]
    held = pieces[row.passage_id]
    for whole in (spans, pairs):
        candidates = [span for span in whole if negated(span.of(row.text)) is negated(sentence)]
        scores = maxsim(asked, [held.within(span) for span in candidates]).tolist()
        best = max(range(len(candidates)), key=scores.__getitem__, default=None)
        if best is not None and scores[best] >= SUPPORT_THRESHOLD:
            return Supported(candidates[best], min(1.0, scores[best]))
    return None


def negated(sentence: str) -> bool:
    """Whether it says "not" in one of its forms."""
    return _NEGATION.search(sentence) is not None


def told_values(sentence: str) -> set[str]:
    """Its numbers, in figures, and the words with a capital after its first: names, days, months."""
    values = set()
    for place, match in enumerate(_WORD.finditer(sentence)):
        word = match.group()
        if any(character.isdigit() for character in word):
            values.add(_plain(word))
        elif word.lower() in _NUMBERS:
            values.add(_NUMBERS[word.lower()])
        elif place and word[0].isupper():
            values.add(_plain(word))
    return values


def _told_by(row: PassageRow) -> set[str]:
    published = "" if row.published_at is None else f"{row.published_at:%-d %B %Y} {row.published_at}"
    text = f"{row.title} {row.text} {row.publisher or ''} {published}"
    words = {_plain(match.group()) for match in _WORD.finditer(text)}
    return words | {_NUMBERS[word] for word in words if word in _NUMBERS}


def _plain(word: str) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(character for character in decomposed if not unicodedata.combining(character))
