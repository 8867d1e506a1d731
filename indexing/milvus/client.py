"""Milvus's own client, the only module that imports it: every call bounded in time, every error one of ours."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

# read when it is imported: a file `.env` above where it is installed is nobody's setting here
os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")

import grpc
from pymilvus import DataType, Function, FunctionType, MilvusClient, MilvusException
from pymilvus.client.types import LoadState

from indexing.errors import MilvusRefused, MilvusUnavailable
from indexing.milvus.address import Address
from indexing.milvus.described import Described
from indexing.milvus.probing import Probing

# it logs every failure with its traceback; here each is raised, and told once
for _name in ("pymilvus", "pymilvus.milvus_client", "milvus_lite"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

MOST_FOUND = 16_384
"""Milvus's own bound of what one search or query gives."""
_SEALED_SECONDS = 600.0
"""For flushing, which ends when Milvus has done it; only a rebuild waits for that."""
_LOADING_PAUSE_SECONDS = 0.05
"""Between two looks at whether a collection is loaded."""
_NOT_FOUND, _NOT_LOADED = 100, 101
"""Milvus's codes."""
_NO_CONNECTION = 2
"""The client's own code; those that are no numbers are gRPC's, of calls that got no answer either."""

Result = TypeVar("Result")
Row = dict[str, Any]


class CollectionMissing(MilvusRefused):
    """There is no collection of this name."""


class Client:
    """Calls to one engine, from any thread. Connects with the first, and again after Milvus was gone.

    Raises MilvusUnavailable where it does not answer in time and MilvusRefused where it answers with an error.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._probing = Probing()
        self._opened: MilvusClient | None = None

    def create(self, name: str, described: Described) -> None:
        """Makes a collection and loads it."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        for field_name, kind, parameters in described.fields:
            schema.add_field(field_name, DataType[kind], **parameters)
        if described.bm25 is not None:
            words, weights = described.bm25
            schema.add_function(Function("bm25", FunctionType.BM25, [words], [weights]))
        indexes = MilvusClient.prepare_index_params()
        for index in described.indexes:
            indexes.add_index(**index)
        self._called(lambda client: client.create_collection(name, schema=schema, timeout=self._patient))
        # not waited for: there is nothing to be indexed yet
        self._called(lambda client: client.create_index(name, indexes, timeout=self._patient, sync=False))
        self._called(lambda client: self._load(client, name, seconds=self._patient))

    def drop(self, name: str) -> None:
        """Removes a collection; nothing happens if there is none."""
        self._called(lambda client: client.drop_collection(name, timeout=self._seconds))

    def names(self) -> list[str]:
        """Of all collections."""
        return list(self._called(lambda client: client.list_collections(timeout=self._seconds)))

    def load(self, name: str) -> None:
        """Has the collection ready for searching. Raises CollectionMissing.

        Where that takes longer than any other answer may, it raises MilvusUnavailable and Milvus goes on loading,
        which a later call finds done.
        """
        self._called(lambda client: self._load(client, name, seconds=self._seconds))

    def flush(self, name: str) -> None:
        """Has Milvus seal what it holds open, so that it indexes it."""
        self._called(lambda client: client.flush(name, timeout=_SEALED_SECONDS))

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        """Stores rows, each in place of one of the same key."""
        self._called(lambda client: client.upsert(name, list(rows), timeout=self._patient))

    def delete(self, name: str, ids: Sequence[int]) -> None:
        """Takes rows out; those that are not there are no error."""
        self._called(lambda client: client.delete(name, ids=list(ids), timeout=self._patient))

    def ids(self, name: str, expression: str) -> list[int]:
        """The keys of at most MOST_FOUND rows that meet an expression, as of now."""
        fields = ["passage_id"]
        return [int(row["passage_id"]) for row in self.query(name, expression, fields, strong=True, limit=MOST_FOUND)]

    def query(
        self, name: str, expression: str, fields: Sequence[str], *, strong: bool, limit: int | None = None
    ) -> list[Row]:
        """These fields of rows that meet an expression, in no order."""
        some = {} if limit is None else {"limit": limit}
        found = self._loaded(
            name,
            lambda client: client.query(
                name,
                filter=expression,
                output_fields=list(fields),
                timeout=self._seconds,
                consistency_level=_level(strong=strong),
                **some,
            ),
        )
        return [dict(row) for row in found]

    def search(
        self,
        name: str,
        data: object,
        *,
        on: str,
        expression: str,
        k: int,
        parameters: dict[str, Any],
        fields: Sequence[str] = (),
        strong: bool,
    ) -> list[Row]:
        """The k best rows for a vector or text by the index of one field, each with `id`, `distance` and `entity`."""
        found = self._loaded(
            name,
            lambda client: client.search(
                name,
                data=[data],
                anns_field=on,
                filter=expression,
                limit=min(k, MOST_FOUND),
                output_fields=list(fields) or [],
                search_params=parameters,
                timeout=self._seconds,
                consistency_level=_level(strong=strong),
            ),
        )
        return [dict(hit) for hit in found[0]]

    def close(self) -> None:
        """Ends the connection."""
        with self._lock:
            if self._opened is not None:
                with suppress(MilvusException, grpc.RpcError):
                    self._opened.close()
                self._opened = None

    @property
    def _seconds(self) -> float:
        return self.address.timeout_seconds

    @property
    def _patient(self) -> float:
        """For calls that nobody's question waits for."""
        return max(60.0, self._seconds)

    def _loaded(self, name: str, call: Callable[[MilvusClient], Result]) -> Result:
        """What the call gives; a collection that Milvus has let go of, as Lite does when it starts, is loaded."""
        try:
            return self._called(call)
        except _NotLoaded:
            self.load(name)
            return self._called(call)

    def _load(self, client: MilvusClient, name: str, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        # not waited for by the client, which ends that with what reads as a refusal
        client.load_collection(name, timeout=seconds, _async=True)
        while client.get_load_state(name, timeout=self._seconds)["state"] != LoadState.Loaded:
            if time.monotonic() >= deadline:
                raise self._unanswered(f"it is still loading {name}")
            time.sleep(_LOADING_PAUSE_SECONDS)

    def _called(self, call: Callable[[MilvusClient], Result]) -> Result:
        with self._probing.turn(), self._translated():
            return call(self._client())

    def _client(self) -> MilvusClient:
        with self._lock:
            if self._opened is None:
                address = self.address
                try:
                    self._opened = MilvusClient(
                        address.uri, token=address.token or "", timeout=address.timeout_seconds, dedicated=True
                    )
                except MilvusException as error:
                    if not address.own_process:
                        raise
                    reason = f"{_one_line(error.message)} (by milvus-lite, for one process at a time)"
                    raise self._unanswered(reason) from error
            return self._opened

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
            self._probing.answered()
        except MilvusException as error:
            # whatever it says, it is there, unless it turns out below that it is not
            self._probing.answered()
            reason = _one_line(error.message)
            if error.code == _NOT_FOUND:
                raise CollectionMissing(self.address.uri, reason) from error
            if error.code == _NOT_LOADED:
                raise _NotLoaded(self.address.uri, reason) from error
            if not isinstance(error.code, int) or error.code == _NO_CONNECTION:
                raise self._unanswered(reason) from error
            raise MilvusRefused(self.address.uri, reason) from error
        except grpc.RpcError as error:
            code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.DEADLINE_EXCEEDED
            late = code is grpc.StatusCode.DEADLINE_EXCEEDED
            raise self._unanswered("no answer in time" if late else code.name.lower().replace("_", " ")) from error
        except OSError as error:
            raise self._unanswered(_one_line(str(error))) from error

    def _unanswered(self, reason: str) -> MilvusUnavailable:
        return self._probing.unanswered(MilvusUnavailable(self.address.uri, reason))


class _NotLoaded(MilvusRefused):
    """Milvus has a collection that it was not told to load."""


def _level(*, strong: bool) -> str:
    """Milvus's consistency levels: all that was written before, or all but the last few seconds."""
    return "Strong" if strong else "Bounded"


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:300]
