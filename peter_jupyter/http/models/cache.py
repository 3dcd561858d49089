"""The cache of results."""

from __future__ import annotations

from peter_jupyter.http.models.shapes import Answer


class Invalidation(Answer):
    """How many cached results were forgotten."""

    deleted: int


class TierCounters(Answer):
    """Counters of one tier since its process started; ``bytes`` and ``entries`` are as of now."""

    entries: int
    bytes: int
    hits: int
    misses: int
    rejected: int
    failures: int
    quarantined: int
    hit_ratio: float


class CacheCounters(Answer):
    """The whole cache; ``coalesced`` callers waited for another's run instead of starting one."""

    entries: int
    bytes: int
    hits: int
    misses: int
    hit_ratio: float
    coalesced: int
    tiers: dict[str, TierCounters]
