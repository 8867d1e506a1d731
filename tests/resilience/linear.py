"""Whether a regular expression takes time in proportion to the text it searches, judged by how it is written.

Only repetitions without a bound (or with one above a thousand) can take longer. One is harmless where nothing that can
fail comes behind it. Any other one needs something in front that must be there and shares no letter with it, nor with
what stands between: then each run is walked from one place only. And what stands behind it must not repeat the same
letters, unless what must be there in between tells the two apart.
"""

import re
from collections.abc import Iterator, Sequence
from re import _constants as sre
from re import _parser
from typing import Any

_LONG = 1000
_ALPHABET = "".join(map(chr, range(256))) + "“”‘’–—…•é한🌊\u0301"
_ADDED = {r"[\p{Ps}--(]": r"[\[{]", r"\X": ".", "(?<scheme>": "(", "(?<port>": "("}
_PROPERTY = re.compile(r"\\p\{(\w+)\}")
_PROPERTIES = {
    "N": "0-9", "Ps": r"(\[{", "Pe": r")\]}", "Lu": "A-Z", "Lt": "A-Z", "Lo": "한", "P": r"!-/:-@", "S": "$+<=>^`|~"
}  # fmt: skip
_CATEGORIES = {"digit": r"\d", "space": r"\s", "word": r"\w"}

Letters = frozenset[str]
Node = tuple[Any, Any]


def troubles(pattern: str | bytes, flags: int = 0) -> list[str]:
    """What makes it take longer; none if it is linear. Knows what this program writes of `re` and of `regex`."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    kept = flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL)
    tree = _parser.parse(_plain(text), kept)
    judge = _Judge(ignore_case=bool(tree.state.flags & re.IGNORECASE))
    judge.sequence(list(tree), guards=[], anchored=False, fails=False)
    return judge.found


def _plain(pattern: str) -> str:
    """What `regex` adds, in the words of `re`, near enough for which letters it means."""
    for ours, theirs in _ADDED.items():
        pattern = pattern.replace(ours, theirs)
    out, at, first = [], 0, -1  # the last is where a set's first letter stands, -1 outside of sets
    while at < len(pattern):
        letter, length = pattern[at], 2 if pattern[at] == "\\" else 1
        named = _PROPERTY.match(pattern, at)
        if named:
            letters, length = _PROPERTIES[named[1]], len(named[0])
            out.append(f"[{letters}]" if first < 0 else letters)
        elif letter == "[":
            out.append("[" if first < 0 else r"\[")
            first = at + 1 + (pattern[at + 1] == "^") if first < 0 else first
        else:
            first = -1 if letter == "]" and at > first else first
            out.append(pattern[at : at + length])
        at += length
    return "".join(out)


class _Judge:
    def __init__(self, *, ignore_case: bool) -> None:
        self._ignore_case = ignore_case
        self._known: dict[tuple[object, int], Letters] = {}
        self.found: list[str] = []

    def sequence(self, nodes: Sequence[Node], *, guards: list[Letters], anchored: bool, fails: bool) -> None:
        """Judges the repetitions of a sequence.

        `guards` are the letters of what must stand in front of it, and share none with what is in between; `anchored`
        says that it can begin at one place only, and `fails` that something behind it can fail.
        """
        nodes, running = list(_flat(nodes)), frozenset[str]()
        for number, node in enumerate(nodes):
            kind, value = node
            if kind is sre.AT or (kind is sre.ASSERT_NOT and value[0] < 0):
                guards = guards + self._before(node)
                anchored = anchored or value is sre.AT_BEGINNING_STRING
                continue
            can_fail = fails or any(not _may_be_nothing(one) for one in nodes[number + 1 :])
            more: Letters = frozenset()
            for body, repeated in _parts(node):
                if repeated:
                    self._repetition(body, guards, anchored=anchored, can_fail=can_fail, running=running)
                    more = self._letters(body)
                else:
                    self.sequence(body, guards=guards, anchored=anchored, fails=can_fail)
            own = self._letters([node])
            guards = [guard for guard in guards if not guard & own]
            if not _may_be_nothing(node):
                guards, anchored = [*guards, own], False
                running = running if own & running else frozenset()
            running |= more

    def _before(self, node: Node) -> list[Letters]:
        """The letters that can stand before a place, where it says."""
        kind, value = node
        if kind is sre.ASSERT_NOT:
            return [frozenset(_ALPHABET) - self._letters(list(value[1]))]
        if value is sre.AT_BEGINNING:
            return [frozenset("\n")]
        if value is sre.AT_BOUNDARY:
            # a run of letters of words that begins at such a place has another letter before it
            return [frozenset(c for c in _ALPHABET if not _holds((sre.CATEGORY, sre.CATEGORY_WORD), ord(c)))]
        return []

    def _repetition(
        self, body: list[Node], guards: list[Letters], *, anchored: bool, can_fail: bool, running: Letters
    ) -> None:
        letters, shown = self._letters(body), str(body)[:200]
        if can_fail and not anchored and all(guard & letters for guard in guards):
            self.found.append(f"a run can be walked from each of its letters: {shown}")
        if can_fail and running & self._first(body):
            self.found.append(f"two repetitions share letters: {shown}")
        inner = [self._letters(part) for node in _all(body) for part, repeated in _parts(node) if repeated]
        apart = [self._letters([node]) for node in _flat(body) if not _may_be_nothing(node)]
        if any(all(one & each for one in apart) for each in inner):
            self.found.append(f"a repetition in a repetition: {shown}")

    def _first(self, nodes: Sequence[Node]) -> Letters:
        """The letters that it can begin with."""
        found: Letters = frozenset()
        for node in _flat(nodes):
            found |= self._letters([node])
            if not _may_be_nothing(node):
                break
        return found

    def _letters(self, nodes: Sequence[Node]) -> Letters:
        """Every letter that can stand anywhere in it."""
        found: set[str] = set()
        for kind, value in nodes:
            if kind in {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}:
                # the tree stays while it is judged, and so do the places of its parts
                place = kind, id(value)
                if place not in self._known:
                    self._known[place] = frozenset(c for c in _ALPHABET if self._holds((kind, value), c))
                found |= self._known[place]
            elif kind is sre.GROUPREF:
                found |= set(_ALPHABET)
            elif kind not in {sre.ASSERT, sre.ASSERT_NOT, sre.AT}:
                for part, _ in _parts((kind, value)):
                    found |= self._letters(part)
        return frozenset(found)

    def _holds(self, node: Node, letter: str) -> bool:
        cases = {letter, letter.lower(), letter.upper()} if self._ignore_case else {letter}
        return any(_holds(node, ord(c)) for c in cases if len(c) == 1)


def _holds(node: Node, code: int) -> bool:
    kind, value = node
    if kind is sre.ANY:
        return True
    if kind is sre.LITERAL:
        return bool(value == code)
    if kind is sre.NOT_LITERAL:
        return bool(value != code)
    if kind is sre.RANGE:
        low, high = value
        return bool(low <= code <= high)
    if kind is sre.CATEGORY:
        name = str(value).lower().removeprefix("category_")
        return bool(re.match(_CATEGORIES[name.removeprefix("not_")], chr(code))) is not name.startswith("not_")
    items = list(value)
    negated = bool(items) and items[0][0] is sre.NEGATE
    return any(_holds(item, code) for item in items[negated:]) is not negated


def _parts(node: Node) -> Iterator[tuple[list[Node], bool]]:
    """The sequences inside a node, each with whether it is repeated without a bound."""
    kind, value = node
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        _, most, body = value
        yield list(body), most > _LONG
    elif kind is sre.SUBPATTERN:
        yield list(value[-1]), False
    elif kind is sre.ATOMIC_GROUP:
        yield list(value), False
    elif kind is sre.BRANCH:
        for branch in value[1]:
            yield list(branch), False
    elif kind in {sre.ASSERT, sre.ASSERT_NOT}:
        yield list(value[1]), False


def _flat(nodes: Sequence[Node]) -> Iterator[Node]:
    """The nodes, with groups that only hold others taken apart."""
    for kind, value in nodes:
        if kind is sre.SUBPATTERN:
            yield from _flat(list(value[-1]))
        else:
            yield kind, value


def _all(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for body, _ in _parts(node):
            yield from _all(body)


def _may_be_nothing(node: Node) -> bool:
    kind, value = node
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        return value[0] == 0 or all(map(_may_be_nothing, value[2]))
    if kind is sre.SUBPATTERN:
        return all(map(_may_be_nothing, value[-1]))
    if kind is sre.BRANCH:
        return any(all(map(_may_be_nothing, branch)) for branch in value[1])
    return kind in {sre.ASSERT, sre.ASSERT_NOT}
