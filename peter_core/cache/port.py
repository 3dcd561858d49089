"""What a tier of the cache does: keep sealed bytes under a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class TierStats:
    """Counters of one tier since its process started; ``bytes`` and ``entries`` are as of now.

    ``rejected`` counts values whose seal did not hold, ``failures`` what the tier could not do
    (a full disk, a lock), ``quarantined`` how often its files were damaged and set aside,
    ``opened`` how often its breaker opened because it was away.
    """

    entries: int = 0
    bytes: int = 0
    hits: int = 0
    misses: int = 0
    rejected: int = 0
    failures: int = 0
    quarantined: int = 0
    opened: int = 0

    @property
    def hit_ratio(self) -> float:
        """Hits of all look-ups, 0 when there were none."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


@dataclass(frozen=True, slots=True)
class CacheStats:
    """The whole cache: a look-up is a hit when any tier had it, a miss when none did.

    ``coalesced`` counts callers who waited for another's computation instead of starting one.
    """

    entries: int
    bytes: int
    hits: int
    misses: int
    coalesced: int
    tiers: dict[str, TierStats] = field(default_factory=dict)

    @property
    def hit_ratio(self) -> float:
        """Hits of all look-ups, 0 when there were none."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


class Cache(Protocol):
    """A tier shared by processes. No method raises: a tier that fails is a tier that misses."""

    def get(self, key: str) -> bytes | None:
        """The value, or ``None``."""
        ...

    def set(self, key: str, value: bytes, *, ttl_s: float, tags: Iterable[str] = ()) -> bool:
        """Keep the value for at most ``ttl_s`` seconds; false when it was not kept."""
        ...

    def delete(self, key: str) -> bool:
        """Forget one value; true when there was one."""
        ...

    def evict(self, *alternatives: Iterable[str]) -> frozenset[str]:
        """Forget every value that has a tag of each of the sets; gives the keys."""
        ...

    def clear(self) -> int:
        """Forget everything; gives how many there were."""
        ...

    def generation(self) -> object:
        """Changes whenever any process replaced or evicted a value."""
        ...

    def stats(self) -> TierStats:
        """Its counters."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...
