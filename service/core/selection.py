"""Which sentences make up an answer: the best and the next, one for each part or account, two that contradict."""

from collections.abc import Sequence

import regex

from indexing.lexical.analysis import analyse
from indexing.lexical.questions import question_terms
from service.core.answer_type import Kind, asked_kind
from service.core.extract import Sentence
from service.core.markup import without_links
from service.core.number_words import ONE_TO_TWELVE
from service.core.parts import asks_for_accounts
from service.core.values import Answer, cite

SECOND_SHARE = 0.75
"""Another sentence is cited if its score is at least this share of the best one's: the second best, or for accounts the
best one of each article."""
LATER_SHARE = 0.65
"""The same for a second best sentence that comes later in the passage of the best: it goes on about that, with "he" in
place of a word of the question, and so scores less.

Accepted answer contained and citation precision on dev (`byline eval --split dev`): shipped .56 and .32, SQuAD 2.0 .844
and .46. With .7 for all they would be .56 and .31, .844 and .44; with .8 in place of .75, .56 and .36, .841 and .49."""
MOST_ACCOUNTS = 3
"""A choice: as many as are held beside each other at a glance."""
_LIKE = 0.8
"""A choice: from this share of the best sentence's score on, another one is taken to speak of the same thing."""
_COUNTED = regex.compile(
    # whole numbers only: not the end of 1,200, 10-12 or thirty-two, no year, and not the two of two hundred
    r"(?<!\d[.,])(?<![-–])\b(?!(?:19|20)\d\d\b)"
    rf"(?P<number>\d[\d,.]*|{'|'.join(ONE_TO_TWELVE)})\s+"
    r"(?!(?:hundred|thousand|[mb]illion|dozen)s?\b)(?P<what>\w+(?:\s+\w+)?)",
    regex.IGNORECASE,
)


def answer_of(question: str, ranked: Sequence[Sequence[Sentence]]) -> Answer:
    """The answer from the sentences ranked for each part of the question, best first; there is at least one."""
    if len(ranked) > 1:
        return _cited(_one_each(ranked))
    sentences = ranked[0]
    other = contradicting(question, sentences)
    if other is not None:
        return _cited([sentences[0], other], differ=True)
    if asks_for_accounts(question):
        return _cited(_one_of_each_article(sentences))
    return _cited(_best_and_next(sentences))


def contradicting(question: str, ranked: Sequence[Sentence]) -> Sentence | None:
    """The sentence of another article that gives another number of what the question counts; None if none does."""
    if asked_kind(question) is not Kind.NUMBER:
        return None
    asked = set(question_terms(question))
    best = ranked[0]
    told = _counts(best, asked)
    for other in ranked[1:]:
        if other.score < _LIKE * best.score:
            break
        if other.passage.article_id != best.passage.article_id:
            counts = _counts(other, asked)
            if any(counts[what].isdisjoint(told[what]) for what in counts.keys() & told.keys()):
                return other
    return None


def _counts(sentence: Sentence, asked: set[str]) -> dict[str, set[str]]:
    """By each thing that the question names the numbers the sentence gives of it: {"shot": {"40"}}."""
    found: dict[str, set[str]] = {}
    for match in _COUNTED.finditer(sentence.within.of(sentence.passage.text), overlapped=True):
        number = match["number"].lower().rstrip(",.").replace(",", "")
        for what in set(analyse(match["what"])) & asked:
            found.setdefault(what, set()).add(ONE_TO_TWELVE.get(number, number))
    return found


def _one_each(ranked: Sequence[Sequence[Sentence]]) -> list[Sentence]:
    """The best sentence for each part; one that answers two parts is cited once."""
    return list({sentences[0].place: sentences[0] for sentences in ranked}.values())


def _best_and_next(ranked: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence, and the second best if it is good enough beside it."""
    best = ranked[0]
    return [best, *(other for other in ranked[1:2] if other.score >= _share(best, other) * best.score)]


def _share(best: Sentence, other: Sentence) -> float:
    return LATER_SHARE if _comes_later(best, other) else SECOND_SHARE


def _comes_later(best: Sentence, other: Sentence) -> bool:
    """Whether the other one begins behind the best, in the best one's passage; it may be held by another as well."""
    article, revision, _, end = best.place
    return other.place[:2] == (article, revision) and end <= other.place[2] < best.passage.span.end


def _one_of_each_article(ranked: Sequence[Sentence]) -> list[Sentence]:
    """The best sentence of each article, of three at most, if it is nearly as good as the first."""
    best: dict[str, Sentence] = {}
    for sentence in ranked:
        if sentence.score >= SECOND_SHARE * ranked[0].score:
            best.setdefault(sentence.passage.article_id, sentence)
    return list(best.values())[:MOST_ACCOUNTS]


def _cited(sentences: Sequence[Sentence], *, differ: bool = False) -> Answer:
    citations = tuple(
        cite(sentence.passage, sentence.within, marker=number, score=sentence.score)
        for number, sentence in enumerate(sentences, start=1)
    )
    text = " ".join(f"{without_links(_unmarked(citation.quote))} [{citation.marker}]" for citation in citations)
    return Answer(text=text, citations=citations, differ=differ)


def _unmarked(quote: str) -> str:
    """The quote with its own numbers in brackets, as of a footnote, in round ones: only citations have square ones."""
    return regex.sub(r"\[(\s*\p{N}[^\[\]]*)\]", r"(\1)", quote)
