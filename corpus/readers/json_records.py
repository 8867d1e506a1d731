"""Checks one line of a JSONL file, in our form or in BEIR's, and turns it into an Article."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date

from corpus.article import Article, Skip, SkipReason, Span
from corpus.boilerplate import mark_boilerplate
from corpus.errors import FieldError
from corpus.readers.fields import calendar_date, first_words, make_article, one_line
from corpus.readers.source import Source

_MOST_DIGITS = 1000


def parse_record(line: str) -> dict[str, object]:
    """The JSON object on one line. ValueError says why it is none: also for repeated keys, NaN and deep nesting."""
    try:
        record = json.loads(line, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError(f"it must be a JSON object, not {_kind(record)}")
    return record


def to_article(record: Mapping[str, object], *, source: Source, line: int) -> Article:
    """The article a record describes.

    Raises FieldError for a missing field or a wrong type, UnreadableArticle for a value no article can have.
    """
    if "_id" in record and "id" not in record:
        return _beir_article(record, source, line)
    article_id, text = _required_text(record, "id"), _required_text(record, "text")
    title = one_line(_text(record, "title")) or first_words(text) or article_id
    given = _skips(record, len(text))
    return make_article(
        source,
        line=line,
        id=article_id,
        text=text,
        title=title,
        publisher=_text(record, "publisher"),
        published_at=_date(record),
        published_at_inferred=_flag(record),
        author=_text(record, "author"),
        url=_text(record, "url"),
        skipped=mark_boilerplate(text, title=title) if given is None else given,
    )


def _beir_article(record: Mapping[str, object], source: Source, line: int) -> Article:
    """BEIR's corpora are judged as they are, so nothing in them is skipped."""
    article_id, text = _required_text(record, "_id"), _required_text(record, "text")
    title = one_line(_text(record, "title")) or first_words(text) or article_id
    return make_article(source, line=line, id=article_id, text=text, title=title)


def _required_text(record: Mapping[str, object], name: str) -> str:
    value = _text(record, name)
    if value is None:
        raise FieldError(name, "it is missing")
    return value


def _text(record: Mapping[str, object], name: str) -> str | None:
    value = record.get(name)
    if value is None or isinstance(value, str):
        return value
    raise FieldError(name, f"it must be text, not {_kind(value)}")


def _date(record: Mapping[str, object]) -> date | None:
    value = _text(record, "published_at")
    return None if value is None else calendar_date(value, field="published_at")


def _flag(record: Mapping[str, object]) -> bool:
    value = record.get("published_at_inferred")
    if value is None or isinstance(value, bool):
        return bool(value)
    raise FieldError("published_at_inferred", f"it must be true or false, not {_kind(value)}")


def _skips(record: Mapping[str, object], length: int) -> tuple[Skip, ...] | None:
    """The skipped parts the record names; None if it names none, not even an empty list."""
    value = record.get("skipped")
    if value is None:
        return None
    if not isinstance(value, list):
        raise FieldError("skipped", f"it must be a list, not {_kind(value)}")
    return tuple(_skip(entry, f"skipped[{index}]", length) for index, entry in enumerate(value))


def _skip(entry: object, field: str, length: int) -> Skip:
    if not isinstance(entry, dict):
        raise FieldError(field, f"it must be an object, not {_kind(entry)}")
    start, end = _position(entry, field, "start"), _position(entry, field, "end")
    if not 0 <= start < end <= length:
        raise FieldError(field, f"it must be a part of the text's {length} code points with 0 <= start < end")
    reason = entry.get("reason")
    if not isinstance(reason, str) or reason not in set(SkipReason):
        raise FieldError(f"{field}.reason", f"it must be one of: {', '.join(SkipReason)}")
    return Skip(Span(start, end), SkipReason(reason))


def _position(entry: Mapping[object, object], field: str, name: str) -> int:
    value = entry.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise FieldError(
        f"{field}.{name}", "it is missing" if value is None else f"it must be a whole number, not {_kind(value)}"
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise FieldError(twice, "it stands twice in one object")
    return record


def _whole(digits: str) -> int:
    """The number; its type is all that most of them are looked at for."""
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"it holds a number of {len(digits):,} digits")
    return int(digits)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"it is not valid JSON: {name} is not a JSON number")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
