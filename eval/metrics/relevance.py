"""When a passage is relevant, and the judgements (qrels) that follow from evidence spans."""

from collections.abc import Iterable, Mapping, Sequence

from corpus.library.reading import Library
from eval.questions.values import Gold, Judged
from eval.systems.protocol import Returned

Qrels = Mapping[str, Mapping[str, int]]
"""For each question the grade of each document or passage."""


def shared(passage: Returned, gold: Gold) -> int:
    """Code points of the evidence span that the passage holds; 0 for another article or revision of it."""
    if passage.article != gold.article or passage.span is None or passage.revision not in {"", gold.revision}:
        return 0
    return passage.span.overlap(gold.span)


def covers(passage: Returned, gold: Gold) -> bool:
    """Whether the passage holds at least half of the evidence span."""
    return 2 * shared(passage, gold) >= gold.span.end - gold.span.start


def article_qrels(judged: Iterable[Judged]) -> Qrels:
    """Articles with evidence, for each answerable question."""
    return {item.question.id: {gold.article: 1 for gold in item.gold} for item in judged if item.gold}


def passage_qrels(judged: Sequence[Judged], library: Library, *, returned: Mapping[str, Sequence[Returned]]) -> Qrels:
    """Relevant passages for each answerable question: those of the library, or, for a run that splits the articles
    otherwise, those that the run itself returned (`returned`).

    Evidence that no passage covers is judged relevant by itself: nothing returned can have its key, so it is missed
    and not forgotten.
    """
    wanted = sorted({gold.article for item in judged for gold in item.gold})
    passages: dict[str, list[Returned]] = {}
    with library.snapshot() as snapshot:
        for article in wanted:
            rows = snapshot.passages_of(article)
            passages[article] = [Returned(row.article_id, row.span, 0.0, row.revision) for row in rows]
    own = {passage.key for rows in passages.values() for passage in rows}
    foreign = any(
        one.span is not None and one.article in passages and one.key not in own
        for ranking in returned.values()
        for one in ranking
    )
    qrels: dict[str, dict[str, int]] = {}
    for item in judged:
        grades: dict[str, int] = {}
        for gold in item.gold:
            known = returned.get(item.question.id, ()) if foreign else passages[gold.article]
            found = {passage.key: 1 for passage in known if covers(passage, gold)}
            missed = {f"{gold.article}@{gold.span.start}-{gold.span.end}!": 1}
            grades.update(found or missed)
        if grades:
            qrels[item.question.id] = grades
    return qrels


def by_article(passages: Iterable[Returned]) -> list[Returned]:
    """The articles of ranked passages, each with its best passage's score, best first."""
    best: dict[str, Returned] = {}
    for passage in passages:
        if passage.article not in best or passage.score > best[passage.article].score:
            best[passage.article] = Returned(passage.article, None, passage.score, passage.revision)
    return sorted(best.values(), key=lambda found: -found.score)
