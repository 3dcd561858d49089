"""The cache of results: decoded entries in memory over sealed bytes on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from peter_core.cache.entries import Entry, decode, encode
from peter_core.cache.envelope import Envelope, seal_code, server_key
from peter_core.cache.flight import SingleFlight
from peter_core.cache.memory import MemoryCache
from peter_core.cache.port import Cache, CacheStats, TierStats
from peter_core.errors import ConfigError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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
    """Results by key, in two tiers; safe from any thread and any number of processes.

    An entry is found in memory only while no process replaced or evicted anything since it was
    last compared with the disk; comparing costs one read.

    Parameters
    ----------
    memory
        The tier of this process.
    disk
        The tier that processes share, ``None`` for none.
    envelope
        Seals what goes to the shared tier.
    """

    def __init__(
        self,
        memory: MemoryCache[_Held],
        disk: Cache | None,
        envelope: Envelope,
        *,
        retention_s: float = RETENTION_S,
    ) -> None:
        self._memory = memory
        self._disk = disk
        self._envelope = envelope
        self._retention_s = retention_s
        self._memory_hits = self._disk_hits = self._misses = 0
        self.flight: SingleFlight[Entry] = SingleFlight()

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        memory_bytes: int = 256 * 2**20,
        disk_bytes: int = 2 * 2**30,
    ) -> ResultCache:
        """The cache of a folder, with the key file ``cache.key`` in it.

        Raises
        ------
        ConfigError
            When the key file can neither be read nor made.
        """
        from peter_core.cache.disk import DiskCache

        try:
            envelope = Envelope(server_key(folder / "cache.key"))
        except OSError as error:
            raise ConfigError(
                f"The cache's key file cannot be made: {error.strerror}.",
                hint="Give Peter a state folder it may write to.",
            ) from error
        disk = DiskCache(folder / "cache", limit_bytes=disk_bytes)
        return cls(MemoryCache(memory_bytes), disk, envelope)

    def get(self, key: str) -> Entry | None:
        """The entry, however old; `freshness.judge` says what it is worth. ``None`` for none."""
        generation = self._disk.generation() if self._disk else None
        held = self._memory.get(key)
        if held is not None and held.generation == generation:
            self._memory_hits += 1
            return held.entry
        entry = self._from_disk(key, held, generation)
        if entry is None:
            self._misses += 1
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep the entry under the key, in place of the one that was there."""
        generation = self._disk.generation() if self._disk else None
        tags = _tags(entry)
        sealed = self._envelope.seal(encode(entry), key=key)
        if self._disk is not None:
            self._disk.set(key, sealed, ttl_s=self._retention_s, tags=tags)
        self._hold(key, _Held(entry, seal_code(sealed), generation), tags)

    def delete(self, key: str) -> bool:
        """Forget one entry; true when there was one."""
        in_memory = self._memory.delete(key)
        return self._disk.delete(key) if self._disk else in_memory

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
        return len(self._disk.evict(*groups) if self._disk else in_memory)

    def clear(self) -> int:
        """Forget everything; gives how many entries there were."""
        in_memory = self._memory.clear()
        return self._disk.clear() if self._disk else in_memory

    def stats(self) -> CacheStats:
        """Counters since the process started, as a whole and by tier."""
        missed_memory = self._disk_hits + self._misses
        memory = replace(self._memory.stats(), hits=self._memory_hits, misses=missed_memory)
        tiers: dict[str, TierStats] = {"memory": memory}
        shared = memory
        if self._disk is not None:
            shared = tiers["disk"] = replace(
                self._disk.stats(),
                hits=self._disk_hits,
                misses=self._misses,
                rejected=self._envelope.rejected,
            )
        return CacheStats(
            entries=max(memory.entries, shared.entries),
            bytes=memory.bytes + (shared.bytes if self._disk else 0),
            hits=self._memory_hits + self._disk_hits,
            misses=self._misses,
            coalesced=self.flight.coalesced,
            tiers=tiers,
        )

    def close(self) -> None:
        """Release memory, files and connections."""
        self._memory.clear()
        if self._disk is not None:
            self._disk.close()

    def _from_disk(self, key: str, held: _Held | None, generation: object) -> Entry | None:
        sealed = self._disk.get(key) if self._disk else None
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
        self._disk_hits += 1
        if held is not None and held.entry.computed_at > entry.computed_at:
            # The disk could not take what this process computed since.
            held.generation = generation
            return held.entry
        self._hold(key, _Held(entry, seal_code(sealed), generation), _tags(entry))
        return entry

    def _unsealed(self, key: str, sealed: bytes) -> Entry | None:
        payload = self._envelope.open_sealed(sealed, key=key)
        if payload is not None:
            try:
                return decode(payload)
            except ValueError:
                # Sealed by us, but by a version that wrote entries otherwise.
                payload = None
        if self._disk is not None:
            self._disk.delete(key)
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
