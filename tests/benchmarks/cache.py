"""What the cache's tiers cost beside each other: ``python -m tests.benchmarks.cache``.

Sealed values of three sizes, warm, the contenders taken in turns: Redis and the disk as tiers, and
redis-py's own GET of the same bytes. Medians in microseconds, and ratios to redis-py. Then a hit in
memory with Redis and with the disk behind it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import redis

from peter_core.cache.disk import DiskCache
from peter_core.cache.redis import RedisCache
from peter_core.cache.results import ResultCache
from tests.core.cache.samples import sample_entry
from tests.servers.redis import running_redis

KEY = b"k" * 32
ROUNDS = 400


def main() -> None:
    """Print a line a size and operation, and one for memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        with running_redis(folder / "redis") as server:
            _tiers(folder, server.url)
            _memory(folder, server.url)


def _tiers(folder: Path, url: str) -> None:
    disk, shared = DiskCache(folder / "disk"), RedisCache(url, budget_s=1)
    with redis.Redis.from_url(url) as plain:
        print(f"{'':<14}{'redis-py':>10}{'Redis':>10}{'disk':>10}{'Redis/py':>10}{'disk/py':>10}")
        for size in (1_000, 50_000, 1_000_000):
            value = b"v" * size
            plain.set("plain", value)
            shared.set("k", value, ttl_s=60, tags=["a", "b"])
            disk.set("k", value, ttl_s=60, tags=["a", "b"])
            _line(
                f"get {size:>8}",
                lambda: plain.get("plain"),
                lambda: shared.get("k"),
                lambda: disk.get("k"),
            )
            _line(
                f"set {size:>8}",
                lambda value=value: plain.set("plain", value),  # type: ignore[misc]
                lambda value=value: shared.set("k", value, ttl_s=60, tags=["a", "b"]),  # type: ignore[misc]
                lambda value=value: disk.set("k", value, ttl_s=60, tags=["a", "b"]),  # type: ignore[misc]
            )
    shared.close()
    disk.close()


def _memory(folder: Path, url: str) -> None:
    caches = [
        ResultCache.open(folder / "with", redis_url=url, key=KEY),
        ResultCache.open(folder / "without"),
    ]
    for cache in caches:
        cache.put("k", sample_entry())
        cache.get("k")
    with_redis, with_disk = _medians(*(lambda cache=cache: cache.get("k") for cache in caches))  # type: ignore[misc]
    print(
        f"a hit in memory: {with_redis:.2f} µs with Redis, {with_disk:.2f} µs with the disk "
        f"({with_redis / with_disk:.2f})"
    )
    for cache in caches:
        cache.close()


def _line(name: str, *contenders: Callable[[], object]) -> None:
    plain, shared, disk = _medians(*contenders)
    print(
        f"{name:<14}{plain:>10.1f}{shared:>10.1f}{disk:>10.1f}"
        f"{shared / plain:>10.2f}{disk / plain:>10.2f}"
    )


def _medians(*contenders: Callable[[], object]) -> list[float]:
    """Of each contender, in microseconds."""
    times: list[list[float]] = [[] for _ in contenders]
    for _ in range(ROUNDS):
        for contender, taken in zip(contenders, times, strict=True):
            began = time.perf_counter()
            contender()
            taken.append((time.perf_counter() - began) * 1e6)
    return [statistics.median(taken) for taken in times]


if __name__ == "__main__":
    main()
