"""A limit of requests in time: a token bucket, kept as the one moment at which it would be full again.

The bucket holds `burst` tokens, gains `per_minute` a minute, and a request takes one. The time at which it is full
tells how many it holds now, so one number is all that processes have to share. This is the generic cell rate algorithm
(ITU-T I.371), which admits exactly what the bucket does.
"""

from dataclasses import dataclass

from service.keys.errors import KeyRefused

MAX_PER_MINUTE = 1_000_000
_MINUTE = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests a minute, `burst` of them at once. `per_minute` 0 sets no limit.

    Raises KeyRefused for numbers that make no limit.
    """

    per_minute: int
    burst: int

    def __post_init__(self) -> None:
        if not 0 <= self.per_minute <= MAX_PER_MINUTE:
            raise KeyRefused("rate", f"it must be from 0, which sets no limit, to {MAX_PER_MINUTE:,} a minute")
        if not 1 <= self.burst <= MAX_PER_MINUTE:
            raise KeyRefused("burst", f"it must be from 1 to {MAX_PER_MINUTE:,}")

    @classmethod
    def of_rate(cls, per_minute: int) -> "Limit":
        """With what ten seconds gain as burst. Raises KeyRefused."""
        return cls(per_minute, max(1, per_minute // 6))

    @property
    def _gap(self) -> int:
        # rounded up, so that no minute admits more
        return -(-_MINUTE // self.per_minute)

    def take(self, full_at: int, *, now: int) -> tuple[int, int]:
        """When the bucket is full after one request at `now`, and how long that has to wait: 0 if it is admitted.

        All are nanoseconds of one clock. A request that has to wait takes no token.
        """
        if self.per_minute == 0:
            return full_at, 0
        # at most an empty bucket, whatever another limit or clock has left
        full_at = min(max(full_at, now), now + self.burst * self._gap)
        wait = full_at - now - (self.burst - 1) * self._gap
        return (full_at, wait) if wait > 0 else (full_at + self._gap, 0)
