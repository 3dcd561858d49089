"""One computation for all servers, and one who takes over when the one who computes is gone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from peter_core.cache.redis import RedisCache
from peter_core.cache.redis.values import UNFENCED, Fence
from peter_core.cache.servers import ServerFlight
from peter_core.engine.port import CancelToken
from peter_core.errors import QueryCancelled, QueryFailed, QueryTimeout
from tests.core.cache.redis_servers import servers

Flight = ServerFlight[bytes]


@pytest.fixture
def sides(redis_url: str) -> Iterator[list[RedisCache]]:
    """The Redis as two servers see it."""
    opened = [RedisCache(redis_url, budget_s=10), RedisCache(redis_url, budget_s=10)]
    yield opened
    for cache in opened:
        cache.close()


def sealed(value: bytes) -> bytes:
    return value + b"c" * 32


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def waiting(cache: RedisCache) -> int:
    """How many calls of this server wait for another's computation."""
    return sum(len(events) for events in cache.watch.releases._waiting.values())


class Side:
    """A server that computes ``value`` until something is so."""

    def __init__(
        self,
        cache: RedisCache,
        value: bytes,
        *,
        until: Callable[[], bool] = lambda: True,
        lease_s: float = 60,
    ) -> None:
        self.cache = cache
        self.flight = Flight(cache, lease_s=lease_s)
        self.value = sealed(value)
        self.until = until
        self.fences: list[Fence] = []
        self.began = threading.Event()
        self.error: Exception | None = None

    def compute(self, token: CancelToken, fence: Fence) -> bytes:
        self.fences.append(fence)
        self.began.set()
        deadline = time.monotonic() + 60
        while not self.until():
            assert time.monotonic() < deadline
            token.raise_if_cancelled()
            time.sleep(0.005)
        if self.error:
            raise self.error
        self.cache.store("k", self.value, ttl_s=60, tags=["t"], fence=fence)
        return self.value

    def fetch(self, fence: Fence | None) -> bytes | None:
        return None if fence is None else self.cache.get("k")

    def do(self, cancel: CancelToken | None = None, timeout_s: float = 50) -> tuple[bytes, bool]:
        return self.flight.do(
            "k", self.compute, self.fetch, cancel=cancel or CancelToken(), timeout_s=timeout_s
        )


def test_who_comes_later_gets_the_first_ones_value(sides: list[RedisCache]) -> None:
    one = Side(sides[0], b"1", until=lambda: waiting(sides[1]) == 1)
    two = Side(sides[1], b"2")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        assert two.do() == (sealed(b"1"), False)
        assert first.result() == (sealed(b"1"), True)
    assert two.fences == []
    assert two.flight.coalesced == 1


def test_one_after_the_other_each_computes(sides: list[RedisCache]) -> None:
    one, two = Side(sides[0], b"1"), Side(sides[1], b"2")
    assert one.do() == (sealed(b"1"), True)
    assert two.do() == (sealed(b"2"), True)
    assert two.fences[0].number > one.fences[0].number
    assert sides[0].get("k") == sealed(b"2")


def test_a_value_that_will_do_spares_the_computation(sides: list[RedisCache]) -> None:
    one, two = Side(sides[0], b"1"), Side(sides[1], b"2")
    one.do()
    two.fetch = lambda _: two.cache.get("k")  # type: ignore[method-assign]
    assert two.do() == (sealed(b"1"), False)
    assert two.fences == []


def test_a_failure_is_the_failing_ones_alone_and_another_tries_at_once(
    sides: list[RedisCache],
) -> None:
    one = Side(sides[0], b"1", until=lambda: waiting(sides[1]) == 1)
    two = Side(sides[1], b"2")
    one.error = QueryFailed("Division by zero.")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        # The lease would last longer than anybody waits here.
        assert two.do() == (sealed(b"2"), True)
        with pytest.raises(QueryFailed):
            first.result()


def test_after_a_failure_those_who_waited_do_not_all_compute(sides: list[RedisCache]) -> None:
    failing = Side(sides[0], b"0", until=lambda: waiting(sides[1]) == 6)
    failing.error = QueryFailed("Division by zero.")
    others = [Side(sides[1], b"1", until=lambda: waiting(sides[1]) == 5) for _ in range(6)]
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(failing.do)
        assert failing.began.wait(30)
        answers = [future.result() for future in [pool.submit(side.do) for side in others]]
        assert isinstance(first.exception(), QueryFailed)
    assert sum(computed for _, computed in answers) == 1


def test_a_lease_outlives_its_time_while_its_holder_computes(
    sides: list[RedisCache], redis_url: str
) -> None:
    left: list[int] = []

    def prolonged() -> bool:
        with redis.Redis.from_url(redis_url) as raw:
            left.append(raw.pttl(sides[0].lease_key("k")))
        return left[-1] > min(left) + 500

    one, two = Side(sides[0], b"1", until=prolonged, lease_s=6), Side(sides[1], b"2")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        assert two.do() == (sealed(b"1"), False)
        assert first.result()[1]


def test_who_was_overtaken_does_not_overwrite(
    sides: list[RedisCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaken = threading.Event()
    one = Side(sides[0], b"1", until=overtaken.is_set, lease_s=0.3)
    two = Side(sides[1], b"2")
    # As of a process that was stopped: it cannot renew.
    monkeypatch.setattr(one.flight, "_renew", lambda *_: None)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        assert two.do() == (sealed(b"2"), True)
        overtaken.set()
        assert first.result() == (sealed(b"1"), True)
    assert sides[0].get("k") == sealed(b"2")


def test_an_invalidation_meanwhile_makes_those_who_wait_compute_anew(
    sides: list[RedisCache],
) -> None:
    evicted = threading.Event()
    one, two = Side(sides[0], b"1", until=evicted.is_set), Side(sides[1], b"2")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        second = pool.submit(two.do)
        until(lambda: waiting(sides[1]) == 1)
        sides[1].evict(["t"])
        evicted.set()
        assert first.result() == (sealed(b"1"), True)
        assert second.result() == (sealed(b"2"), True)
    assert sides[0].get("k") == sealed(b"2")


def test_a_cancelled_one_stops_waiting(sides: list[RedisCache]) -> None:
    released = threading.Event()
    one, two = Side(sides[0], b"1", until=released.is_set), Side(sides[1], b"2")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        token = CancelToken()
        second = pool.submit(two.do, token)
        until(lambda: waiting(sides[1]) == 1)
        token.cancel()
        # The one it waited for still computes.
        assert isinstance(second.exception(30), QueryCancelled)
        released.set()
        assert first.result()[1]
    assert sides[1].watch.releases.waiting == 0


def test_waiting_has_a_limit(sides: list[RedisCache]) -> None:
    released = threading.Event()
    one, two = Side(sides[0], b"1", until=released.is_set), Side(sides[1], b"2")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(one.do)
        assert one.began.wait(30)
        with pytest.raises(QueryTimeout):
            two.do(timeout_s=0.2)
        released.set()
        assert first.result()[1]


def test_with_redis_away_everybody_computes(sides: list[RedisCache]) -> None:
    one = Side(sides[0], b"1")
    sides[0].close()
    sides[0].breaker.trip()
    assert one.do() == (sealed(b"1"), True)
    assert one.fences == [UNFENCED]


def test_two_hundred_who_want_one_cold_key_cost_one_computation(
    tmp_path: Path, redis_url: str
) -> None:
    with servers(tmp_path, redis_url, 4) as started:
        for server in started:
            server.tell("crowd cold 50 0.5")
        answers = [server.answer().split() for server in started]
    assert [len(answer) for answer in answers] == [50] * 4
    assert len((tmp_path / "journal").read_text().splitlines()) == 1
    assert {value for answer in answers for value in answer} == {"1"}


def test_a_killed_server_is_taken_over_from(tmp_path: Path, redis_url: str) -> None:
    with servers(tmp_path, redis_url, 2) as (one, two):
        one.tell("crowd cold 1 60")
        journal = tmp_path / "journal"
        until(journal.exists)
        two.tell("crowd cold 1 0.1")
        time.sleep(0.3)
        one.signal(signal.SIGKILL)
        # After the five seconds of the lease; nobody there waits longer than thirty.
        assert two.answer() == "2"
    names = [line.split()[0] for line in journal.read_text().splitlines()]
    assert names == ["server-0", "server-1"]


def test_a_stopped_server_that_goes_on_overwrites_nothing(tmp_path: Path, redis_url: str) -> None:
    with servers(tmp_path, redis_url, 2) as (one, two):
        # As long as the lease that the other one has to wait for.
        one.tell("crowd cold 1 5")
        until((tmp_path / "journal").exists)
        one.signal(signal.SIGSTOP)
        try:
            assert two.ask("crowd cold 1 0.1") == "2"
        finally:
            one.signal(signal.SIGCONT)
        one.answer()
        assert two.ask("get cold") == "2"
        assert one.ask("get cold") == "2"
