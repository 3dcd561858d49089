"""Two tiers that answer as one, for every process of a folder."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from peter_core.cache.envelope import Envelope
from peter_core.cache.memory import MemoryCache
from peter_core.cache.results import ResultCache
from peter_core.errors import ConfigError, InvalidRequest
from tests.core.cache.samples import FLIGHTS, sample_entry

AIRPORTS = "local.nyc.airports"


@pytest.fixture
def cache(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = ResultCache.open(tmp_path)
    yield opened
    opened.close()


def test_a_result_is_found_in_memory_then_on_disk(tmp_path: Path, cache: ResultCache) -> None:
    entry = sample_entry()
    assert cache.get("k") is None
    cache.put("k", entry)
    assert cache.get("k") is entry
    other = ResultCache.open(tmp_path)
    assert other.get("k") == entry
    assert other.get("k") is other.get("k")
    stats = other.stats()
    assert (stats.hits, stats.misses, stats.entries) == (3, 0, 1)
    assert stats.tiers["disk"].hits == 1
    assert stats.tiers["memory"].hits == 2
    other.close()


def test_the_hit_ratio_counts_a_look_up_once(cache: ResultCache) -> None:
    cache.put("k", sample_entry())
    for key in ("k", "k", "k", "missing"):
        cache.get(key)
    assert cache.stats().hit_ratio == 0.75


def test_an_invalidation_reaches_the_memory_of_another_process(tmp_path: Path) -> None:
    one, two = ResultCache.open(tmp_path), ResultCache.open(tmp_path)
    one.put("k", sample_entry())
    assert two.get("k") is not None
    assert one.invalidate(table=FLIGHTS) == 1
    assert two.get("k") is None
    one.close()
    two.close()


def test_an_invalidation_in_another_process_is_seen(tmp_path: Path, cache: ResultCache) -> None:
    cache.put("k", sample_entry())
    cache.put("other", sample_entry(tables=(AIRPORTS,)))
    program = (
        "import sys, pathlib; from peter_core.cache.results import ResultCache;"
        "print(ResultCache.open(pathlib.Path(sys.argv[1])).invalidate(table=sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), FLIGHTS], capture_output=True, text=True
    )
    assert done.stdout.strip() == "1"
    assert cache.get("k") is None
    assert cache.get("other") is not None


def test_a_refresh_in_another_process_is_seen(tmp_path: Path) -> None:
    one, two = ResultCache.open(tmp_path), ResultCache.open(tmp_path)
    one.put("k", sample_entry(1))
    assert two.get("k") == sample_entry(1)
    one.put("k", sample_entry(2))
    assert two.get("k") == sample_entry(2)
    one.close()
    two.close()


def test_after_anothers_change_an_unchanged_entry_is_not_decoded_again(tmp_path: Path) -> None:
    one, two = ResultCache.open(tmp_path), ResultCache.open(tmp_path)
    one.put("k", sample_entry())
    held = two.get("k")
    one.invalidate(table="some.other.table")
    assert two.get("k") is held
    one.close()
    two.close()


def test_only_what_meets_every_selector_is_invalidated(cache: ResultCache) -> None:
    cache.put("1", sample_entry(fingerprint="a" * 64))
    cache.put("2", sample_entry(fingerprint="b" * 64))
    cache.put("3", sample_entry(fingerprint="a" * 64, tables=(AIRPORTS,)))
    assert cache.invalidate(table=FLIGHTS, fingerprint="a" * 64) == 1
    assert [cache.get(key) is None for key in "123"] == [True, False, False]
    assert cache.invalidate(fingerprints=["a" * 64, "b" * 64]) == 2
    assert cache.invalidate(fingerprints=[]) == 0


def test_an_invalidation_of_nothing_in_particular_is_refused(cache: ResultCache) -> None:
    with pytest.raises(InvalidRequest, match="needs a table"):
        cache.invalidate()


def test_clear_forgets_everything_everywhere(tmp_path: Path, cache: ResultCache) -> None:
    other = ResultCache.open(tmp_path)
    for key in "abc":
        cache.put(key, sample_entry())
    assert other.get("a") is not None
    assert cache.clear() == 3
    assert cache.get("a") is None
    assert other.get("a") is None
    other.close()


def test_another_servers_key_opens_nothing(tmp_path: Path, cache: ResultCache) -> None:
    cache.put("k", sample_entry())
    (tmp_path / "cache.key").unlink()
    other = ResultCache.open(tmp_path)
    assert other.get("k") is None
    assert other.stats().tiers["disk"].rejected == 1
    other.close()


def test_a_value_under_anothers_key_is_not_given_out(tmp_path: Path, cache: ResultCache) -> None:
    cache.put("bob", sample_entry(1))
    cache.put("ann", sample_entry(2))
    connection = sqlite3.connect(tmp_path / "cache" / "entries" / "cache.db")
    with connection:
        swap = "UPDATE Cache SET value = (SELECT value FROM Cache WHERE key = 'bob')"
        connection.execute(f"{swap} WHERE key = 'ann'")
    connection.close()
    fresh = ResultCache.open(tmp_path)
    assert fresh.get("ann") is None
    assert fresh.get("bob") == sample_entry(1)
    fresh.close()


def test_without_a_disk_the_memory_serves_alone() -> None:
    cache = ResultCache(MemoryCache(), None, Envelope(b"k" * 32))
    cache.put("k", sample_entry())
    assert cache.get("k") == sample_entry()
    assert cache.invalidate(table=FLIGHTS) == 1
    assert cache.get("k") is None
    assert set(cache.stats().tiers) == {"memory"}


def test_a_result_too_large_for_memory_is_served_from_disk(tmp_path: Path) -> None:
    cache = ResultCache.open(tmp_path, memory_bytes=4096)
    entry = sample_entry(rows=10_000)
    cache.put("k", entry)
    assert cache.get("k") == entry
    assert cache.stats().tiers["memory"].entries == 0
    cache.close()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"key file .*cache\.key cannot be made"):
        ResultCache.open(tmp_path / "file")


def test_what_the_disk_could_not_take_is_not_replaced_by_what_it_has(
    tmp_path: Path, cache: ResultCache
) -> None:
    older = sample_entry(1)
    newer = replace(sample_entry(2), computed_at=older.computed_at + dt.timedelta(hours=1))
    cache.put("k", older)
    connection = sqlite3.connect(tmp_path / "cache" / "entries" / "cache.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    cache.put("k", newer)
    connection.execute("ROLLBACK")
    connection.close()
    cache.invalidate(table="some.other.table")
    assert cache.get("k") == newer


KEYS = st.sampled_from("abcd")
SIDES = st.integers(0, 1)


class TwoProcesses(RuleBasedStateMachine):
    """Two caches over one folder against one dictionary: never a foreign or an older value."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.sides = [ResultCache.open(self.folder), ResultCache.open(self.folder)]
        self.sides[0].clear()
        self.model: dict[str, tuple[int, str]] = {}
        self.serial = 0

    @rule(side=SIDES, key=KEYS, table=st.sampled_from([FLIGHTS, AIRPORTS]))
    def put(self, side: int, key: str, table: str) -> None:
        self.serial += 1
        self.sides[side].put(key, sample_entry(self.serial, tables=(table,)))
        self.model[key] = (self.serial, table)

    @rule(side=SIDES, key=KEYS)
    def get(self, side: int, key: str) -> None:
        entry = self.sides[side].get(key)
        found = None if entry is None else entry.result.table["n"][0].as_py()
        assert found == self.model.get(key, (None, ""))[0]

    @rule(side=SIDES, table=st.sampled_from([FLIGHTS, AIRPORTS]))
    def invalidate(self, side: int, table: str) -> None:
        gone = {key for key, (_, source) in self.model.items() if source == table}
        assert self.sides[side].invalidate(table=table) == len(gone)
        self.model = {key: held for key, held in self.model.items() if key not in gone}

    @rule(side=SIDES, key=KEYS)
    def delete(self, side: int, key: str) -> None:
        assert self.sides[side].delete(key) == (key in self.model)
        self.model.pop(key, None)

    @invariant()
    def the_disk_holds_as_much_as_the_model(self) -> None:
        assert self.sides[0].stats().tiers["disk"].entries == len(self.model)

    def teardown(self) -> None:
        for side in self.sides:
            side.close()


def test_two_processes_never_see_a_foreign_or_an_older_value(tmp_path: Path) -> None:
    TwoProcesses.folder = tmp_path
    limits = settings(max_examples=60, stateful_step_count=50, deadline=None)
    run_state_machine_as_test(TwoProcesses, settings=limits)
