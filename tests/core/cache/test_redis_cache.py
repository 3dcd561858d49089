"""The tier in Redis keeps the promises of a tier, to several servers at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from peter_core.cache.redis import RedisCache, watch
from peter_core.cache.redis.values import UNFENCED, Fence, Stored
from peter_core.errors import ConfigError

PATIENCE_S = 10.0
"""For Redis: a busy machine must not look like a Redis that is away."""
VALUE = b"value" + b"c" * 32
OTHER = b"other" + b"d" * 32


@pytest.fixture
def opened(redis_url: str) -> Iterator[Callable[..., RedisCache]]:
    """Servers of one Redis, closed at the end."""
    caches: list[RedisCache] = []

    def one(url: str = redis_url, **settings: object) -> RedisCache:
        caches.append(RedisCache(url, **{"budget_s": PATIENCE_S, **settings}))  # type: ignore[arg-type]
        return caches[-1]

    yield one
    for cache in caches:
        cache.close()


@pytest.fixture
def cache(opened: Callable[..., RedisCache]) -> RedisCache:
    return opened()


@pytest.fixture
def raw(redis_url: str) -> Iterator[redis.Redis]:
    """What an intruder has."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


def keys(raw: redis.Redis) -> set[str]:
    """Those with values and tags: what is left after everything was forgotten does not count."""
    return {key.decode().split(":", 2)[2] for key in raw.keys("peter:*:[et]:*")}


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return False


def watched(cache: RedisCache, name: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Gets an entry whenever the thread that follows Redis ended that step without an error."""
    ended: list[object] = []
    step = getattr(cache.watch, name)

    def counted(*arguments: object) -> None:
        step(*arguments)
        ended.append(arguments)

    monkeypatch.setattr(cache.watch, name, counted)
    return ended


def test_a_value_is_found_by_another_server(opened: Callable[..., RedisCache]) -> None:
    one, two = opened(), opened()
    assert two.get("k") is None
    assert one.set("k", VALUE, ttl_s=60, tags=["a"])
    assert two.get("k") == VALUE
    stats = two.stats()
    assert (stats.hits, stats.misses, stats.entries, stats.bytes) == (1, 1, 1, len(VALUE))
    assert (stats.failures, stats.opened) == (0, 0)


def test_a_value_ends_with_its_time_and_leaves_nothing(cache: RedisCache, raw: redis.Redis) -> None:
    cache.set("short", VALUE, ttl_s=0.05, tags=["a", "b"])
    assert within(30, lambda: cache.get("short") is None)
    cache.set("long", VALUE, ttl_s=60, tags=["a"])
    assert keys(raw) == {"e:long", "t:a", "t:*"}
    assert cache.stats().entries == 1
    assert cache.stats().bytes == len(VALUE)
    assert raw.zrange(f"{cache.watch.prefix}t:a", 0, -1) == [b"long"]


def test_tags_evict_what_has_one_of_each_group(cache: RedisCache, raw: redis.Redis) -> None:
    cache.set("1", VALUE, ttl_s=60, tags=["x", "red"])
    cache.set("2", VALUE, ttl_s=60, tags=["y", "red"])
    cache.set("3", VALUE, ttl_s=60, tags=["x", "blue"])
    assert cache.evict(["x", "y"], ["red"]) == {"1", "2"}
    assert [cache.get(key) for key in "123"] == [None, None, VALUE]
    assert keys(raw) == {"e:3", "t:x", "t:blue", "t:*"}
    assert cache.clear() == 1
    assert keys(raw) == set()
    assert cache.stats().bytes == 0


@pytest.mark.parametrize("groups", [(), ([],), (["a"], [])])
def test_an_eviction_of_nothing_evicts_nothing(cache: RedisCache, groups: tuple[list[str]]) -> None:
    cache.set("k", VALUE, ttl_s=60, tags=["a"])
    assert cache.evict(*groups) == frozenset()
    assert cache.get("k") == VALUE


def test_a_replaced_value_has_only_its_new_tags(cache: RedisCache) -> None:
    cache.set("k", VALUE, ttl_s=60, tags=["old", "both"])
    cache.set("k", OTHER, ttl_s=60, tags=["new", "both"])
    assert cache.evict(["old"]) == frozenset()
    assert cache.get("k") == OTHER
    assert cache.evict(["new"]) == {"k"}


def test_odd_tags_and_keys_are_only_names(cache: RedisCache) -> None:
    odd = ["ü:* ?[x]\\", 'a"b\n', "statement:" + "f" * 64]
    cache.set("k:*", VALUE, ttl_s=60, tags=odd)
    assert cache.evict(["ü:* ?[y]\\"]) == frozenset()
    for tag in odd:
        cache.set("k:*", VALUE, ttl_s=60, tags=odd)
        assert cache.evict([tag]) == {"k:*"}


def test_generation_changes_with_what_another_server_does(
    opened: Callable[..., RedisCache], raw: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Never a look without a message: the messages alone must do.
    monkeypatch.setattr(watch, "_POLL_S", 3600)
    one, two = opened(), opened()

    def settled() -> bool:
        at = two.watch._at
        known = raw.hmget(two.head, "seq", "changes")
        return at is not None and [at.seq, two.watch._changes] == [int(n) for n in known]

    doings: list[Callable[[], object]] = [
        lambda: one.set("k", OTHER, ttl_s=60),
        lambda: one.evict(["*"]),
        lambda: one.delete("k"),
        lambda: one.clear(),
    ]
    for doing in doings:
        one.set("k", VALUE, ttl_s=60)
        # What the preparation changed must not be taken for what is done now.
        assert within(30, settled)
        before = two.generation()
        doing()
        assert within(30, lambda seen=before: two.generation() != seen)  # type: ignore[misc]


def test_a_new_key_changes_no_generation(
    opened: Callable[..., RedisCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_POLL_S", 0.01)
    one, two = opened(), opened()
    looks = watched(two, "_look", monkeypatch)
    before = two.generation()
    one.set("new", VALUE, ttl_s=60)
    seen = len(looks)
    assert within(30, lambda: len(looks) >= seen + 2)
    assert two.generation() == before


def test_a_message_that_never_came_is_made_up_for(
    opened: Callable[..., RedisCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = opened(), opened()
    monkeypatch.setattr(two.watch, "_heard", lambda *_: None)
    before = two.generation()
    one.set("k", VALUE, ttl_s=60)
    one.delete("k")
    assert within(30, lambda: two.generation() != before)


def test_a_late_writer_does_not_overwrite_a_newer_value(cache: RedisCache) -> None:
    epoch = cache.watch.epoch
    assert cache.store("k", VALUE, ttl_s=60, fence=Fence(epoch, 10)) is Stored.KEPT
    assert cache.store("k", OTHER, ttl_s=60, fence=Fence(epoch, 9)) is Stored.SUPERSEDED
    assert cache.store("k", OTHER, ttl_s=60, fence=UNFENCED) is Stored.SUPERSEDED
    assert cache.store("k", OTHER, ttl_s=60, fence=Fence("older", 99)) is Stored.SUPERSEDED
    assert cache.get("k") == VALUE
    assert cache.store("k", OTHER, ttl_s=60, fence=Fence(epoch, 11)) is Stored.KEPT
    assert cache.get("k") == OTHER


@pytest.mark.parametrize("invalidate", ["evict", "delete", "clear"])
def test_who_began_before_an_invalidation_keeps_nothing(cache: RedisCache, invalidate: str) -> None:
    began = Fence(cache.watch.epoch, 0)
    {"evict": lambda: cache.evict(["t", "u"]), "delete": lambda: cache.delete("k"),
     "clear": cache.clear}[invalidate]()  # fmt: skip
    assert cache.store("k", VALUE, ttl_s=60, tags=["t"], fence=began) is Stored.SUPERSEDED
    assert cache.get("k") is None
    assert cache.store("k", VALUE, ttl_s=60, tags=["t"]) is Stored.KEPT


def test_of_a_large_value_redis_keeps_the_seal_alone(opened: Callable[..., RedisCache]) -> None:
    cache = opened(limit_bytes=100)
    large = b"x" * 200 + b"c" * 32
    assert not cache.set("k", large, ttl_s=60, tags=["a"])
    found = cache.look_up("k")
    assert found is not None
    assert (found.value, found.code) == (None, b"c" * 32)
    assert cache.get("k") is None
    assert cache.evict(["a"]) == {"k"}


def test_what_is_no_value_of_ours_is_a_miss_and_goes(cache: RedisCache, raw: redis.Redis) -> None:
    prefix = cache.watch.prefix
    raw.set(f"{prefix}e:text", b"planted")
    raw.rpush(f"{prefix}e:list", b"planted")
    raw.hset(f"{prefix}e:half", "v", b"planted")
    for key in ("text", "list", "half"):
        assert cache.get(key) is None
        assert not raw.exists(f"{prefix}e:{key}")
    assert cache.stats().failures == 3
    assert not cache.away


def test_planted_news_and_logs_disturb_nobody(
    cache: RedisCache, raw: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.set("k", VALUE, ttl_s=60)
    heard = watched(cache, "_heard", monkeypatch)
    planted = (b"", b"\xff", b"[]", b'["released"]', b'["evicted", 1, []]', b'{"a":' * 500)
    for text in planted:
        raw.publish(cache.watch.channel, text)
    assert within(30, lambda: len(heard) >= len(planted))
    assert not cache.away
    assert cache.get("k") == VALUE
    raw.xadd(f"{cache.watch.prefix}log", {"x": b"y"}, id="1-0")
    raw.hset(cache.head, "seq", 1)
    before = cache.evictions()
    assert within(30, lambda: cache.evictions() > before)
    assert cache.get("k") == VALUE


def test_a_full_redis_keeps_no_more_and_still_invalidates(
    cache: RedisCache, raw: redis.Redis
) -> None:
    cache.set("k", VALUE, ttl_s=60, tags=["a"])
    used = raw.info("memory")["used_memory"]
    raw.config_set("maxmemory", used // 2)
    try:
        assert not cache.set("more", VALUE, ttl_s=60)
        assert cache.stats().failures == 1
        assert cache.get("k") == VALUE
        assert cache.evict(["a"]) == {"k"}
        assert cache.get("k") is None
        assert not cache.away
    finally:
        raw.config_set("maxmemory", 0)


def test_nobody_at_the_address_is_a_miss_at_no_cost(
    opened: Callable[..., RedisCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        cache = opened(f"redis://127.0.0.1:{unused.getsockname()[1]}/0")
        asked: list[float] = []
        monkeypatch.setattr(cache.link, "_connect", asked.append)
        for _ in range(100):
            assert cache.get("k") is None
            assert not cache.set("k", VALUE, ttl_s=60)
            assert cache.evict(["a"]) == frozenset()
            assert not cache.delete("k")
        assert cache.clear() == 0
        assert cache.stats().entries == 0
        assert cache.away
        # Only the thread that follows Redis tries to connect.
        assert asked == []


@pytest.mark.parametrize(
    "url", ["", "localhost", "http://h/0", "redis://h:port/0", "redis://h/0?db=x", "redis://h/?a=b"]
)
def test_a_wrong_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="no address of a Redis") as caught:
        RedisCache(url)
    assert not url or url not in str(caught.value)


def test_the_password_of_an_address_is_told_to_nobody(
    redis_server: object, caplog: pytest.LogCaptureFixture, opened: Callable[..., RedisCache]
) -> None:
    port = redis_server.port  # type: ignore[attr-defined]
    cache = opened(f"redis://user:s3cr3t-word@127.0.0.1:{port}/0")
    assert cache.get("k") is None
    assert cache.away
    assert "Redis does not answer" in caplog.text
    assert "s3cr3t-word" not in caplog.text


class _Model(RuleBasedStateMachine):
    """Two servers against a dictionary."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.sides = [_Model.one, _Model.two]
        self.sides[0].clear()
        self.known: dict[str, tuple[bytes, frozenset[str]]] = {}

    one: RedisCache
    two: RedisCache

    @rule(side=st.sampled_from([0, 1]), key=st.sampled_from("abc"), value=st.binary(min_size=1),
          tags=st.frozensets(st.sampled_from("xyz")))  # fmt: skip
    def put(self, side: int, key: str, value: bytes, tags: frozenset[str]) -> None:
        sealed = value + b"c" * 32
        assert self.sides[side].set(key, sealed, ttl_s=60, tags=tags)
        self.known[key] = (sealed, tags)

    @rule(side=st.sampled_from([0, 1]), key=st.sampled_from("abc"))
    def delete(self, side: int, key: str) -> None:
        assert self.sides[side].delete(key) == (self.known.pop(key, None) is not None)

    @rule(side=st.sampled_from([0, 1]),
          groups=st.lists(st.frozensets(st.sampled_from("xyz"), min_size=1), min_size=1,
                          max_size=2))  # fmt: skip
    def evict(self, side: int, groups: list[frozenset[str]]) -> None:
        gone = {
            key for key, (_, tags) in self.known.items() if all(tags & group for group in groups)
        }
        assert self.sides[side].evict(*groups) == gone
        for key in gone:
            del self.known[key]

    @invariant()
    def both_agree(self) -> None:
        for side in self.sides:
            for key in "abc":
                assert side.get(key) == self.known.get(key, (None,))[0]
            stats = side.stats()
            assert stats.entries == len(self.known)
            assert stats.bytes == sum(len(value) for value, _ in self.known.values())


def test_two_servers_agree_with_a_dictionary(opened: Callable[..., RedisCache]) -> None:
    _Model.one, _Model.two = opened(), opened()
    run_state_machine_as_test(
        _Model, settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )
