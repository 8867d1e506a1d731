"""Bytes that are looked at before they are taken, and may be put back."""

from collections.abc import Callable

_CHUNK_BYTES = 64 * 1024


class Rewinding:
    """What `read` gives, at most so many bytes at a call and none at the end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._held = bytearray()
        self.offset = 0
        """Bytes taken."""

    def peek(self, most: int) -> bytes:
        """What comes next; less than asked for at the end only."""
        self._fill(most)
        return bytes(self._held[:most])

    def take(self, most: int) -> bytes:
        """The same, which is then gone."""
        taken = self.peek(most)
        self._drop(len(taken))
        return taken

    def put_back(self, taken: bytes) -> None:
        """The bytes taken last come next again."""
        self._held[:0] = taken
        self.offset -= len(taken)

    def find(self, pattern: bytes) -> bool:
        """Goes on to where the pattern stands next; if it does not, to the end."""
        while (at := self._held.find(pattern)) < 0:
            self._drop(max(len(self._held) - len(pattern) + 1, 0))
            held = len(self._held)
            self._fill(held + _CHUNK_BYTES)
            if len(self._held) == held:
                self._drop(held)
                return False
        self._drop(at)
        return True

    def skip_blank(self) -> bool:
        """Goes on to the next byte that is no line end. False at the end."""
        while self._fill(1):
            blank = len(self._held) - len(self._held.lstrip(b"\r\n"))
            self._drop(blank)
            if self._held:
                return True
        return False

    def _fill(self, least: int) -> bool:
        while len(self._held) < least:
            more = self._read(max(least - len(self._held), _CHUNK_BYTES))
            if not more:
                break
            self._held += more
        return bool(self._held)

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self.offset += count
