"""The tier that servers share: sealed bytes in Redis, which may be slow or gone at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.breaker import Breaker
from peter_core.cache.envelope import seal_code
from peter_core.cache.port import TierStats
from peter_core.cache.redis.changes import EVERYTHING, Change, Position, evict_command
from peter_core.cache.redis.link import Away, Link
from peter_core.cache.redis.scripts import ALL_TAG, SET
from peter_core.cache.redis.values import Found, Stored
from peter_core.cache.redis.watch import Watch
from peter_core.cache.redis.wire import wires

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peter_core.cache.redis.changes import Follower
    from peter_core.cache.redis.values import Fence
    from peter_core.cache.redis.wire import Reply

_FIRST_HANDSHAKE_S = 0.5


class RedisCache:
    """Sealed bytes in one Redis; satisfies `Cache`.

    Every operation ends within the budget. Redis slow or gone is a miss, a breaker then spares the
    waiting, and a thread looks for its return. `generation` costs no round trip.

    Parameters
    ----------
    url
        ``redis://``, ``rediss://`` or ``unix://``.
    limit_bytes
        Larger values are not kept: they would not pass within the budget.
    budget_s
        What one operation may take, in seconds.
    namespace
        What all keys begin with. One namespace, one key of the seals.
    follower
        Keeps copies of values that must forget what Redis forgets.

    Raises
    ------
    ConfigError
        When the address is wrong or the library is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        limit_bytes: int = 4 * 2**20,
        budget_s: float = 0.05,
        namespace: str = "peter",
        follower: Follower | None = None,
    ) -> None:
        connect, database = wires(url)
        self.breaker = Breaker()
        self.watch = Watch(
            connect,
            self.breaker,
            follower or _Nobody(),
            namespace=namespace,
            database=database,
            budget_s=budget_s,
        )
        self.link = Link(connect, self.watch.verify, self.breaker, budget_s=budget_s)
        self.watch.link = self.link
        self.head = f"{namespace}:head"
        self._limit_bytes = limit_bytes
        self._hits = self._misses = self._refused = 0
        self.watch.start()
        self.watch.first.wait(_FIRST_HANDSHAKE_S)

    @property
    def away(self) -> bool:
        """Whether nothing is asked of Redis at the moment."""
        return not self.breaker.closed

    def entry_key(self, key: str) -> str:
        """Where the value of a key is."""
        return f"{self.watch.prefix}e:{key}"

    def lease_key(self, key: str) -> str:
        """Where the lease of a key is."""
        return f"{self.watch.prefix}lease:{key}"

    def look_up(self, key: str) -> Found | None:
        """What Redis has under the key; ``None`` when it does not say."""
        epoch = self.watch.epoch
        try:
            (reply,) = self.link.call(("HMGET", self.entry_key(key), "v", "c"))
        except Away:
            return None
        if epoch != self.watch.epoch:
            # The answer may be of an epoch that ended.
            return None
        found = _found(reply)
        if found is None:
            # Of a kind that Peter never writes.
            self._refused += 1
            self.delete(key)
            found = Found()
        if found.value is None:
            self._misses += 1
        else:
            self._hits += 1
        return found

    def get(self, key: str) -> bytes | None:
        """The value, or ``None``."""
        found = self.look_up(key)
        return None if found is None else found.value

    def set(self, key: str, value: bytes, *, ttl_s: float, tags: Iterable[str] = ()) -> bool:
        """Keep the value for at most ``ttl_s`` seconds; false when it was not kept."""
        stored = self.store(key, value, ttl_s=ttl_s, tags=tags)
        return stored is Stored.KEPT and len(value) <= self._limit_bytes

    def store(
        self,
        key: str,
        value: bytes,
        *,
        ttl_s: float,
        tags: Iterable[str] = (),
        fence: Fence | None = None,
    ) -> Stored:
        """Keep the value unless a newer one is there; ``None`` as fence means: newest of all.

        Of a value past the limit only the code of its seal is kept.
        """
        small = value if len(value) <= self._limit_bytes else b""
        epoch = self.watch.epoch
        number: int | str = ""
        if fence is not None:
            number = fence.number if fence.epoch == epoch else 0
        try:
            (reply,) = self.link.call(
                ("EVAL", SET, 1, self.head, epoch, self._prefix(epoch), key, small,
                 seal_code(value), max(1, int(ttl_s * 1000)), number, self.watch.channel,
                 *sorted({*tags, ALL_TAG}))
            )  # fmt: skip
        except Away:
            return Stored.AWAY
        if reply == 1:
            return Stored.KEPT
        if reply == 0:
            return Stored.SUPERSEDED
        # Out of memory, or a new epoch.
        self._refused += 1
        return Stored.AWAY

    def delete(self, key: str) -> bool:
        """Forget one value; true when there was one."""
        return bool(self._forget(Change(key=key)))

    def evict(self, *alternatives: Iterable[str]) -> frozenset[str]:
        """Forget every value that has a tag of each of the sets; gives the keys.

        When Redis is away it is told at its return, before anything is read from it.
        """
        change = Change.of_tags(alternatives)
        if not change.groups or not all(change.groups):
            return frozenset()
        return self._forget(change)

    def clear(self) -> int:
        """Forget everything; gives how many there were."""
        return len(self._forget(EVERYTHING))

    def generation(self) -> object:
        """Changes whenever any server replaced or evicted a value, and when Redis returned."""
        return self.watch.generation

    def evictions(self) -> int:
        """Changes whenever values were forgotten, before the copies forget them and after."""
        return self.watch.evictions

    def stats(self) -> TierStats:
        """Its counters; what a full Redis dropped on its own is still counted as there."""
        entries = size = 0
        try:
            count, total = self.link.call(
                ("ZCARD", f"{self.watch.prefix}t:{ALL_TAG}"),
                ("HGET", f"{self.watch.prefix}sizes", ""),
            )
            entries, size = int(count), int(total or 0)
        except (Away, TypeError, ValueError):
            entries = size = 0
        return TierStats(
            entries=entries,
            bytes=size,
            hits=self._hits,
            misses=self._misses,
            failures=self.breaker.failures + self._refused,
            opened=self.breaker.opened,
        )

    def close(self) -> None:
        """End the thread and close the connections."""
        self.watch.end()
        self.link.reset()

    def _prefix(self, epoch: str) -> str:
        return f"{self.head.removesuffix('head')}{epoch}:"

    def _forget(self, change: Change) -> frozenset[str]:
        watch, epoch = self.watch, self.watch.epoch
        command = evict_command(self.head, epoch, self._prefix(epoch), watch.channel, change)
        try:
            (reply,) = self.link.call(command)
        except Away:
            reply = None
        if not isinstance(reply, list):
            watch.owed.add(change)
            # Handed over by the handshake that follows.
            self.breaker.trip()
            watch.bump_evictions()
            return frozenset()
        watch.bump_evictions()
        return frozenset(key.decode() for key in reply[1:])


class _Nobody:
    """There are no copies beside Redis."""

    def __init__(self) -> None:
        self._position: Position | None = None

    def position(self) -> Position | None:
        return self._position

    def follow(self, change: Change) -> None:
        pass

    def start_over(self) -> None:
        pass

    def reached(self, position: Position) -> None:
        self._position = position


def _found(reply: Reply) -> Found | None:
    match reply:
        case [None, None]:
            return Found()
        case [bytes(value), bytes(code)]:
            return Found(value or None, code)
    return None
