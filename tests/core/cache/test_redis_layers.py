"""Memory over Redis over the disk: one cache to every server, whichever of them is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from peter_core.cache.layered import LayeredCache
from peter_core.cache.redis.wire import Command, Reply
from peter_core.cache.results import ResultCache
from peter_core.engine.port import CancelToken
from peter_core.errors import ConfigError
from tests.core.cache.redis_servers import servers
from tests.core.cache.samples import FLIGHTS, sample_entry
from tests.servers.chaos_proxy import chaos_proxy
from tests.servers.redis import RedisServer, running_redis

KEY = b"k" * 32
Open = Callable[[str, str], ResultCache]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Servers by name, each with a folder of its own, closed at the end."""
    caches: list[ResultCache] = []

    def one(name: str, url: str) -> ResultCache:
        caches.append(ResultCache.open(tmp_path / name, redis_url=url, key=KEY))
        return caches[-1]

    yield one
    for cache in caches:
        cache.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may stop."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with running_redis(folder) as started:
        yield started


def layers(cache: ResultCache) -> LayeredCache:
    assert cache._layers is not None
    return cache._layers


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return False


def gone(cache: ResultCache, key: str = "k") -> bool:
    return cache.get(key) is None


def back(cache: ResultCache) -> bool:
    return within(30, lambda: not layers(cache).redis.away)


def test_a_result_of_another_server_is_found(opened: Open, redis_url: str) -> None:
    one, two = opened("one", redis_url), opened("two", redis_url)
    entry = sample_entry()
    one.put("k", entry)
    assert two.get("k") == entry
    assert two.get("k") is two.get("k")
    stats = two.stats()
    assert (stats.hits, stats.misses) == (3, 0)
    assert stats.tiers["redis"].hits == 1
    assert stats.tiers["memory"].hits == 2
    assert stats.tiers["disk"].entries == 1


def test_two_processes_share_results_and_invalidations(tmp_path: Path, redis_url: str) -> None:
    with servers(tmp_path, redis_url, 2) as (one, two):
        assert two.ask("get k") == "none"
        assert one.ask("put k 7") == "done"
        assert two.ask("get k") == "7"
        assert one.ask("put k 8") == "done"
        assert within(30, lambda: two.ask("get k") == "8")
        assert one.ask("invalidate") == "1"
        assert within(30, lambda: two.ask("get k") == "none")
        assert one.ask("get k") == "none"


def test_memory_asks_redis_nothing(
    opened: Open, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = opened("one", redis_url)
    cache.put("k", sample_entry())
    cache.get("k")
    asked: list[object] = []
    link = layers(cache).redis.link
    call = link.call

    def counted(*commands: Command) -> list[Reply]:
        asked.append(commands)
        return call(*commands)

    monkeypatch.setattr(link, "call", counted)
    for _ in range(1000):
        assert cache.get("k") is not None
    assert asked == []
    cache._memory.clear()
    assert cache.get("k") is not None
    assert asked != []


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other"])
def test_a_poisoned_value_is_a_miss_and_is_counted(
    opened: Open, redis_url: str, damage: str
) -> None:
    one, two = opened("one", redis_url), opened("two", redis_url)
    one.put("k", sample_entry(1))
    one.put("other", sample_entry(2))
    prefix = layers(one).redis.watch.prefix
    with redis.Redis.from_url(redis_url) as raw:
        value = raw.hget(f"{prefix}e:k", "v")
        assert isinstance(value, bytes)
        planted = {
            "flip": value[:50] + bytes([value[50] ^ 1]) + value[51:],
            "cut": value[:-1],
            "empty": b"x",
            "other": raw.hget(f"{prefix}e:other", "v"),
        }[damage]
        raw.hset(f"{prefix}e:k", "v", planted)
    assert two.get("k") is None
    assert two.stats().tiers["redis"].rejected == 1
    with redis.Redis.from_url(redis_url) as raw:
        assert not raw.exists(f"{prefix}e:k")


def test_another_key_opens_nothing(tmp_path: Path, opened: Open, redis_url: str) -> None:
    opened("one", redis_url).put("k", sample_entry())
    other = ResultCache.open(tmp_path / "other", redis_url=redis_url, key=b"o" * 32)
    assert other.get("k") is None
    assert other.stats().tiers["redis"].rejected == 1
    other.close()


def test_with_redis_the_key_must_be_given(tmp_path: Path, redis_url: str) -> None:
    with pytest.raises(ConfigError, match="every server needs the same key"):
        ResultCache.open(tmp_path, redis_url=redis_url)
    with pytest.raises(ConfigError, match="has 5 bytes; it needs 32"):
        ResultCache.open(tmp_path, redis_url=redis_url, key=b"short")
    assert not (tmp_path / "cache.key").exists()


def test_a_given_key_does_without_a_file(tmp_path: Path) -> None:
    cache = ResultCache.open(tmp_path, key=KEY)
    cache.put("k", sample_entry())
    cache.close()
    again = ResultCache.open(tmp_path, key=KEY)
    assert again.get("k") == sample_entry()
    assert not (tmp_path / "cache.key").exists()
    again.close()


def test_redis_answering_has_the_last_word(opened: Open, redis_url: str) -> None:
    cache = opened("one", redis_url)
    cache.put("k", sample_entry())
    with redis.Redis.from_url(redis_url) as raw:
        raw.delete(layers(cache).redis.entry_key("k"))
    cache._memory.clear()
    assert layers(cache).disk.get("k") is not None
    assert cache.get("k") is None


def test_a_result_too_large_for_redis_is_kept_where_it_was_computed(
    opened: Open, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = opened("one", redis_url), opened("two", redis_url)
    for cache in (one, two):
        monkeypatch.setattr(layers(cache).redis, "_limit_bytes", 200)
    entry = sample_entry(1)
    one.put("k", entry)
    one._memory.clear()
    assert one.get("k") == entry
    assert two.get("k") is None
    two.put("k", sample_entry(2))
    # Its copy is not the one that counts any more.
    assert within(30, lambda: gone(one))
    assert two.get("k") == sample_entry(2)
    assert two.invalidate(table=FLIGHTS) == 1
    two._memory.clear()
    assert two.get("k") is None


def test_while_redis_is_away_memory_and_disk_answer(opened: Open, server: RedisServer) -> None:
    one, two = opened("one", server.url), opened("two", server.url)
    for n in range(5):
        one.put(f"{n}", sample_entry(n))
        assert two.get(f"{n}") is not None
    server.stop()
    two._memory.clear()
    for cache in (one, two):
        for _ in range(2):
            assert [cache.get(f"{n}") for n in range(5)] == [sample_entry(n) for n in range(5)]
    one.put("new", sample_entry(9))
    one._memory.clear()
    assert one.get("new") == sample_entry(9)
    assert one.compute("more", lambda _: sample_entry(8)) == sample_entry(8)
    assert one.stats().tiers["redis"].opened == 1


def test_what_only_memory_holds_goes_on_being_served(
    opened: Open, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = opened("one", server.url)
    monkeypatch.setattr(layers(cache).disk, "set", lambda *_, **__: False)
    cache.put("k", sample_entry())
    server.stop()
    for _ in range(3):
        assert cache.get("k") == sample_entry()


def test_an_invalidation_while_redis_is_away_reaches_everybody_at_its_return(
    opened: Open, server: RedisServer
) -> None:
    with chaos_proxy(server.port) as proxy:
        one = opened("one", f"redis://127.0.0.1:{proxy.port}/0")
        two = opened("two", server.url)
        one.put("k", sample_entry())
        assert two.get("k") is not None
        proxy.weather.refusing = True
        proxy.cut()
        assert one.invalidate(table=FLIGHTS) == 1
        assert one.get("k") is None
        assert two.get("k") is not None
        proxy.weather.refusing = False
        assert back(one)
        assert one.get("k") is None
        assert within(30, lambda: gone(two))
        assert layers(two).disk.get("k") is None


def test_an_invalidation_that_redis_answered_too_late_counts(
    opened: Open, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = opened("one", server.url), opened("two", server.url)
    one.put("k", sample_entry())
    assert two.get("k") is not None
    monkeypatch.setattr(layers(one).redis.link, "_budget_s", 0.2)
    server.pause()
    assert one.invalidate(table=FLIGHTS) == 1
    assert layers(one).redis.away
    server.resume()
    assert back(one)
    assert one.get("k") is None
    assert within(30, lambda: gone(two))


def test_what_was_computed_while_redis_was_away_is_shared_at_its_return(
    opened: Open, server: RedisServer
) -> None:
    with chaos_proxy(server.port) as proxy:
        one = opened("one", f"redis://127.0.0.1:{proxy.port}/0")
        two = opened("two", server.url)
        proxy.weather.refusing = True
        proxy.cut()
        assert one.get("k") is None
        assert one.compute("k", lambda _: sample_entry(1)) == sample_entry(1)
        one.put("old", sample_entry(2, tables=("local.nyc.airports",)))
        assert two.get("k") is None
        two.invalidate(table="local.nyc.airports")
        proxy.weather.refusing = False
        assert back(one)
        assert one.get("k") == sample_entry(1)
        assert two.get("k") == sample_entry(1)
        # It may have been computed before the invalidation: nobody knows.
        assert one.get("old") is None
        assert two.get("old") is None


def test_a_server_that_was_cut_off_forgets_what_was_invalidated_meanwhile(
    tmp_path: Path, opened: Open, server: RedisServer
) -> None:
    with chaos_proxy(server.port) as proxy:
        one = opened("one", server.url)
        two = opened("two", f"redis://127.0.0.1:{proxy.port}/0")
        for key, table in (("k", FLIGHTS), ("stays", "local.nyc.airports")):
            one.put(key, sample_entry(tables=(table,)))
            assert two.get(key) is not None
        proxy.weather.refusing = True
        proxy.cut()
        assert one.invalidate(table=FLIGHTS) == 1
        # It cannot know.
        assert two.get("k") is not None
        # Memory asked Redis nothing: only the thread that listens sees that it is cut off.
        assert within(30, lambda: layers(two).redis.away)
        proxy.weather.refusing = False
        assert back(two)
        assert two.get("k") is None
        assert layers(two).disk.get("k") is None
        assert layers(two).disk.get("stays") is not None
        assert two.get("stays") is not None


def test_a_server_that_was_not_running_forgets_what_was_invalidated_meanwhile(
    opened: Open, server: RedisServer
) -> None:
    one, two = opened("one", server.url), opened("two", server.url)
    for key, table in (("k", FLIGHTS), ("stays", "local.nyc.airports")):
        one.put(key, sample_entry(tables=(table,)))
        assert two.get(key) is not None
    two.close()
    one.invalidate(table=FLIGHTS)
    again = opened("two", server.url)
    server.stop()
    assert again.get("k") is None
    assert again.get("stays") is not None


def test_after_more_invalidations_than_the_log_holds_all_copies_go(
    opened: Open, server: RedisServer
) -> None:
    one, two = opened("one", server.url), opened("two", server.url)
    two.put("k", sample_entry(tables=("some.other.table",)))
    two.close()
    for n in range(1005):
        layers(one).redis.delete(f"{n}")
    again = opened("two", server.url)
    assert layers(again).disk.get("k") is None
    assert again.get("k") is not None


def test_a_restarted_redis_may_have_forgotten_invalidations_so_all_copies_go(
    tmp_path: Path, opened: Open
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    with running_redis(folder, "--dbfilename", "dump.rdb") as server:
        one, two = opened("one", server.url), opened("two", server.url)
        one.put("k", sample_entry())
        assert two.get("k") is not None
        with redis.Redis.from_url(server.url) as raw:
            raw.save()
        one.invalidate(table=FLIGHTS)
        server.stop(9)
        assert within(30, lambda: layers(one).redis.away and layers(two).redis.away)
        # It comes back with the value, and without the invalidation.
        server.start()
        with redis.Redis.from_url(server.url) as raw:
            assert raw.keys("*:e:k")
        assert back(one)
        assert back(two)
        assert one.get("k") is None
        assert two.get("k") is None
        with redis.Redis.from_url(server.url) as raw:
            assert within(30, lambda: not raw.keys("*:e:k"))


def test_a_copy_written_while_it_is_invalidated_does_not_stay(
    opened: Open, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = opened("one", redis_url), opened("two", redis_url)
    one.put("k", sample_entry())
    disk = layers(two).disk
    write = disk.set

    def slow(key: str, *arguments: object, **named: object) -> bool:
        before = layers(two).evictions()
        one.invalidate(table=FLIGHTS)
        assert within(30, lambda: layers(two).evictions() >= before + 2)
        return write(key, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(disk, "set", slow)
    assert two.get("k") is not None
    assert disk.get("k") is None
    assert two.get("k") is None


def test_what_was_invalidated_while_it_was_computed_is_given_and_not_kept(
    opened: Open, redis_url: str
) -> None:
    one, two = opened("one", redis_url), opened("two", redis_url)

    def compute(_: CancelToken) -> object:
        two.invalidate(table=FLIGHTS)
        return sample_entry(1)

    assert one.compute("k", compute) == sample_entry(1)  # type: ignore[arg-type]
    assert one.get("k") is None
    assert two.get("k") is None
    assert layers(one).disk.get("k") is None


def test_a_computation_is_kept_and_spares_another_servers(opened: Open, redis_url: str) -> None:
    one, two = opened("one", redis_url), opened("two", redis_url)
    assert one.compute("k", lambda _: sample_entry(1)) == sample_entry(1)
    assert one.get("k") == sample_entry(1)
    good = two.compute("k", lambda _: sample_entry(2), accept=lambda _: True)
    assert good == sample_entry(1)
    assert two.stats().coalesced == 1
    bad = two.compute("k", lambda _: sample_entry(3), accept=lambda _: False)
    assert bad == sample_entry(3)
    assert within(30, lambda: one.get("k") == sample_entry(3))


def test_without_redis_a_computation_is_kept_and_accepted_too(tmp_path: Path) -> None:
    cache = ResultCache.open(tmp_path)
    assert cache.compute("k", lambda _: sample_entry(1)) == sample_entry(1)
    assert cache.get("k") == sample_entry(1)
    assert cache.compute("k", lambda _: sample_entry(2), accept=lambda _: True) == sample_entry(1)
    assert cache.compute("k", lambda _: sample_entry(2)) == sample_entry(2)
    assert cache.get("k") == sample_entry(2)
    cache.close()
