"""What was used of each limit, in memory that all serving processes share.

A table of moments lies in a file without a name, which every process maps; a process that takes from an entry holds a
lock on its bytes, which the kernel frees should it die. So limits hold exactly whichever process answers, and begin
anew when the service is started.
"""

import fcntl
import hashlib
import ipaddress
import mmap
import os
import tempfile
import time
from collections.abc import Callable

from service.keys.key import Key
from service.keys.limit import Limit

_KEYS, _ADDRESSES = 16_384, 8_192
"""Entries; keys and addresses whose numbers meet share one, and with it what is admitted."""
_ENTRY = 8
_SIZE = (_KEYS + _ADDRESSES) * _ENTRY


class Rates:
    """The table. `descriptor` is of another process's; without it this one makes a new one.

    `clock` gives nanoseconds of a clock that all processes share. Raises OSError where there is no room for a file.
    """

    def __init__(self, descriptor: int | None = None, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        if descriptor is None:
            with tempfile.TemporaryFile(buffering=0) as file:
                # written, not only made as long: a disk that is full later would end the process
                file.write(bytes(_SIZE))
                self.descriptor = os.dup(file.fileno())
        else:
            self.descriptor = descriptor
        self._table = mmap.mmap(self.descriptor, _SIZE)
        self._clock = clock

    def take(self, key: Key, limit: Limit) -> float:
        """Takes one request of the key's: seconds until there is one, 0 if it is admitted."""
        return self._take(key.number % _KEYS, limit)

    def take_failure(self, address: str, limit: Limit) -> float:
        """Takes one failure of an address's likewise. An IPv6 address counts as its network of 64 bits."""
        digest = hashlib.blake2b(_network(address), digest_size=8).digest()
        return self._take(_KEYS + int.from_bytes(digest) % _ADDRESSES, limit)

    def _take(self, entry: int, limit: Limit) -> float:
        at = entry * _ENTRY
        fcntl.lockf(self.descriptor, fcntl.LOCK_EX, _ENTRY, at)
        try:
            before = int.from_bytes(self._table[at : at + _ENTRY])
            after, wait = limit.take(before, now=self._clock())
            self._table[at : at + _ENTRY] = after.to_bytes(_ENTRY)
        finally:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, _ENTRY, at)
        return wait / 1e9

    def close(self) -> None:
        """Gives this process's part of the memory back."""
        self._table.close()
        os.close(self.descriptor)


def _network(address: str) -> bytes:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address.encode(errors="replace")
    if isinstance(found, ipaddress.IPv4Address):
        return found.packed
    return found.ipv4_mapped.packed if found.ipv4_mapped else found.packed[:8]
