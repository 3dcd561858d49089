"""The tier in the process: decoded values, the least recently used go first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from peter_core.cache.port import TierStats

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Held(Generic[V]):
    value: V
    size: int
    tags: frozenset[str]
    expires: float


class MemoryCache(Generic[V]):
    """Values under keys, at most ``limit_bytes`` of them together; safe from any thread.

    Parameters
    ----------
    limit_bytes
        Their sizes' sum never passes it; one value may take a quarter of it.
    """

    def __init__(self, limit_bytes: int = 256 * 2**20) -> None:
        self.limit_bytes = limit_bytes
        self._held: OrderedDict[str, _Held[V]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> V | None:
        """The value, or ``None`` when it is unknown or its time is over."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            if held.expires <= time.monotonic():
                self._drop(key)
                return None
            self._held.move_to_end(key)
            return held.value

    def set(
        self, key: str, value: V, *, size: int, ttl_s: float, tags: frozenset[str] = frozenset()
    ) -> bool:
        """Keep the value of ``size`` bytes for at most ``ttl_s`` seconds; false when too large."""
        with self._lock:
            self._drop(key)
            if size > self.limit_bytes // 4:
                return False
            self._held[key] = _Held(value, size, tags, time.monotonic() + ttl_s)
            self._bytes += size
            while self._bytes > self.limit_bytes:
                self._drop(next(iter(self._held)))
            return True

    def delete(self, key: str) -> bool:
        """Forget one value; true when there was one."""
        with self._lock:
            return self._drop(key)

    def evict(self, *alternatives: frozenset[str]) -> frozenset[str]:
        """Forget every value that has a tag of each of the sets; gives the keys."""
        with self._lock:
            keys = frozenset(
                key
                for key, held in self._held.items()
                if all(held.tags & choice for choice in alternatives)
            )
            for key in keys:
                self._drop(key)
            return keys

    def clear(self) -> int:
        """Forget everything; gives how many there were."""
        with self._lock:
            count = len(self._held)
            self._held.clear()
            self._bytes = 0
            return count

    def stats(self) -> TierStats:
        """How many values there are, and their bytes; the looking up is counted by its owner."""
        with self._lock:
            return TierStats(entries=len(self._held), bytes=self._bytes)

    def _drop(self, key: str) -> bool:
        held = self._held.pop(key, None)
        if held is None:
            return False
        self._bytes -= held.size
        return True
