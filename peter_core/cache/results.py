"""The cache of results: decoded entries in memory over sealed bytes that processes share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from peter_core.cache.entries import Entry, decode, encode
from peter_core.cache.envelope import KEY_BYTES, Envelope, seal_code, server_key
from peter_core.cache.flight import SingleFlight
from peter_core.cache.memory import MemoryCache
from peter_core.cache.port import Cache, CacheStats, TierStats
from peter_core.errors import ConfigError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from peter_core.cache.layered import LayeredCache
    from peter_core.cache.redis.values import Fence
    from peter_core.cache.servers import ServerFlight
    from peter_core.engine.port import CancelToken

__all__ = ["RETENTION_S", "CacheStats", "ResultCache"]

RETENTION_S = 7 * 86400
"""Seconds an entry is kept: far past its ttl, to be shown as stale when a refresh fails."""


@dataclass(slots=True)
class _Held:
    """An entry in memory, the code of its seal, and the generation it was last known good in."""

    entry: Entry
    code: bytes
    generation: object


class ResultCache:
    """Results by key, in tiers; safe from any thread, any number of processes and servers.

    An entry is found in memory only while nobody replaced or evicted anything since it was last
    compared with the shared tier; comparing costs one read.

    Parameters
    ----------
    memory
        The tier of this process.
    shared
        The tier that processes share, ``None`` for none.
    envelope
        Seals what goes to the shared tier.
    layers
        The shared tier again, when servers share it by Redis.
    """

    def __init__(
        self,
        memory: MemoryCache[_Held],
        shared: Cache | None,
        envelope: Envelope,
        *,
        layers: LayeredCache | None = None,
        retention_s: float = RETENTION_S,
    ) -> None:
        self._memory = memory
        self._shared = shared
        self._layers = layers
        self._envelope = envelope
        self._retention_s = retention_s
        self._memory_hits = self._shared_hits = self._misses = 0
        self._servers = _server_flight(layers) if layers is not None else None
        self.flight: SingleFlight[Entry] = SingleFlight()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        memory_bytes: int = 256 * 2**20,
        disk_bytes: int = 2 * 2**30,
        redis_url: str | None = None,
        key: bytes | None = None,
    ) -> ResultCache:
        """The cache of a folder, and of every server with the same Redis.

        Parameters
        ----------
        key
            Seals the values, at least 32 bytes; without one the file ``cache.key`` of the folder
            has it. With Redis it must be given, the same to every server.

        Raises
        ------
        ConfigError
            When the key file can neither be read nor made, the key is missing or too short, or
            the address of Redis is wrong.
        """
        from peter_core.cache.disk import DiskCache

        envelope = Envelope(_usable(key) if key is not None else _key_of(folder, redis_url))
        disk = DiskCache(folder / "cache", limit_bytes=disk_bytes)
        if redis_url is None:
            return cls(MemoryCache(memory_bytes), disk, envelope)
        from peter_core.cache.layered import open_layers

        layers = open_layers(redis_url, disk, folder / "cache" / "redis.json")
        return cls(MemoryCache(memory_bytes), layers, envelope, layers=layers)

    def get(self, key: str) -> Entry | None:
        """The entry, however old; `freshness.judge` says what it is worth. ``None`` for none."""
        generation = self._shared.generation() if self._shared else None
        held = self._memory.get(key)
        if held is not None and held.generation == generation:
            self._memory_hits += 1
            return held.entry
        entry = self._from_shared(key, held, generation)
        if entry is None:
            self._misses += 1
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep the entry under the key, in place of the one that was there."""
        self._put(key, entry, None)

    def compute(
        self,
        key: str,
        compute: Callable[[CancelToken], Entry],
        *,
        cancel: CancelToken | None = None,
        timeout_s: float | None = None,
        accept: Callable[[Entry], bool] | None = None,
    ) -> Entry:
        """The entry of ``compute``, which is kept; equal computations of all servers are one.

        Parameters
        ----------
        compute
            Gets the token that tells it to stop.
        cancel
            This caller's own wish to stop waiting.
        timeout_s
            How long this caller waits, in seconds.
        accept
            Says of an entry that somebody kept since the caller looked, whether it will do.

        Raises
        ------
        QueryCancelled
            This caller was cancelled.
        QueryTimeout
            This caller's time is over.
        BaseException
            Whatever ``compute`` raised.
        """

        def run(token: CancelToken, fence: Fence | None) -> Entry:
            entry = compute(token)
            self._put(key, entry, fence)
            return entry

        def kept_since(fence: Fence | None) -> Entry | None:
            if fence is None and accept is None:
                return None
            entry = self._peek(key)
            return entry if entry and (fence or (accept and accept(entry))) else None

        def fly(token: CancelToken) -> Entry:
            if self._servers is not None:
                entry, _ = self._servers.do(key, run, kept_since, cancel=token, timeout_s=timeout_s)
                return entry
            return kept_since(None) or run(token, None)

        return self.flight.do(key, fly, cancel=cancel, timeout_s=timeout_s)

    def note(self, key: str) -> bytes | None:
        """What `keep_note` kept under the key; no look-up of a result."""
        sealed = self._shared.get(key) if self._shared else None
        return None if sealed is None else self._envelope.open_sealed(sealed, key=key)

    def keep_note(self, key: str, payload: bytes) -> None:
        """Keep a few bytes beside the results, as long and as widely shared as they are."""
        if self._shared is not None:
            sealed = self._envelope.seal(payload, key=key)
            self._shared.set(key, sealed, ttl_s=self._retention_s)

    def delete(self, key: str) -> bool:
        """Forget one entry; true when there was one."""
        in_memory = self._memory.delete(key)
        return self._shared.delete(key) if self._shared else in_memory

    def invalidate(
        self,
        *,
        table: str | None = None,
        fingerprint: str | None = None,
        fingerprints: Iterable[str] | None = None,
    ) -> int:
        """Forget every entry that meets all of what is given; gives how many there were.

        Parameters
        ----------
        table
            A table id, ``project.dataset.table``, that the result was read from.
        fingerprint, fingerprints
            Of one statement, or of any of several (those of a dashboard).

        Raises
        ------
        InvalidRequest
            When nothing is given: that is `clear`.
        """
        groups: list[frozenset[str]] = []
        if table is not None:
            groups.append(frozenset({_table_tag(table)}))
        if fingerprint is not None:
            groups.append(frozenset({_statement_tag(fingerprint)}))
        if fingerprints is not None:
            groups.append(frozenset(_statement_tag(f) for f in fingerprints))
        if not groups:
            raise InvalidRequest(
                "An invalidation needs a table, a fingerprint or a dashboard.",
                hint="Name at least one of them.",
            )
        # Memory may still hold what another process evicted: the shared tier counts.
        in_memory = self._memory.evict(*groups)
        return len(self._shared.evict(*groups) if self._shared else in_memory)

    def clear(self) -> int:
        """Forget everything; gives how many entries there were."""
        in_memory = self._memory.clear()
        return self._shared.clear() if self._shared else in_memory

    def stats(self) -> CacheStats:
        """Counters since the process started, as a whole and by tier."""
        missed_memory = self._shared_hits + self._misses
        memory = replace(self._memory.stats(), hits=self._memory_hits, misses=missed_memory)
        tiers: dict[str, TierStats] = {"memory": memory}
        rejected = self._envelope.rejected
        if self._layers is not None:
            tiers["redis"] = replace(self._layers.stats(), rejected=rejected)
            tiers["disk"] = self._layers.disk_stats()
        elif self._shared is not None:
            tiers["disk"] = replace(
                self._shared.stats(), hits=self._shared_hits, misses=self._misses, rejected=rejected
            )
        return CacheStats(
            entries=max(tier.entries for tier in tiers.values()),
            bytes=sum(tier.bytes for tier in tiers.values()),
            hits=self._memory_hits + self._shared_hits,
            misses=self._misses,
            coalesced=self.flight.coalesced + (self._servers.coalesced if self._servers else 0),
            tiers=tiers,
        )

    def close(self) -> None:
        """Release memory, files and connections."""
        self._memory.clear()
        if self._shared is not None:
            self._shared.close()

    def _put(self, key: str, entry: Entry, fence: Fence | None) -> None:
        generation = self._shared.generation() if self._shared else None
        tags = _tags(entry)
        sealed = self._envelope.seal(encode(entry), key=key)
        if self._layers is not None:
            if not self._layers.keep(key, sealed, ttl_s=self._retention_s, tags=tags, fence=fence):
                # A newer value is there, or it was invalidated while it was computed.
                return
        elif self._shared is not None:
            self._shared.set(key, sealed, ttl_s=self._retention_s, tags=tags)
        self._hold(key, _Held(entry, seal_code(sealed), generation), tags)

    def _from_shared(self, key: str, held: _Held | None, generation: object) -> Entry | None:
        seen = self._layers.evictions() if self._layers else 0
        sealed = self._shared.get(key) if self._shared else None
        if sealed is None:
            if held is not None:
                self._memory.delete(key)
            return None
        if held is not None and held.code == seal_code(sealed):
            held.generation = generation
            self._memory_hits += 1
            return held.entry
        entry = self._unsealed(key, sealed)
        if entry is None:
            return None
        self._shared_hits += 1
        if held is not None and held.entry.computed_at > entry.computed_at:
            # The shared tier could not take what this process computed since.
            held.generation = generation
            return held.entry
        tags = _tags(entry)
        if self._layers is not None:
            self._layers.copy(key, sealed, ttl_s=self._retention_s, tags=tags, seen=seen)
        self._hold(key, _Held(entry, seal_code(sealed), generation), tags)
        return entry

    def _peek(self, key: str) -> Entry | None:
        """The entry that the shared tier has at this moment; no look-up of a caller's."""
        if self._layers is not None:
            sealed = self._layers.shared(key)
        elif self._shared is not None:
            sealed = self._shared.get(key)
        else:
            held = self._memory.get(key)
            return held.entry if held else None
        return self._unsealed(key, sealed) if sealed is not None else None

    def _unsealed(self, key: str, sealed: bytes) -> Entry | None:
        payload = self._envelope.open_sealed(sealed, key=key)
        if payload is not None:
            try:
                return decode(payload)
            except ValueError:
                # Sealed by us, but by a version that wrote entries otherwise.
                payload = None
        if self._shared is not None:
            self._shared.delete(key)
        return None

    def _hold(self, key: str, held: _Held, tags: frozenset[str]) -> None:
        self._memory.set(key, held, size=held.entry.bytes, ttl_s=self._retention_s, tags=tags)


def _tags(entry: Entry) -> frozenset[str]:
    tables = (_table_tag(stamp.id) for stamp in entry.tables)
    return frozenset({_statement_tag(entry.fingerprint), *tables})


def _table_tag(table: str) -> str:
    return f"table:{table.replace('|', '%7C')}"


def _statement_tag(fingerprint: str) -> str:
    return f"statement:{fingerprint.replace('|', '%7C')}"


def _server_flight(layers: LayeredCache) -> ServerFlight[Entry]:
    from peter_core.cache.servers import ServerFlight

    return ServerFlight(layers.redis)


def _key_of(folder: Path, redis_url: str | None) -> bytes:
    if redis_url is not None:
        raise ConfigError(
            "With Redis every server needs the same key for the cache, and none is set.",
            hint="Set PETER_CACHE_KEY or SESSION_SECRET_KEY to the same secret on every server.",
        )
    try:
        return server_key(folder / "cache.key")
    except OSError as error:
        raise ConfigError(
            f"The cache's key file {folder / 'cache.key'} cannot be made: {error.strerror}.",
            hint="Peter keeps its state in the workspace's .peter and must be able to write there.",
        ) from error


def _usable(key: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise ConfigError(
            f"The cache's key has {len(key)} bytes; it needs {KEY_BYTES} at least.",
            hint="`openssl rand -hex 32` makes one.",
        )
    return key
