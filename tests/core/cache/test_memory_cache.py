"""The tier in memory never grows past its limit and never gives a wrong value."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from peter_core.cache.memory import MemoryCache


def test_the_least_recently_used_goes_first() -> None:
    cache: MemoryCache[str] = MemoryCache(limit_bytes=40)
    for key in "abcd":
        cache.set(key, key, size=10, ttl_s=60)
    assert cache.get("a") == "a"
    cache.set("e", "e", size=10, ttl_s=60)
    assert cache.get("b") is None
    assert [cache.get(key) for key in "acde"] == list("acde")


def test_a_value_too_large_to_keep_also_takes_the_old_one_away() -> None:
    cache: MemoryCache[str] = MemoryCache(limit_bytes=40)
    cache.set("a", "old", size=1, ttl_s=60)
    assert not cache.set("a", "new", size=11, ttl_s=60)
    assert cache.get("a") is None
    assert cache.stats().bytes == 0


def test_a_value_whose_time_is_over_is_gone() -> None:
    cache: MemoryCache[str] = MemoryCache()
    cache.set("a", "a", size=1, ttl_s=0)
    assert cache.get("a") is None
    assert cache.stats().entries == 0


def test_evict_takes_what_has_a_tag_of_every_set() -> None:
    cache: MemoryCache[int] = MemoryCache()
    cache.set("1", 1, size=1, ttl_s=60, tags=frozenset({"t", "s1"}))
    cache.set("2", 2, size=1, ttl_s=60, tags=frozenset({"t", "s2"}))
    cache.set("3", 3, size=1, ttl_s=60, tags=frozenset({"u", "s1"}))
    assert cache.evict(frozenset({"t"}), frozenset({"s1", "s9"})) == {"1"}
    assert cache.evict(frozenset({"t", "u"})) == {"2", "3"}
    assert cache.stats().bytes == 0


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["set", "get", "delete", "clear"]),
        st.sampled_from("abcdef"),
        st.integers(0, 40),
    )
)


@given(OPERATIONS)
def test_it_is_a_dictionary_that_forgets(operations: list[tuple[str, str, int]]) -> None:
    cache: MemoryCache[int] = MemoryCache(limit_bytes=100)
    model: dict[str, int] = {}
    for serial, (verb, key, size) in enumerate(operations):
        if verb == "set":
            kept = cache.set(key, serial, size=size, ttl_s=60)
            assert kept == (size <= 25)
            model[key] = serial
        elif verb == "get":
            assert cache.get(key) in (None, model.get(key))
        elif verb == "delete":
            cache.delete(key)
            assert cache.get(key) is None
        else:
            cache.clear()
            assert cache.stats().entries == 0
        assert cache.stats().bytes <= 100


def test_threads_do_not_lose_count_of_the_bytes() -> None:
    cache: MemoryCache[int] = MemoryCache(limit_bytes=500)

    def work(seed: int) -> None:
        for i in range(2000):
            key = str((seed + i) % 90)
            cache.set(key, i, size=1 + i % 20, ttl_s=60)
            cache.get(str(i % 90))
            if i % 7 == 0:
                cache.delete(key)

    threads = [threading.Thread(target=work, args=(n * 13,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 <= cache.stats().bytes <= 500
    for n in range(90):
        cache.delete(str(n))
    assert cache.stats().bytes == 0
