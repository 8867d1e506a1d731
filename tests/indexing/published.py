"""A library of which an engine has the indexes, and clients to whom something happens on the way."""

from collections.abc import Callable, Sequence

from indexing.milvus.address import Address
from indexing.milvus.client import Client, Row
from indexing.milvus.expressions import ID
from indexing.milvus.generations import InMilvus
from indexing.milvus.record import Record, read_record
from indexing.searching import SearchIndex
from tests.indexing.samples import ALL, Shelf


class Engine:
    """A library of which an engine has the indexes."""

    def __init__(self, shelf: Shelf, address: Address) -> None:
        self.shelf = shelf
        self.library = shelf.library
        self.generations = InMilvus(address, lambda: shelf.library)
        self.client = self.generations.client

    def index(self) -> SearchIndex:
        return SearchIndex(self.library, identity=self.shelf.identity, generations=self.generations)

    def publish(self) -> None:
        self.generations.publish(self.library, wait_seconds=5)

    def record(self) -> Record:
        with self.library.snapshot() as snapshot:
            found = read_record(self.client, snapshot.library_id)
        assert found is not None
        return found

    def rows(self) -> set[int]:
        return set(self.client.ids(self.record().collection, f"{ID} >= 0"))

    def live(self) -> set[int]:
        with self.library.snapshot() as snapshot:
            return set(snapshot.searchable(after=0, until=ALL).tolist())

    def adopted(self, index: SearchIndex) -> None:
        """What another process published, seen now and not in two seconds."""
        self.generations.open(None)
        index.adopt()


class Failing(Client):
    """Breaks off at the nth change of rows, as a process that is killed does."""

    def __init__(self, address: Address, *, after: int) -> None:
        super().__init__(address)
        self._left = after

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        self._count()
        super().upsert(name, rows)

    def delete(self, name: str, ids: Sequence[int]) -> None:
        self._count()
        super().delete(name, ids)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt


class Listing(Client):
    """Tells which passages are stored and taken out."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.stored = list[int]()
        self.taken_out = list[int]()

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        self.stored += [row[ID] for row in rows if ID in row]
        super().upsert(name, rows)

    def delete(self, name: str, ids: Sequence[int]) -> None:
        self.taken_out += ids
        super().delete(name, ids)


class Meanwhile(Client):
    """Lets something happen before the first rows are stored: after they were read from the library."""

    def __init__(self, address: Address, happen: Callable[[], object]) -> None:
        super().__init__(address)
        self._happen: Callable[[], object] | None = happen

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        happen, self._happen = self._happen, None
        if happen is not None:
            happen()
        super().upsert(name, rows)


class Late(Client):
    """Lets something happen before the first rows are read: what that publishes is found by who began before it."""

    def __init__(self, address: Address, happen: Callable[[], object]) -> None:
        super().__init__(address)
        self._happen: Callable[[], object] | None = happen

    def query(
        self, name: str, expression: str, fields: Sequence[str], *, strong: bool, limit: int | None = None
    ) -> list[Row]:
        happen, self._happen = self._happen, None
        if happen is not None:
            happen()
        return super().query(name, expression, fields, strong=strong, limit=limit)
