"""Reads the YAML front matter of a Markdown file: eight known keys, each checked, all others ignored."""

import re
from dataclasses import dataclass
from datetime import date

import yaml

from corpus.errors import FieldError, UnreadableArticle
from corpus.readers.fields import calendar_date
from corpus.readers.source import Source

MAX_CHARACTERS = 64 * 1024
"""PyYAML's time grows with the square of the length for some input; real front matter has a few hundred characters."""

_FENCE = "---"
_KEY = re.compile(r"[A-Za-z_][\w-]{0,60}:")
_YAML_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?![0-9])")
_TEXT_FIELDS = ("id", "title", "publisher", "author", "url")
_KNOWN = (*_TEXT_FIELDS, "published_at", "date", "published_at_inferred")
_TAG = "tag:yaml.org,2002:"
_KINDS = {"int": "a number", "float": "a number", "bool": "true or false", "timestamp": "a date", "seq": "a list"}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says; None where it says nothing."""

    id: str | None = None
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    url: str | None = None
    published_at: date | None = None
    published_at_inferred: bool = False


def read_front_matter(content: str, *, source: Source) -> tuple[FrontMatter, int]:
    """The front matter between two `---` lines at the very beginning, and where the body starts.

    `date` stands for `published_at` where that is missing. Raises UnreadableArticle, with the line in the file, for
    broken YAML and for a known key that stands twice or has a value of a wrong type.
    """
    block = _block(content, source)
    if block is None:
        return FrontMatter(), 0
    yaml_text, body_start = block
    return _checked(_known_nodes(_compose(yaml_text, source), source), source), body_start


def _block(content: str, source: Source) -> tuple[str, int] | None:
    """The YAML and where the body starts, or None if the file has no front matter."""
    first, newline, rest = content.partition("\n")
    if first.rstrip() != _FENCE or not newline:
        return None
    opened = len(first) + 1
    position = opened
    for line in rest.split("\n"):
        if line.rstrip() == _FENCE:
            if position - opened > MAX_CHARACTERS:
                raise _broken(f"it is longer than {MAX_CHARACTERS} characters", source, 1)
            return content[opened:position], min(position + len(line) + 1, len(content))
        position += len(line) + 1
    if _KEY.match(rest):
        raise _broken("no '---' line closes it", source, 1)
    return None  # a thematic break


def _compose(yaml_text: str, source: Source) -> yaml.Node | None:
    """The YAML as nodes: nothing is constructed, so neither tags nor aliases nor odd numbers can do harm."""
    try:
        return yaml.compose(yaml_text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"it is not valid YAML: {error.problem or error.context}"
        raise _broken(what, source, _line(mark.line) if mark else 1) from error
    except yaml.reader.ReaderError as error:
        line = _line(yaml_text.count("\n", 0, error.position))
        raise _broken(f"it is not valid YAML: {error.reason}", source, line) from error
    except RecursionError as error:
        raise _broken("it is nested too deeply", source, 1) from error


def _known_nodes(root: yaml.Node | None, source: Source) -> dict[str, yaml.Node]:
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise _broken("it is not a mapping of keys to values", source, _line(root.start_mark.line))
    nodes: dict[str, yaml.Node] = {}
    for key, value in root.value:
        if isinstance(key, yaml.ScalarNode) and key.value in _KNOWN:
            if key.value in nodes:
                raise _wrong(key.value, key, "it stands twice", source)
            nodes[key.value] = value
    return nodes


def _checked(nodes: dict[str, yaml.Node], source: Source) -> FrontMatter:
    texts = {name: _text(name, nodes.get(name), source) for name in _TEXT_FIELDS}
    dates = [_date(name, nodes.get(name), source) for name in ("published_at", "date")]
    return FrontMatter(
        **texts,
        published_at=next((found for found in dates if found is not None), None),
        published_at_inferred=_flag("published_at_inferred", nodes.get("published_at_inferred"), source),
    )


def _text(name: str, node: yaml.Node | None, source: Source) -> str | None:
    if node is None or _kind(node) == "null":
        return None
    if not isinstance(node, yaml.ScalarNode) or _kind(node) != "str":
        raise _wrong(name, node, f"it must be text, not {_KINDS.get(_kind(node), 'this')}; quote it", source)
    return str(node.value)


def _flag(name: str, node: yaml.Node | None, source: Source) -> bool:
    if node is None or _kind(node) == "null":
        return False
    if not isinstance(node, yaml.ScalarNode) or _kind(node) != "bool":
        raise _wrong(name, node, "it must be true or false", source)
    return node.value.lower() in {"true", "yes", "on"}


def _date(name: str, node: yaml.Node | None, source: Source) -> date | None:
    if node is None or _kind(node) == "null":
        return None
    if not isinstance(node, yaml.ScalarNode) or _kind(node) not in {"timestamp", "str"}:
        raise _wrong(name, node, "it must be a date like 2018-12-01", source)
    written = _YAML_DATE.match(node.value)
    try:
        if _kind(node) == "timestamp" and written:  # YAML allows 2018-12-1 8:00:00 -5, which is not ISO 8601
            return date(int(written[1]), int(written[2]), int(written[3]))
        return calendar_date(node.value, field=name)
    except FieldError as error:
        raise _wrong(name, node, error.reason, source) from error
    except ValueError as error:
        raise _wrong(name, node, f"'{node.value}' is not a date", source) from error


def _kind(node: yaml.Node) -> str:
    return str(node.tag).removeprefix(_TAG)


def _line(line_of_yaml: int) -> int:
    """The line in the file, from 1, of a line of the YAML, from 0."""
    return line_of_yaml + 2


def _wrong(name: str, node: yaml.Node, reason: str, source: Source) -> UnreadableArticle:
    return UnreadableArticle(reason, source=source.name, line=_line(node.start_mark.line), field=name)


def _broken(reason: str, source: Source, line: int) -> UnreadableArticle:
    return UnreadableArticle(f"front matter: {reason}", source=source.name, line=line)
