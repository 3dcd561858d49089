"""Redis over the local disk: one word when Redis answers, copies when it does not.

While Redis answers its word is final, also that it has nothing. The disk has copies of what this
server wrote and read, and forgets what Redis forgets (`DiskCopies`), so that it can stand in. A
copy may be written at the very moment an invalidation is followed; `evictions` moves before and
after that, so a writer who sees it moved takes its copy back.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from peter_core.cache.envelope import seal_code
from peter_core.cache.redis.copies import DiskCopies
from peter_core.cache.redis.values import UNFENCED, Stored
from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from peter_core.cache.disk import DiskCache
    from peter_core.cache.port import TierStats
    from peter_core.cache.redis import RedisCache
    from peter_core.cache.redis.values import Fence, Found

_KNOWN_COPIES = 10_000


class LayeredCache:
    """Redis and the disk that stands in for it; satisfies `Cache`."""

    def __init__(self, redis: RedisCache, disk: DiskCache) -> None:
        self.redis = redis
        self.disk = disk
        self._copied: OrderedDict[str, bytes] = OrderedDict()
        self._unsent: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._disk_generation: object = None
        redis.breaker.on_open = self._remember_disk

    def get(self, key: str) -> bytes | None:
        """The value, or ``None``."""
        found = self.redis.look_up(key)
        if found is None:
            return self.disk.get(key)
        if found.code is None and key in self._unsent:
            return self._deliver(key)
        return self._of(key, found)

    def shared(self, key: str) -> bytes | None:
        """The value that Redis knows of at this moment, ``None`` also when it is away."""
        found = self.redis.look_up(key)
        return None if found is None else self._of(key, found)

    def copy(self, key: str, value: bytes, *, ttl_s: float, tags: Iterable[str], seen: int) -> None:
        """Keep a copy of what `get` gave, for the time when Redis is away.

        Parameters
        ----------
        seen
            What `evictions` said before the `get`.
        """
        if self._copied.get(key) != seal_code(value):
            self._write_copy(key, value, ttl_s=ttl_s, tags=tags, seen=seen)

    def set(self, key: str, value: bytes, *, ttl_s: float, tags: Iterable[str] = ()) -> bool:
        """Keep the value for at most ``ttl_s`` seconds; false when it was not kept."""
        return self.keep(key, value, ttl_s=ttl_s, tags=tags)

    def keep(
        self,
        key: str,
        value: bytes,
        *,
        ttl_s: float,
        tags: Iterable[str] = (),
        fence: Fence | None = None,
    ) -> bool:
        """Keep the value unless Redis knows a newer one; on the disk also when Redis is away.

        ``None`` as fence means: newest of all. False when something stands against the value.
        """
        names = tuple(tags)
        seen = self.redis.evictions()
        stored = self.redis.store(key, value, ttl_s=ttl_s, tags=names, fence=fence)
        if stored is Stored.SUPERSEDED:
            return False
        self._write_copy(key, value, ttl_s=ttl_s, tags=names, seen=seen)
        if stored is Stored.AWAY and len(self._unsent) < _KNOWN_COPIES:
            self._unsent[key] = (ttl_s, names)
        return True

    def delete(self, key: str) -> bool:
        """Forget one value; true when there was one."""
        self._copied.pop(key, None)
        there = self.redis.delete(key)
        return self.disk.delete(key) or there

    def evict(self, *alternatives: Iterable[str]) -> frozenset[str]:
        """Forget every value that has a tag of each of the sets; gives the keys."""
        groups = tuple(tuple(choice) for choice in alternatives)
        keys = self.redis.evict(*groups)
        return keys | self.disk.evict(*groups)

    def clear(self) -> int:
        """Forget everything; gives how many there were."""
        self._copied.clear()
        self._unsent.clear()
        return max(self.redis.clear(), self.disk.clear())

    def generation(self) -> object:
        """Changes whenever any server replaced or evicted a value. Costs no round trip.

        While Redis is away the processes of this folder go on telling one another by the disk.
        """
        if not self.redis.away:
            return self.redis.generation()
        now = self.disk.generation()
        # What memory holds goes on counting until somebody here changes it.
        same = now == self._disk_generation
        return self.redis.generation() if same else (self.redis.generation(), now)

    def evictions(self) -> int:
        """Changes whenever values were forgotten."""
        return self.redis.evictions()

    def stats(self) -> TierStats:
        """The counters of Redis."""
        return self.redis.stats()

    def disk_stats(self) -> TierStats:
        """The counters of the disk; it is asked only when Redis is away or has no room."""
        return self.disk.stats()

    def close(self) -> None:
        """End the thread, close files and connections."""
        self.redis.close()
        self.disk.close()

    def _deliver(self, key: str) -> bytes | None:
        """What was computed while Redis was away, unless an invalidation stands against it."""
        unsent = self._unsent.pop(key, None)
        value = self.disk.get(key)
        if unsent is None or value is None:
            return None
        ttl_s, tags = unsent
        stored = self.redis.store(key, value, ttl_s=ttl_s, tags=tags, fence=UNFENCED)
        if stored is Stored.SUPERSEDED:
            self.disk.delete(key)
            return None
        if stored is Stored.AWAY:
            self._unsent[key] = unsent
        return value

    def _of(self, key: str, found: Found) -> bytes | None:
        if found.value is not None or found.code is None:
            return found.value
        # Too large for Redis: the copy counts if it is the one that Redis knows of.
        copy = self.disk.get(key)
        return copy if copy is not None and seal_code(copy) == found.code else None

    def _remember_disk(self) -> None:
        self._disk_generation = self.disk.generation()

    def _write_copy(
        self, key: str, value: bytes, *, ttl_s: float, tags: Iterable[str], seen: int
    ) -> None:
        kept = self.disk.set(key, value, ttl_s=ttl_s, tags=tags)
        if self.redis.evictions() != seen:
            self.disk.delete(key)
            return
        if kept:
            self._copied[key] = seal_code(value)
            while len(self._copied) > _KNOWN_COPIES:
                self._copied.popitem(last=False)


def open_layers(url: str, disk: DiskCache, positions: Path) -> LayeredCache:
    """The layers over a disk tier; ``positions`` is where it notes how far it follows Redis.

    Raises
    ------
    ConfigError
        When the address is wrong or the library is not installed.
    """
    try:
        from peter_core.cache.redis import RedisCache
    except ImportError as error:
        raise ConfigError(
            "REDIS_URL is set, but the library for Redis is not installed.",
            hint="Install it: pip install 'peter[redis]'.",
        ) from error
    return LayeredCache(RedisCache(url, follower=DiskCopies(disk, positions)), disk)
