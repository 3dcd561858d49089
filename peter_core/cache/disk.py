"""The tier on disk, shared by every process of a folder: diskcache, tamed.

What diskcache 5.6.3 does on its own is a risk here: it unpickles rows, a damaged header stops it
from opening, a full disk stops even its clearing, killed writers leave files. So: raw bytes only,
damaged files are set aside and rebuilt, and nothing that fails here ever fails a request.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import diskcache

from peter_core.cache.port import TierStats
from peter_core.cache.raw import RawCache
from peter_core.errors import StorageError
from peter_core.locks import file_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

_KNOWN_SETTINGS = frozenset(diskcache.DEFAULT_SETTINGS) | {"count", "size", "hits", "misses"}
_DAMAGE = ("malformed", "not a database", "corrupt", "no such table", "no such column")
_FULL = ("disk is full", "disk i/o error")
_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCK_WAIT_S = 0.2
_RETRY_OPEN_S = 30.0
_ORPHAN_AGE_S = 60.0


class DiskCache:
    """Sealed bytes in a folder; satisfies `Cache`.

    Parameters
    ----------
    folder
        Made if it is missing. Several processes may use the same one.
    limit_bytes
        What the tier may take on disk; past it the oldest values go.
    min_file_bytes
        Values of this size or more get a file of their own beside the database.
    """

    def __init__(
        self, folder: Path, *, limit_bytes: int = 2 * 2**30, min_file_bytes: int = 8 * 2**20
    ) -> None:
        self._folder = folder
        self._entries = folder / "entries"
        self._generation = folder / "generation"
        self._limit_bytes = limit_bytes
        self._min_file_bytes = min_file_bytes
        self._lock = threading.RLock()
        self._cache: RawCache | None = None
        self._inode = 0
        self._retry_at = 0.0
        self._unswept = 0
        self._hits = self._misses = self._failures = self._quarantined = 0

    def get(self, key: str) -> bytes | None:
        """The value, or ``None``."""
        value: bytes | None = self._try(lambda cache: cache.get(key), None)
        if value is None:
            self._misses += 1
        else:
            self._hits += 1
        return value

    def set(self, key: str, value: bytes, *, ttl_s: float, tags: Iterable[str] = ()) -> bool:
        """Keep the value for at most ``ttl_s`` seconds; false when it was not kept."""
        if len(value) > self._limit_bytes // 4:
            return False
        tag = f"|{'|'.join(sorted(tags))}|"

        def store(cache: RawCache) -> bool:
            replaces = key in cache
            kept = bool(cache.set(key, value, expire=ttl_s, tag=tag))
            if replaces:
                self._bump()
            return kept

        stored = self._try(store, False)
        if stored:
            self._sweep_after(len(value))
        return stored

    def delete(self, key: str) -> bool:
        """Forget one value; true when there was one."""

        def remove(cache: RawCache) -> bool:
            removed = bool(cache.delete(key))
            if removed:
                self._bump()
            return removed

        return self._try(remove, False)

    def evict(self, *alternatives: Iterable[str]) -> frozenset[str]:
        """Forget every value that has a tag of each of the sets; gives the keys."""
        groups = tuple(tuple(choice) for choice in alternatives)
        keys: frozenset[str] = frozenset()
        if groups and all(groups):
            keys = self._try(lambda cache: cache.evict_tags(groups), frozenset())
        # Others may hold in memory what this tier never kept.
        self._bump()
        return keys

    def clear(self) -> int:
        """Forget everything; gives how many there were."""
        count = self._try(lambda cache: cache.evict_all(), 0)
        self._bump()
        return count

    def generation(self) -> object:
        """Changes whenever any process replaced or evicted a value. Costs one ``stat``."""
        try:
            status = os.stat(self._generation)  # noqa: PTH116  # half the time of Path.stat
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def sweep(self) -> int:
        """Delete what has expired, what passes the size limit and orphaned files; gives rows."""
        return self._try(self._sweep, 0)

    def stats(self) -> TierStats:
        """Its counters."""
        entries, size = self._try(lambda cache: (len(cache), int(cache.volume())), (0, 0))
        return TierStats(
            entries=entries,
            bytes=size,
            hits=self._hits,
            misses=self._misses,
            failures=self._failures,
            quarantined=self._quarantined,
        )

    def close(self) -> None:
        """Close this thread's connection; those of other threads close as their threads end."""
        with self._lock:
            cache, self._cache = self._cache, None
        if cache is not None:
            cache.close()

    # Doing, and what happens when it cannot be done ------------------------------------------

    def _try(self, action: Callable[[RawCache], T], otherwise: T) -> T:
        """The action's value; ``otherwise`` when the tier cannot, after mending what it can."""
        cache = self._opened()
        if cache is None:
            return otherwise
        try:
            return action(cache)
        except (sqlite3.Error, diskcache.Timeout, OSError) as error:
            self._failures += 1
            return self._mended(cache, error, action, otherwise)

    def _mended(
        self, cache: RawCache, error: Exception, action: Callable[[RawCache], T], otherwise: T
    ) -> T:
        if _is_damage(error):
            self._set_aside(cache)
        elif _is_full(error):
            if not self._make_room(cache):
                return otherwise
        else:
            return otherwise
        reopened = self._opened()
        if reopened is None:
            return otherwise
        try:
            return action(reopened)
        except (sqlite3.Error, diskcache.Timeout, OSError):
            self._failures += 1
            return otherwise

    def _opened(self) -> RawCache | None:
        cache = self._cache
        if cache is not None:
            return cache
        with self._lock:
            if self._cache is None and time.monotonic() >= self._retry_at:
                self._cache = self._open()
                if self._cache is None:
                    self._retry_at = time.monotonic() + _RETRY_OPEN_S
            return self._cache

    def _open(self) -> RawCache | None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._generation.touch()
            with file_lock(self._folder / "lock", timeout_s=2.0, doing="open the cache"):
                try:
                    return self._connect()
                except sqlite3.DatabaseError as error:
                    if not _is_damage(error):
                        raise
                    self._quarantine()
                    return self._connect()
        except (sqlite3.Error, diskcache.Timeout, OSError, StorageError):
            self._failures += 1
            return None

    def _connect(self) -> RawCache:
        database = self._entries / diskcache.core.DBNAME
        if database.exists():
            _inspect(database)
        cache = RawCache(self._entries, timeout_s=_LOCK_WAIT_S, min_file_bytes=self._min_file_bytes)
        self._inode = database.stat().st_ino
        return cache

    def _set_aside(self, damaged: RawCache) -> None:
        """Quarantine the database, unless another process has replaced it already."""
        with self._lock:
            if self._cache is not damaged:
                return
            self._cache = None
            with contextlib.suppress(sqlite3.Error):
                damaged.close()
            with (
                contextlib.suppress(OSError, StorageError),
                file_lock(self._folder / "lock", timeout_s=2.0, doing="mend the cache"),
            ):
                if self._is_current():
                    self._quarantine()
            self._retry_at = 0.0

    def _quarantine(self) -> None:
        """Rename the damaged files for a later look; only the newest set is kept."""
        for old in self._folder.glob("quarantine-*"):
            shutil.rmtree(old, ignore_errors=True)
        self._entries.rename(self._folder / f"quarantine-{time.time_ns()}")
        self._quarantined += 1
        self._bump()

    def _is_current(self) -> bool:
        try:
            inode: int = (self._entries / diskcache.core.DBNAME).stat().st_ino
        except OSError:
            return False
        return inode == self._inode

    def _bump(self) -> None:
        try:
            with self._generation.open("ab") as file:
                file.write(b".")
        except OSError:
            # No room for a byte: the file's time says it as well.
            with contextlib.suppress(OSError):
                os.utime(self._generation)

    # Size ------------------------------------------------------------------------------------

    def _sweep_after(self, written: int) -> None:
        self._unswept += written
        if self._unswept >= self._limit_bytes // 16:
            self._unswept = 0
            self.sweep()

    def _sweep(self, cache: RawCache) -> int:
        if not self._is_current():
            self.close()
            return 0
        removed = cache.evict_expired()
        while len(cache) and cache.volume() > self._limit_bytes:
            removed += cache.evict_oldest(max(1, len(cache) // 8))
        cache.remove_orphans(_ORPHAN_AGE_S)
        return removed

    def _make_room(self, cache: RawCache) -> bool:
        """After the device ran full: drop the older half, or all when even that needs room."""
        try:
            cache.remove_orphans(_ORPHAN_AGE_S)
            cache.evict_oldest(max(1, len(cache) // 2))
        except (sqlite3.Error, diskcache.Timeout, OSError):
            return self._start_empty(cache)
        return True

    def _start_empty(self, cache: RawCache) -> bool:
        with self._lock:
            if self._cache is cache:
                self._cache = None
                with contextlib.suppress(sqlite3.Error):
                    cache.close()
                if self._is_current():
                    shutil.rmtree(self._entries, ignore_errors=True)
                    self._bump()
            return True


def _inspect(database: Path) -> None:
    """Refuse a file that diskcache would choke on, before diskcache sees it.

    Raises
    ------
    sqlite3.DatabaseError
        Damaged, planted or locked.
    """
    connection = sqlite3.connect(database, timeout=1.0, isolation_level=None)
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if "Settings" in tables:
            for key, value in connection.execute("SELECT key, value FROM Settings"):
                if key not in _KNOWN_SETTINGS or not isinstance(value, int | str):
                    raise sqlite3.DatabaseError("corrupt: a setting of no kind that Peter writes")
        if "Cache" in tables:
            connection.execute("SELECT key, raw, tag, mode, filename, value FROM Cache LIMIT 1")
        # diskcache would wait a minute for a lock that somebody holds.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def _is_damage(error: Exception) -> bool:
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    return any(word in str(error).lower() for word in _DAMAGE)


def _is_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return any(word in str(error).lower() for word in _FULL)
    return isinstance(error, OSError) and error.errno in _FULL_ERRNOS
