"""Splitting an article into passages: spans of whole sentences that fit two bounds at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from corpus.article import Article, Span
from indexing.sentences import sentences, trimmed

_CLAUSE_END = regex.compile(r"[,;:–—)\]”’\"](?=\s)")
_WHITE_SPACE = regex.compile(r"\s+")
_GRAPHEME = regex.compile(r"\X")
_LONGEST_PIECE = 16
"""Code points a token is taken to hold at most when deciding how far to look ahead; longer stretches are cut there."""

CountOne = Callable[[str], int]
CountMany = Callable[[Sequence[str]], list[int]]
Check = Callable[[], None]
"""Raises what ends the work early."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a passage may hold. Raises ValueError for bounds in tokens that no passage can meet."""

    max_tokens: int
    """tiktoken `o200k_base` tokens of a passage."""
    overlap_tokens: int
    """At most this many tokens of whole sentences are repeated at the start of the next passage."""
    max_pieces: int
    """The encoder's word pieces of a passage with its title prefix and special tokens."""

    def __post_init__(self) -> None:
        if self.max_tokens < 8:  # noqa: PLR2004 - one grapheme cluster can take that many
            raise ValueError(f"max_tokens: {self.max_tokens} is too few for a passage, 8 is the least")
        if not 0 <= self.overlap_tokens < self.max_tokens:
            raise ValueError(f"overlap_tokens: {self.overlap_tokens} is not between 0 and max_tokens")


class Splitter:
    """Splits articles under fixed limits.

    `count_tokens` counts tiktoken tokens of a text; `count_pieces` counts the encoder's word pieces of the complete
    inputs it will read, which `as_input(title, passage)` makes.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        count_tokens: CountOne,
        count_pieces: CountMany,
        as_input: Callable[[str, str], str],
    ) -> None:
        self.limits = limits
        self._count_tokens = count_tokens
        self._count_pieces = count_pieces
        self._as_input = as_input

    def split(self, article: Article, *, check: Check = lambda: None) -> tuple[Span, ...]:
        """The article's passages in order of the text. What `check` raises, every few passages, ends it early.

        Every character that is neither skipped nor white space is in at least one passage, no passage touches a
        skipped span, begins or ends with white space, or exceeds a limit, and none begins or ends inside a grapheme
        cluster unless that cluster alone exceeds a limit.
        """
        passages: list[Span] = []
        for stretch in _kept(article):
            whole = sentences(article.text, stretch, check=check)
            passages.extend(self._of_whole_sentences(article, whole, check) or self._of_pieces(article, whole, check))
        return tuple(passages)

    def _of_whole_sentences(self, article: Article, whole: list[Span], check: Check) -> list[Span] | None:
        """Passages of nothing but whole sentences; None if one is too long for that.

        Most are not, and to count each by itself, behind the title, takes as long as all the rest.
        """
        known = frozenset(whole)
        passages = list(self._pack(article, whole, known, check))
        # one of several sentences was found to fit when they were joined
        return passages if all(self._fits(article, passage) for passage in passages if passage in known) else None

    def _of_pieces(self, article: Article, whole: list[Span], check: Check) -> Iterator[Span]:
        units = list[Span]()
        for sentence in whole:
            for unit in self._fitting(article, sentence):
                check()
                units.append(unit)
        return self._pack(article, units, frozenset(whole), check)

    def _pack(self, article: Article, units: list[Span], whole: frozenset[Span], check: Check) -> Iterator[Span]:
        """Joins neighbouring units as long as they fit; the next passage repeats the last whole sentences of this."""
        sizes = list[int]()
        for unit in units:
            check()
            sizes.append(self._count_tokens(unit.of(article.text)))
        first = least = 0
        while first < len(units):
            check()
            last = first
            # sizes add up to a good guess only, as tokens may join across a border: the real text decides
            total = sizes[first]
            while last + 1 < len(units) and total + sizes[last + 1] <= self.limits.max_tokens:
                last += 1
                total += sizes[last]
            if last > first and not self._fits(article, Span(units[first].start, units[last].end)):
                ends = [unit.end for unit in units[first + 1 : last + 1]]
                end = self._furthest(article, units[first].start, ends)
                last = first + 1 + ends.index(end) if end in ends else first
                last = max(last, least)
            yield Span(units[first].start, units[last].end)
            if last + 1 == len(units):
                return
            # the next passage fits with one unit more than this one, so it does not lie within it
            first, least = self._overlap(article, units, sizes, whole, first=first, last=last), last + 1

    def _overlap(
        self, article: Article, units: list[Span], sizes: list[int], whole: frozenset[Span], *, first: int, last: int
    ) -> int:
        """The unit the next passage begins with: one of the last few if it then still reaches a new one."""
        begin, end = last + 1, units[last].end
        while begin - 1 > first and units[begin - 1] in whole:
            repeated = article.text[units[begin - 1].start : end]
            if self._count_tokens(repeated) > self.limits.overlap_tokens:
                break
            begin -= 1
        while begin <= last and not (
            sum(sizes[begin : last + 2]) <= self.limits.max_tokens
            and self._fits(article, Span(units[begin].start, units[last + 1].end))
        ):
            begin += 1
        return begin

    def _fits(self, article: Article, span: Span) -> bool:
        if span.end - span.start > self.limits.max_tokens * _LONGEST_PIECE:
            return False
        text = span.of(article.text)
        if self._count_tokens(text) > self.limits.max_tokens:
            return False
        return self._count_pieces([self._as_input(article.title, text)])[0] <= self.limits.max_pieces

    def _fitting(self, article: Article, sentence: Span) -> Iterator[Span]:
        """The sentence itself if it fits, else the longest pieces of it that do, cut at the best places."""
        rest: Span | None = sentence
        while rest is not None and not self._fits(article, rest):
            cut = self._cut(article, rest)
            head = trimmed(article.text, rest.start, cut)
            if head is not None:
                yield head
            rest = trimmed(article.text, cut, rest.end)
        if rest is not None:
            yield rest

    def _cut(self, article: Article, span: Span) -> int:
        """Where to end the first piece: after a clause, else after a word, else after a grapheme cluster."""
        reach = min(span.end, span.start + self.limits.max_tokens * _LONGEST_PIECE)
        window = article.text[span.start : reach]
        start = span.start

        def places(borders: Iterable[int]) -> list[int]:
            return [start + border for border in borders if 0 < border < span.end - start]

        by_word = self._furthest(article, start, places(match.start() for match in _WHITE_SPACE.finditer(window)))
        by_clause = self._furthest(article, start, places(match.end() for match in _CLAUSE_END.finditer(window)))
        # a clause that ends early would leave a scrap of a passage; then the later word border serves better
        if by_clause > start and 2 * (by_clause - start) >= by_word - start:
            return by_clause
        if by_word > start:
            return by_word
        # the last cluster of the window may go on behind it
        clusters = [match.end() for match in _GRAPHEME.finditer(window)][:-1]
        by_grapheme = self._furthest(article, start, places(clusters))
        if by_grapheme > start:
            return by_grapheme
        return max(start + 1, self._furthest(article, start, list(range(start + 1, reach))))

    def _furthest(self, article: Article, start: int, places: list[int]) -> int:
        """The last of the ascending places up to which the text fits, by bisection; `start` if none does."""
        low, high = 0, len(places)
        while low < high:
            middle = (low + high) // 2
            if self._fits(article, Span(start, places[middle])):
                low = middle + 1
            else:
                high = middle
        return places[low - 1] if low else start


def _kept(article: Article) -> Iterator[Span]:
    """The stretches of text between skipped spans."""
    at = 0
    for skip in article.skipped:
        if at < skip.span.start:
            yield Span(at, skip.span.start)
        at = skip.span.end
    if at < len(article.text):
        yield Span(at, len(article.text))
