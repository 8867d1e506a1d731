"""The generations of a library in Milvus: one collection, brought up to date in place, and a record of what it covers.

`python -m indexing.milvus.generations STEP HOME SECONDS` carries one step out, with Milvus's address as JSON over
standard input: it has the token.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

from corpus.library.lock import exclusive
from corpus.library.reading import Library
from indexing.generations.generation import Generation, Version
from indexing.generations.manifest import FOLDER, Manifest
from indexing.generations.other_process import be_other_process, run_in_other_process
from indexing.generations.step import Step
from indexing.milvus.address import Address, Index
from indexing.milvus.client import Client
from indexing.milvus.publishing import flush, mend, publish_whole
from indexing.milvus.record import read_record, read_version
from indexing.milvus.searching import MilvusGeneration, opened

_LOG = logging.getLogger("byline")
_LOCK = "engine.lock"
"""Held while this machine brings Milvus up to date; others may do so at the same time, see `publishing`."""
_LOOK_SECONDS = 2.0
"""Between two looks at what is published."""


class InMilvus:
    """Publishes into Milvus and finds there what was published. `library` gives the one it is for."""

    def __init__(self, address: Address, library: Callable[[], Library]) -> None:
        self._library = library
        self.client = Client(address)
        self._version: Version | None = None
        self._look_at = 0.0
        self._looking = threading.Lock()

    def current(self) -> Version | None:
        """What was known last; a look at Milvus begins beside, if the last one was a while ago."""
        if time.monotonic() >= self._look_at and self._looking.acquire(blocking=False):
            self._look_at = time.monotonic() + _LOOK_SECONDS
            threading.Thread(target=self._look_beside, name="look", daemon=True).start()
        return self._version

    def open(self, former: Generation | None) -> Generation | None:
        """Reads the record; its collection is counted by who compares it with the library."""
        record = read_record(self.client, self._library_id())
        self._seen(None if record is None else record.version)
        if record is None:
            return None
        if isinstance(former, MilvusGeneration) and former.version == record.version:
            return former
        return opened(self.client, record)

    def publish(self, library: Library, *, wait_seconds: float) -> Manifest:
        """Makes a collection anew."""
        with exclusive(library.home / FOLDER, _LOCK, wait_seconds=wait_seconds):
            manifest = publish_whole(self.client, library)
        self._seen(read_version(self.client, manifest.library_id))
        return manifest

    def carry_out(self, step: Step, library: Library, *, wait_seconds: float, in_other_process: bool) -> None:
        """There are no parts to merge; a file of Milvus Lite is opened by this process alone, and no other does it."""
        if step is Step.MERGE:
            return
        address = self.client.address
        if in_other_process and not address.own_process:
            run_in_other_process(__name__, step, library, wait_seconds=wait_seconds, told=json.dumps(asdict(address)))
        else:
            with exclusive(library.home / FOLDER, _LOCK, wait_seconds=wait_seconds):
                if step is Step.FLUSH:
                    flush(self.client, library)
                elif mend(self.client, library) is None:
                    publish_whole(self.client, library, over_others=False)
        self._seen(read_version(self.client, self._library_id()))

    def mended(self, library: Library, *, wait_seconds: float) -> bool:
        """Mends rows that are too many or too few, where the collection is of this library as it is now."""
        with exclusive(library.home / FOLDER, _LOCK, wait_seconds=wait_seconds):
            return mend(self.client, library) is not None

    def close(self) -> None:
        """Ends the connection."""
        self.client.close()

    def _library_id(self) -> str:
        with self._library().snapshot() as snapshot:
            return snapshot.library_id

    def _seen(self, version: Version | None) -> None:
        self._version = version
        self._look_at = time.monotonic() + _LOOK_SECONDS

    def _look_beside(self) -> None:
        try:
            self._seen(read_version(self.client, self._library_id()))
        except Exception as error:  # noqa: BLE001 - nobody waits for the thread; questions meet the error themselves
            _LOG.debug("cannot look at what is published: %s", error)
        finally:
            self._looking.release()


def _carry_out(step: Step, library: Library, *, wait_seconds: float, told: str) -> None:
    raw = json.loads(told)
    generations = InMilvus(Address(**{**raw, "index": Index(raw["index"])}), lambda: library)
    try:
        generations.carry_out(step, library, wait_seconds=wait_seconds, in_other_process=False)
    finally:
        generations.close()


if __name__ == "__main__":
    be_other_process(_carry_out)
