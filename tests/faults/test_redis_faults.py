"""Whatever happens to Redis, a look-up is answered in time, nothing fails, and it comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from peter_core.cache.layered import LayeredCache
from peter_core.cache.results import ResultCache
from tests.core.cache.samples import FLIGHTS, sample_entry
from tests.servers.chaos_proxy import ChaosProxy, Weather, chaos_proxy
from tests.servers.redis import RedisServer, running_redis

KEY = b"k" * 32
KEYS = [f"{n:064x}" for n in range(20)]
BUDGET_S = 0.06
RECOVERY_S = 5.0
THREADS = 4


class Setting:
    """A Redis behind a proxy, and a server with its cache filled."""

    def __init__(self, folder: Path, server: RedisServer, proxy: ChaosProxy) -> None:
        self.server, self.proxy = server, proxy
        url = f"redis://127.0.0.1:{proxy.port}/0"
        self.cache = ResultCache.open(folder, redis_url=url, key=KEY)
        for n, key in enumerate(KEYS):
            self.cache.put(key, sample_entry(n))
        assert self.back_within(RECOVERY_S)

    @property
    def layers(self) -> LayeredCache:
        assert self.cache._layers is not None
        return self.cache._layers

    def back_within(self, seconds: float) -> bool:
        """Whether a value that only Redis has is found before the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            stored = self.layers.redis.set("probe", b"x" * 40, ttl_s=60)
            # A machine under load may be too late for one of them and not for the next.
            if stored and self.layers.redis.get("probe") is not None:
                return True
            time.sleep(0.02)
        return False


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    folder = tmp_path / "redis"
    folder.mkdir()
    with (
        running_redis(folder, "--enable-debug-command", "yes") as server,
        chaos_proxy(server.port) as proxy,
    ):
        made = Setting(tmp_path / "server", server, proxy)
        yield made
        made.cache.close()


class Load:
    """Threads that look up, compute and invalidate until they are told to stop."""

    def __init__(self, cache: ResultCache) -> None:
        self.cache = cache
        self.waits: list[float] = []
        self.errors: list[BaseException] = []
        self.wrong: list[str] = []
        self.lags: list[float] = []
        self._ended = threading.Event()

    def run(self, seconds: float) -> None:
        """Load the cache for so long."""
        with ThreadPoolExecutor(THREADS + 1) as pool:
            running = [pool.submit(self._look_up, n) for n in range(THREADS)]
            running.append(pool.submit(self._lag))
            time.sleep(seconds)
            self._ended.set()
            self.errors = [error for one in running if (error := one.exception()) is not None]

    @property
    def p99(self) -> float:
        """Of the look-ups, in seconds."""
        return sorted(self.waits)[int(len(self.waits) * 0.99)]

    @property
    def lag(self) -> float:
        """How late this machine lets a thread run, 99 of 100 times, in seconds."""
        return sorted(self.lags)[int(len(self.lags) * 0.99)]

    def _look_up(self, offset: int) -> None:
        turn = offset
        while not self._ended.is_set():
            turn += 1
            n = turn % len(KEYS)
            if turn % 3 == 0:
                # As of another process: memory has it no more.
                self.cache._memory.delete(KEYS[n])
            began = time.perf_counter()
            entry = self.cache.get(KEYS[n])
            self.waits.append(time.perf_counter() - began)
            if entry is None or entry != sample_entry(n):
                self.wrong.append(KEYS[n])
            if turn % 50 == 0:
                self.cache.put(f"new-{offset}", sample_entry(turn))
                self.cache.compute(f"made-{offset}", lambda _, n=n: sample_entry(n))  # type: ignore[misc]
                self.cache.invalidate(fingerprint="0" * 64)
            time.sleep(0.001)

    def _lag(self) -> None:
        while not self._ended.is_set():
            began = time.perf_counter()
            time.sleep(0.005)
            self.lags.append(time.perf_counter() - began - 0.005)


def pause(it: Setting) -> Callable[[], None]:
    it.server.pause()
    return it.server.resume


def kill(it: Setting) -> Callable[[], None]:
    it.server.stop(9)
    return it.server.start


def weather(**settings: object) -> Callable[[Setting], Callable[[], None]]:
    def begin(it: Setting) -> Callable[[], None]:
        it.proxy.weather = Weather(**settings)  # type: ignore[arg-type]
        return lambda: clear_up(it)

    return begin


def clear_up(it: Setting) -> None:
    it.proxy.weather = Weather()


def unplug(it: Setting) -> Callable[[], None]:
    it.proxy.weather = Weather(refusing=True)
    it.proxy.cut()
    return lambda: clear_up(it)


FAULTS = {
    "paused": pause,
    "killed": kill,
    "unplugged": unplug,
    "silent": weather(silent=True),
    "slow": weather(delay_s=0.2),
    "trickling": weather(bytes_per_s=20),
    "broken off": weather(reset_after=10),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_look_ups_go_on_in_time_and_redis_is_used_again(setting: Setting, fault: str) -> None:
    load = Load(setting.cache)
    mend = FAULTS[fault](setting)
    try:
        load.run(1.5)
        # Looked at before the mending: it must have been noticed.
        opened = setting.cache.stats().tiers["redis"].opened
    finally:
        mend()
    assert load.errors == []
    assert load.wrong == []
    assert len(load.waits) > 100
    assert opened >= 1
    assert load.p99 <= BUDGET_S + load.lag
    assert setting.back_within(RECOVERY_S)


def test_a_redis_that_blinks_costs_nobody_an_answer(setting: Setting) -> None:
    load = Load(setting.cache)
    ended = threading.Event()

    def blink() -> None:
        while not ended.wait(0.2):
            setting.proxy.cut()

    blinking = threading.Thread(target=blink)
    blinking.start()
    try:
        load.run(2)
    finally:
        ended.set()
        blinking.join()
    assert (load.errors, load.wrong) == ([], [])
    assert load.p99 <= BUDGET_S + load.lag
    assert setting.back_within(RECOVERY_S)


def test_a_busy_redis_is_waited_for_once_and_not_by_everybody(setting: Setting) -> None:
    with redis.Redis.from_url(setting.server.url, socket_timeout=5) as raw:
        sleeping = threading.Thread(target=lambda: raw.execute_command("DEBUG", "SLEEP", "1"))
        sleeping.start()
        time.sleep(0.1)
        waits = []
        for _ in range(200):
            began = time.perf_counter()
            setting.layers.redis.get(KEYS[0])
            waits.append(time.perf_counter() - began)
        sleeping.join()
    # Three in a row open the breaker; two hundred would have waited ten seconds.
    assert sum(wait > 0.04 for wait in waits) <= 4
    assert sum(waits) < 1
    assert setting.back_within(RECOVERY_S)


def test_redis_gone_before_the_start_is_found_when_it_comes(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    cache = ResultCache.open(tmp_path / "server", redis_url=server.url, key=KEY)
    try:
        cache.put("k", sample_entry())
        assert cache.get("k") == sample_entry()
        assert cache.invalidate(table=FLIGHTS) == 1
        assert cache.get("k") is None
        server.start()
        layers = cache._layers
        assert layers is not None
        deadline = time.monotonic() + RECOVERY_S
        while layers.redis.away and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not layers.redis.away
        assert layers.redis.stats().opened == 0
    finally:
        cache.close()
        server.stop()


def test_a_flushed_redis_is_a_new_beginning(setting: Setting) -> None:
    with redis.Redis.from_url(setting.server.url) as raw:
        raw.flushall()
    deadline = time.monotonic() + RECOVERY_S
    while setting.layers.disk.stats().entries and time.monotonic() < deadline:
        time.sleep(0.02)
    # It may have held invalidations that nobody else remembers.
    assert setting.layers.disk.stats().entries == 0
    assert setting.back_within(RECOVERY_S)
    assert setting.cache.get(KEYS[0]) is None


def test_threads_and_connections_end_with_the_cache(setting: Setting) -> None:
    setting.cache.get(KEYS[0])
    setting.cache.close()
    deadline = time.monotonic() + 3
    with redis.Redis.from_url(setting.server.url) as raw:
        while len(raw.client_list()) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(raw.client_list()) == 1
    for thread in threading.enumerate():
        if thread.name.startswith("peter-redis"):
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["paused", "killed"])
def test_twenty_seconds_without_redis(setting: Setting, fault: str) -> None:
    load = Load(setting.cache)
    mend = FAULTS[fault](setting)
    try:
        load.run(20)
    finally:
        mend()
    assert (load.errors, load.wrong) == ([], [])
    assert load.p99 <= BUDGET_S + load.lag
    assert setting.back_within(RECOVERY_S)
