"""Laws of the splitter: nothing is lost, nothing exceeds a limit, and no cut falls where it must not."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Skip, SkipReason, Span
from indexing.encoders.protocol import MAX_TITLE_LENGTH, passage_input
from indexing.sentences import sentences
from indexing.splitter import Limits, Splitter
from indexing.tokens import count_tokens
from tests.indexing.samples import LAW, count_pieces
from tests.vocabulary import WORDS

TITLE = "News"
SIGNS = "aB. !?\n\r\t\xa0\u3000'”“)1,;:—😀👨\u200d👩🇰🇷한\u1100\u1161\u0301\u0308\u0600\ufe0f\u0e33é漢=-0"

PROSE = st.lists(
    st.tuples(
        st.lists(
            st.sampled_from([*WORDS, "e\u0301te\u0301", "👨\u200d👩\u200d👧", "Mr.", "x" * 70]), min_size=1, max_size=25
        ),
        st.sampled_from([". ", ".\n", ".\n\n", "! ", "?” ", ", ", " — ", "\n", ".\u0301 "]),
    ),
    min_size=1,
    max_size=14,
).map(lambda parts: "".join(" ".join(words).capitalize() + end for words, end in parts))
NOISE = st.text(st.sampled_from(SIGNS), min_size=1, max_size=200).filter(lambda text: bool(text.strip()))
TEXTS = st.one_of(PROSE, NOISE, st.tuples(PROSE, NOISE).map("".join))
LIMITS = st.tuples(st.integers(8, 60), st.integers(0, 40), st.integers(8, 90)).map(
    lambda drawn: Limits(max_tokens=drawn[0], overlap_tokens=min(drawn[1], drawn[0] - 1), max_pieces=drawn[2])
)


@st.composite
def articles(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> Article:
    text = draw(texts)
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    skipped = tuple(
        Skip(Span(start, end), SkipReason.LINKS) for start, end in zip(borders[::2], borders[1::2], strict=False)
    )
    return Article(id="a", text=text, title=TITLE, skipped=skipped)


def splitter(limits: Limits) -> Splitter:
    return Splitter(limits, count_tokens=count_tokens, count_pieces=count_pieces, as_input=passage_input)


def fits(limits: Limits, text: str) -> bool:
    return count_tokens(text) <= limits.max_tokens and count_pieces([f"{TITLE}\n{text}"])[0] <= limits.max_pieces


def kept_stretches(article: Article) -> list[Span]:
    borders = [0, *(place for skip in article.skipped for place in (skip.span.start, skip.span.end)), len(article.text)]
    return [Span(start, end) for start, end in zip(borders[::2], borders[1::2], strict=True) if start < end]


@LAW
@given(article=articles(), limits=LIMITS)
def test_every_character_neither_skipped_nor_white_space_is_in_a_passage_and_no_passage_touches_a_skip(
    article: Article, limits: Limits
) -> None:
    passages = splitter(limits).split(article)
    covered = {place for span in passages for place in range(span.start, span.end)}
    skipped = {place for skip in article.skipped for place in range(skip.span.start, skip.span.end)}
    wanted = {place for place, sign in enumerate(article.text) if not sign.isspace()} - skipped
    assert wanted <= covered
    assert not covered & skipped


@LAW
@given(article=articles(), limits=LIMITS)
def test_every_passage_keeps_both_limits_and_neither_begins_nor_ends_with_white_space(
    article: Article, limits: Limits
) -> None:
    for span in splitter(limits).split(article):
        assert fits(limits, span.of(article.text))
        assert span.of(article.text) == span.of(article.text).strip()


@LAW
@given(article=articles(), limits=LIMITS)
def test_passages_are_in_order_and_none_is_contained_in_a_neighbour(article: Article, limits: Limits) -> None:
    passages = splitter(limits).split(article)
    for one, following in pairwise(passages):
        assert one.start < following.start
        assert one.end < following.end


@LAW
@given(article=articles(), limits=LIMITS)
def test_the_same_article_is_always_split_the_same(article: Article, limits: Limits) -> None:
    one = splitter(limits)
    assert one.split(article) == one.split(article) == splitter(limits).split(article)


@LAW
@given(article=articles(), limits=LIMITS)
def test_what_a_passage_repeats_of_the_one_before_keeps_the_bound(article: Article, limits: Limits) -> None:
    passages = splitter(limits).split(article)
    for one, following in pairwise(passages):
        if following.start < one.end:
            assert count_tokens(article.text[following.start : one.end]) <= limits.overlap_tokens


@LAW
@given(article=articles(), limits=LIMITS)
def test_what_a_passage_repeats_of_the_one_before_is_whole_sentences(article: Article, limits: Limits) -> None:
    found = [sentence for stretch in kept_stretches(article) for sentence in sentences(article.text, stretch)]
    passages = splitter(limits).split(article)
    for one, following in pairwise(passages):
        if following.start < one.end:
            assert following.start in {sentence.start for sentence in found}
            assert one.end in {sentence.end for sentence in found}


@LAW
@given(article=articles(), limits=LIMITS)
def test_sentences_that_fit_are_never_cut(article: Article, limits: Limits) -> None:
    passages = splitter(limits).split(article)
    for stretch in kept_stretches(article):
        for sentence in sentences(article.text, stretch):
            if fits(limits, sentence.of(article.text)):
                assert any(span.start <= sentence.start and sentence.end <= span.end for span in passages)


def clusters_cut(article: Article, passages: tuple[Span, ...]) -> list[str]:
    """The grapheme clusters that a passage begins or ends inside of.

    Two kinds are left out, as they belong to no word: one that holds white space, from which passages are trimmed (a
    combining mark after a space has nothing to sit on), and one that the border of a skip runs through.
    """
    starts = [match.start() for match in regex.finditer(r"\X", article.text)]
    ends = [*starts[1:], len(article.text)]
    borders = {place for skip in article.skipped for place in (skip.span.start, skip.span.end)}
    cut = []
    for place in {place for span in passages for place in (span.start, span.end)} - borders:
        row = bisect_right(starts, place) - 1
        cluster = article.text[starts[row] : ends[row]]
        touched = any(starts[row] < border < ends[row] for border in borders)
        if starts[row] < place < ends[row] and not touched and not any(sign.isspace() for sign in cluster):
            cut.append(cluster)
    return cut


@LAW
@given(article=articles(), limits=LIMITS)
def test_no_grapheme_cluster_that_fits_is_cut(article: Article, limits: Limits) -> None:
    for cluster in clusters_cut(article, splitter(limits).split(article)):
        assert not fits(limits, cluster), f"{cluster!a} would have fitted"


def test_a_combining_mark_at_the_end_of_the_look_ahead_stays_with_its_letter() -> None:
    limits = Limits(max_tokens=8, overlap_tokens=0, max_pieces=10_000)
    for length in range(100, 140):
        article = Article(id="a", text="=" * length + "\u0301" + "=" * 100, title=TITLE)
        assert clusters_cut(article, splitter(limits).split(article)) == []


def test_a_combining_mark_after_a_full_stop_stays_with_it() -> None:
    article = Article(id="a", text="The harbour closed.\u0301 The harbour reopened.", title=TITLE)
    limits = Limits(max_tokens=8, overlap_tokens=0, max_pieces=60)
    assert clusters_cut(article, splitter(limits).split(article)) == []


@LAW
@given(
    article=articles(PROSE), limits=LIMITS, title=st.text(min_size=1, max_size=400).filter(lambda t: bool(t.strip()))
)
def test_the_title_prefix_counts_towards_the_pieces(article: Article, limits: Limits, title: str) -> None:
    def letters(texts: object) -> list[int]:
        return [len(text) for text in texts]  # type: ignore[attr-defined]  # any sequence of texts

    limits = Limits(limits.max_tokens, limits.overlap_tokens, limits.max_pieces + MAX_TITLE_LENGTH + 2)
    titled = Article(
        id="a", text=article.text, title=title.replace("\x00", "x").encode(errors="ignore").decode() or "x"
    )
    one = Splitter(limits, count_tokens=count_tokens, count_pieces=letters, as_input=passage_input)
    for span in one.split(titled):
        assert len(passage_input(titled.title, span.of(titled.text))) <= limits.max_pieces


def test_a_short_article_is_one_passage() -> None:
    article = Article(id="a", text="  The harbour reopened. Cranes were checked.\n", title=TITLE)
    assert splitter(Limits(160, 40, 256)).split(article) == (Span(2, 44),)


def test_an_article_of_which_everything_is_skipped_has_no_passages() -> None:
    article = Article(id="a", text="Buy now", title=TITLE, skipped=(Skip(Span(0, 7), SkipReason.APPEAL),))
    assert splitter(Limits(160, 40, 256)).split(article) == ()


def test_the_white_space_between_repeated_sentences_counts_towards_the_bound() -> None:
    text = "\n\n\n".join(f"word {number}" for number in range(100))
    passages = splitter(Limits(40, 12, 256)).split(Article(id="a", text=text, title=TITLE))
    for one, following in pairwise(passages):
        assert count_tokens(text[following.start : one.end]) <= 12


def test_a_piece_of_a_sentence_that_was_cut_is_not_repeated() -> None:
    text = "Tide. Harbour, Harbour 👨\u200d👩\u200d👧."
    passages = splitter(Limits(max_tokens=8, overlap_tokens=3, max_pieces=8)).split(
        Article(id="a", text=text, title=TITLE)
    )
    for one, following in pairwise(passages):
        assert one.end <= following.start, "only 'Tide.' is a whole sentence that fits, and it stands first"


def test_neighbouring_passages_repeat_the_last_sentences_of_the_one_before() -> None:
    text = " ".join(f"Sentence number {number} is about the harbour." for number in range(40))
    passages = splitter(Limits(40, 12, 256)).split(Article(id="a", text=text, title=TITLE))
    assert len(passages) > 5
    for one, following in pairwise(passages):
        assert text[following.start : one.end].startswith("Sentence number")
        assert text[following.start : one.end].endswith("harbour.")


def test_no_overlap_is_asked_for_and_none_is_made() -> None:
    text = " ".join(f"Sentence number {number} is about the harbour." for number in range(40))
    passages = splitter(Limits(40, 0, 256)).split(Article(id="a", text=text, title=TITLE))
    for one, following in pairwise(passages):
        assert one.end < following.start


def test_a_sentence_too_long_is_cut_after_a_clause_before_a_word() -> None:
    text = (
        "The council, which had met since the morning, voted against the plan that the minister had proposed, he said"
    )
    cuts = [span.of(text) for span in splitter(Limits(12, 0, 256)).split(Article(id="a", text=text, title=TITLE))]
    assert cuts[0] == "The council, which had met since the morning,"
    assert " ".join(cuts) == text


@pytest.mark.parametrize(("tokens", "overlap"), [(7, 0), (0, 0), (8, 8), (8, -1), (20, 30)])
def test_limits_that_no_passage_can_meet_are_refused(tokens: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="_tokens: "):
        Limits(tokens, overlap, 256)


PATHOLOGICAL = {
    "one word of 200,000 letters": "a" * 200_000,
    "a megabyte of spaces": " " * 1_000_000 + "x",
    "200,000 line breaks": "\n" * 200_000 + "x",
    "20,000 lines of one letter": "x\n" * 20_000,
    "100,000 combining marks": "e" + "\u0301" * 100_000,
    "20,000 joined emoji": "👨\u200d" * 20_000,
    "50,000 full stops": "." * 50_000,
    "30,000 questions": "? " * 30_000,
    "30,000 syllables": "한" * 30_000,
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_pathological_texts_are_split_whole_and_each_of_their_characters_is_counted_a_limited_number_of_times(
    name: str,
) -> None:
    """Work that grows with the square of the length would count each of them thousands of times."""
    text, counted = PATHOLOGICAL[name], 0

    def tokens(some: str) -> int:
        nonlocal counted
        counted += len(some)
        return count_tokens(some)

    def pieces(some: Sequence[str]) -> list[int]:
        nonlocal counted
        counted += sum(map(len, some))
        return count_pieces(some)

    split = Splitter(Limits(160, 40, 256), count_tokens=tokens, count_pieces=pieces, as_input=passage_input).split
    passages = split(Article(id="a", text=text, title="A long title " * 40))
    assert counted < 100 * len(text)
    at = 0
    for span in passages:
        assert text[at : span.start].isspace() or span.start <= at
        at = span.end
    assert not text[at:].strip()


@LAW
@given(article=articles(), limits=LIMITS)
def test_sentences_counted_together_give_the_passages_that_each_counted_by_itself_gives(
    article: Article, limits: Limits
) -> None:
    made = splitter(limits)
    by_itself = list[Span]()
    for stretch in kept_stretches(article):
        by_itself += made._of_pieces(article, sentences(article.text, stretch), lambda: None)
    assert made.split(article) == tuple(by_itself)


def test_of_sentences_that_fit_only_passages_are_counted_in_pieces() -> None:
    counted = list[str]()

    def remembered(texts: Sequence[str]) -> list[int]:
        counted.extend(texts)
        return count_pieces(texts)

    made = Splitter(Limits(40, 0, 200), count_tokens=count_tokens, count_pieces=remembered, as_input=passage_input)
    passages = made.split(Article(id="a", text="The ferry sailed at noon. " * 40, title=TITLE))
    assert len(counted) == len(passages) < 10
