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
from peter_core.cache.redis.wire import Command, Reply
from peter_core.cache.results import ResultCache
from tests.core.cache.samples import FLIGHTS, sample_entry
from tests.servers.chaos_proxy import ChaosProxy, Weather, chaos_proxy
from tests.servers.redis import RedisServer, running_redis

KEY = b"k" * 32
KEYS = [f"{n:064x}" for n in range(20)]
BUDGET_S = 0.05
RECOVERY_S = 60.0
"""Long, for a busy machine: what does not come back at all never does."""
THREADS = 4
LOOK_UPS = 400
"""In a minute at least. Half of them if each waited a second for Redis."""
ASKED = 24
"""Exchanges with a Redis that does not answer: as many as open the breaker, and those under way."""


class Setting:
    """A Redis behind a proxy, and a server with its cache filled."""

    def __init__(self, folder: Path, server: RedisServer, proxy: ChaosProxy) -> None:
        self.server, self.proxy = server, proxy
        url = f"redis://127.0.0.1:{proxy.port}/0"
        self.cache = ResultCache.open(folder, redis_url=url, key=KEY)
        assert self.back_within(RECOVERY_S)
        for n, key in enumerate(KEYS):
            self._fill(key, n)
        self.patience: list[float] = []
        self._watch_exchanges()

    @property
    def layers(self) -> LayeredCache:
        assert self.cache._layers is not None
        return self.cache._layers

    def _fill(self, key: str, n: int) -> None:
        """Keep an entry in Redis and as a copy, however late a busy machine is."""
        until = time.monotonic() + RECOVERY_S
        while self.layers.redis.get(key) is None or self.layers.disk.get(key) is None:
            assert time.monotonic() < until
            self.cache.put(key, sample_entry(n))

    def _watch_exchanges(self) -> None:
        """Keep how long each exchange with Redis may take, in seconds."""
        link = self.layers.redis.link
        exchange = link._exchange

        def noted(commands: tuple[Command, ...], deadline: float) -> list[Reply] | None:
            self.patience.append(deadline - time.monotonic())
            return exchange(commands, deadline)

        link._exchange = noted  # type: ignore[method-assign]

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
        running_redis(folder) as server,
        chaos_proxy(server.port) as proxy,
    ):
        made = Setting(tmp_path / "server", server, proxy)
        yield made
        made.cache.close()


class Load:
    """Threads that look up, compute and invalidate until they are told to stop."""

    def __init__(self, cache: ResultCache) -> None:
        self.cache = cache
        self.look_ups = 0
        self.errors: list[BaseException] = []
        self.wrong: list[str] = []
        self._ended = threading.Event()

    def run(self, seconds: float) -> None:
        """Load the cache for so long, and on a busy machine until there was some load."""
        until = time.monotonic() + 60
        with ThreadPoolExecutor(THREADS) as pool:
            running = [pool.submit(self._look_up, n) for n in range(THREADS)]
            time.sleep(seconds)
            while self.look_ups < LOOK_UPS and time.monotonic() < until:
                time.sleep(0.02)
            self._ended.set()
            self.errors = [error for one in running if (error := one.exception()) is not None]

    def _look_up(self, offset: int) -> None:
        turn = offset
        while not self._ended.is_set():
            turn += 1
            n = turn % len(KEYS)
            if turn % 3 == 0:
                # As of another process: memory has it no more.
                self.cache._memory.delete(KEYS[n])
            entry = self.cache.get(KEYS[n])
            self.look_ups += 1
            if entry is None or entry != sample_entry(n):
                self.wrong.append(KEYS[n])
            if turn % 50 == 0:
                self.cache.put(f"new-{offset}", sample_entry(turn))
                self.cache.compute(f"made-{offset}", lambda _, n=n: sample_entry(n))  # type: ignore[misc]
                self.cache.invalidate(fingerprint="0" * 64)
            time.sleep(0.001)


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
        patience = list(setting.patience)
    finally:
        mend()
    assert load.errors == []
    assert load.wrong == []
    assert load.look_ups >= LOOK_UPS
    assert opened >= 1
    # Nearly all of them asked Redis nothing, and the few that did had no time to lose.
    assert len(patience) <= ASKED
    assert all(left <= BUDGET_S for left in patience)
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
    assert load.look_ups >= LOOK_UPS
    assert all(left <= BUDGET_S for left in setting.patience)
    assert setting.back_within(RECOVERY_S)


def test_a_busy_redis_is_waited_for_once_and_not_by_everybody(setting: Setting) -> None:
    setting.server.pause()
    try:
        for _ in range(200):
            setting.layers.redis.get(KEYS[0])
    finally:
        setting.server.resume()
    # Three in a row open the breaker; a connection of its own is opened meanwhile.
    assert 0 < len(setting.patience) <= 4
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
    deadline = time.monotonic() + RECOVERY_S
    with redis.Redis.from_url(setting.server.url) as raw:
        while len(raw.client_list()) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(raw.client_list()) == 1
    for thread in threading.enumerate():
        if thread.name.startswith("peter-redis"):
            thread.join(60)
            assert not thread.is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["paused", "killed"])
def test_twenty_seconds_without_redis(setting: Setting, fault: str) -> None:
    load = Load(setting.cache)
    mend = FAULTS[fault](setting)
    try:
        load.run(20)
        patience = len(setting.patience)
    finally:
        mend()
    assert (load.errors, load.wrong) == ([], [])
    assert patience <= ASKED
    assert setting.back_within(RECOVERY_S)
