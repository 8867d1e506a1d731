"""What a disk may hold after a power cut: rebuilt from the record of changes, by what was synced and by chance.

Two models. JOURNALLED is what ext4 and XFS do: changes of names reach the disk in their order, all of them with any
sync; contents only with a sync of their own file. STRICT is what POSIX promises and no more: a name is on disk only
once the folder that holds it was synced, whatever came before or after; contents as above. What was not synced is kept,
dropped or, for contents, torn into sectors, at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random

SECTOR = 512
"""Bytes that a disk writes whole."""


class Model(Enum):
    """Which changes of names may be lost."""

    JOURNALLED = "journalled"
    STRICT = "strict"


@dataclass(eq=False, slots=True)
class Node:
    """A file or folder, whatever names it has."""

    folder: bool
    entries: "dict[str, Node]" = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of contents or names, and when it was made."""

    number: int
    node: Node
    """Whose contents change, or the folder whose entries do; of a rename, the new one."""


@dataclass(frozen=True, slots=True)
class Written(Change):
    """Bytes at a place."""

    at: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Cut(Change):
    """The file has this length now."""

    length: int


@dataclass(frozen=True, slots=True)
class Named(Change):
    """Entries of the folder, and for a rename of another as well, are set, or taken away where there is no node."""

    entries: tuple[tuple[Node, str, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Synced(Change):
    """What was changed of the node before is on disk."""


class Record:
    """The changes of a recorded process, with the nodes that its paths stood for at the time."""

    def __init__(self, base: Path, log: bytes) -> None:
        """`base` is the folder that was watched, and was empty and on disk at first."""
        self.base = Node(folder=True)
        self.changes: list[Change] = []
        self._at = str(base)
        self._nodes: dict[int, Node] = {base.stat().st_ino: self.base}
        self._read(log)

    def _read(self, log: bytes) -> None:
        at = 0
        while at < len(log):
            end = log.index(b"\n", at)
            number, kind, *rest = log[at:end].decode().split(" ", 2)
            at = end + 1
            told = rest[0] if rest else ""
            if kind == "write":
                inode, place, length = map(int, told.split())
                self.changes.append(Written(int(number), self._nodes[inode], place, log[at : at + length]))
                at += length + 1
                continue
            second = ""
            if kind in {"rename", "link"}:
                end = log.index(b"\n", at)
                second, at = log[at:end].decode(), end + 1
            self._named_or_cut(int(number), kind, told, second)

    def _named_or_cut(self, number: int, kind: str, told: str, second: str) -> None:
        changes = self.changes
        match kind:
            case "create" | "mkdir":
                inode, path = told.split(" ", 1)
                node = self._nodes[int(inode)] = Node(folder=kind == "mkdir")
                changes.append(self._entry(number, path, node))
            case "sync":
                changes.append(Synced(number, self._nodes[int(told)]))
            case "truncate":
                cut, length = map(int, told.split())
                changes.append(Cut(number, self._nodes[cut], length))
            case "unlink":
                changes.append(self._entry(number, told, None))
            case "link":
                changes.append(self._entry(number, second, self._found(told)))
            case "rename":
                node = self._found(told)
                (source,), (target,) = (
                    self._entry(number, told, None).entries,
                    self._entry(number, second, node).entries,
                )
                changes.append(Named(number, target[0], (source, target)))

    def _entry(self, number: int, path: str, node: Node | None) -> Named:
        """Also done at once, to know what later paths stand for."""
        above, _, name = path.rpartition("/")
        folder = self.base if above == self._at else self._found(above)
        if node is None:
            folder.entries.pop(name)
        else:
            folder.entries[name] = node
        return Named(number, folder, ((folder, name, node),))

    def _found(self, path: str) -> Node:
        node = self.base
        for name in path.removeprefix(self._at + "/").split("/"):
            node = node.entries[name]
        return node


def state(record: Record, *, until: int, model: Model, random: Random | None) -> Node:
    """The folder as the disk may have it when the power goes after change `until`.

    Without `random` it is the folder as the system had it, with every change, which a killed process leaves.
    """
    made = [change for change in record.changes if change.number <= until]
    kept = [True] * len(made) if random is None else _kept(made, model, random)
    fresh: dict[int, Node] = {}

    def copy(node: Node) -> Node:
        return fresh.setdefault(id(node), Node(node.folder))

    for change, is_kept in zip(made, kept, strict=True):
        if isinstance(change, Named) and is_kept:
            for folder, name, node in change.entries:
                if node is None:
                    copy(folder).entries.pop(name, None)
                else:
                    copy(folder).entries[name] = copy(node)
        elif isinstance(change, Cut) and is_kept:
            content = copy(change.node).content
            del content[change.length :]
            content.extend(bytes(change.length - len(content)))
        elif isinstance(change, Written):
            sectors = None if is_kept else random
            _write(copy(change.node).content, change, torn=sectors)
    return copy(record.base)


def _kept(made: Sequence[Change], model: Model, random: Random) -> list[bool]:
    """Which changes are whole on disk: those that a later sync covers, and of the rest as chance has it."""
    last_sync = max((at for at, change in enumerate(made) if isinstance(change, Synced)), default=-1)
    # of what the journal holds after the last sync a beginning reaches the disk
    journalled = random.randint(last_sync, len(made))
    share = random.choice((0.0, 0.0, 0.5, 0.9, 1.0))
    synced_later = set[int]()
    kept = [False] * len(made)
    for at in range(len(made) - 1, -1, -1):
        change = made[at]
        if isinstance(change, Synced):
            synced_later.add(id(change.node))
        elif isinstance(change, Named) and model is Model.JOURNALLED:
            kept[at] = at <= journalled
        else:
            kept[at] = id(change.node) in synced_later or random.random() < share
    return kept


def _write(content: bytearray, change: Written, *, torn: Random | None) -> None:
    """Writes all of it, or such sectors of it as chance has it; none at all is likeliest."""
    if torn is None:
        _place(content, change.at, change.content)
        return
    if torn.random() < 0.5:
        return
    end = change.at + len(change.content)
    for begin in range(change.at - change.at % SECTOR, end, SECTOR):
        if torn.random() < 0.5:
            first, last = max(begin, change.at), min(begin + SECTOR, end)
            _place(content, first, change.content[first - change.at : last - change.at])


def _place(content: bytearray, at: int, new: bytes) -> None:
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(new)] = new


def put_on_disk(node: Node, folder: Path) -> None:
    """Makes real files of it. SQLite's shared memory is left out: it is made anew at every start."""
    folder.mkdir(exist_ok=True)
    for name, each in node.entries.items():
        if each.folder:
            put_on_disk(each, folder / name)
        elif not name.endswith("-shm"):
            (folder / name).write_bytes(each.content)
