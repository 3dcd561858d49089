"""The tier on disk keeps bytes for every process, and never fails whoever asks."""

from __future__ import annotations

import os
import pickle
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from peter_core.cache.disk import DiskCache

LARGE = 9 * 2**20


@pytest.fixture
def cache(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = DiskCache(tmp_path / "cache")
    yield opened
    opened.close()


def database(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "entries" / "cache.db"


def planted(tmp_path: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(database(tmp_path))
    connection.execute(sql, values)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("value", [b"", b"x", os.urandom(100_000), bytes(LARGE)])
def test_what_is_set_is_got(cache: DiskCache, value: bytes) -> None:
    assert cache.set("a", value, ttl_s=60)
    assert cache.get("a") == value
    assert cache.delete("a")
    assert not cache.delete("a")
    assert cache.get("a") is None


def test_another_process_finds_it(tmp_path: Path, cache: DiskCache) -> None:
    cache.set("a", b"value", ttl_s=60)
    program = (
        "import sys, pathlib; from peter_core.cache.disk import DiskCache;"
        "print(DiskCache(pathlib.Path(sys.argv[1])).get('a'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "cache")], capture_output=True, text=True
    )
    assert done.stdout.strip() == "b'value'"


def test_a_value_whose_time_is_over_is_gone(cache: DiskCache) -> None:
    cache.set("a", b"x", ttl_s=0.01)
    time.sleep(0.02)
    assert cache.get("a") is None
    assert cache.sweep() == 1


def test_evict_takes_what_has_a_tag_of_every_set(cache: DiskCache) -> None:
    cache.set("1", b"x", ttl_s=60, tags=("table:a.b.c", "statement:1"))
    cache.set("2", b"x", ttl_s=60, tags=("table:a.b.c", "statement:2"))
    cache.set("3", b"x", ttl_s=60, tags=("table:a.b.cc", "statement:1"))
    assert cache.evict(["table:a.b.c"], ["statement:1"]) == {"1"}
    assert cache.evict(["table:a.b.c"]) == {"2"}
    assert cache.evict(["table:a_b.cc"]) == frozenset()
    assert cache.evict([]) == frozenset()
    assert cache.get("3") == b"x"


def test_the_generation_changes_when_a_value_is_replaced_or_evicted(cache: DiskCache) -> None:
    seen = [cache.generation()]

    def changed() -> bool:
        seen.append(cache.generation())
        return seen[-1] not in seen[:-1]

    cache.set("a", b"1", ttl_s=60)
    seen = [cache.generation()]
    cache.set("b", b"1", ttl_s=60)
    assert not changed()
    cache.set("a", b"2", ttl_s=60)
    assert changed()
    cache.evict(["none"])
    assert changed()
    cache.delete("a")
    assert changed()
    cache.clear()
    assert changed()


def test_past_its_limit_the_oldest_go(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", limit_bytes=4 * 2**20)
    for n in range(100):
        assert cache.set(str(n), os.urandom(100_000), ttl_s=60)
    assert cache.get("0") is None
    assert cache.get("99") is not None
    assert cache.stats().bytes <= 4.5 * 2**20
    assert not cache.set("huge", bytes(2 * 2**20), ttl_s=60)


def test_a_planted_pickle_never_runs(tmp_path: Path, cache: DiskCache) -> None:
    trap = tmp_path / "executed"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (trap,))

    poison = pickle.dumps(Trap())
    cache.set("a", b"good", ttl_s=60)
    planted(tmp_path, "UPDATE Cache SET mode = 4, value = ? WHERE key = 'a'", poison)
    assert cache.get("a") is None
    columns = "key, raw, store_time, mode, value, size"
    insert = f"INSERT INTO Cache({columns}) VALUES (?, 0, 0, 4, ?, 0)"
    planted(tmp_path, insert, poison, poison)
    cache.evict(["x"])
    cache.stats()
    cache.clear()
    assert not trap.exists()


@pytest.mark.parametrize("name", ["../../../secret", "/etc/hostname", "aa/bb/../../../../secret"])
def test_a_planted_file_name_is_neither_read_nor_deleted(
    tmp_path: Path, cache: DiskCache, name: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    cache.set("a", b"good", ttl_s=60)
    update = "UPDATE Cache SET mode = 2, value = NULL, filename = ? WHERE key = 'a'"
    planted(tmp_path, update, name)
    assert cache.get("a") is None
    cache.delete("a")
    assert secret.read_bytes() == b"secret"


def test_a_planted_link_or_pipe_is_not_read(tmp_path: Path, cache: DiskCache) -> None:
    cache.set("a", bytes(LARGE), ttl_s=60)
    (file,) = database(tmp_path).parent.glob("??/??/*.val")
    file.unlink()
    file.symlink_to(__file__)
    assert cache.get("a") is None
    file.unlink()
    os.mkfifo(file)
    assert cache.get("a") is None


def test_a_planted_setting_sets_the_database_aside(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    first = DiskCache(folder)
    first.set("a", b"x", ttl_s=60)
    first.close()
    planted(tmp_path, "INSERT INTO Settings VALUES ('get', 'gone')")
    cache = DiskCache(folder)
    assert cache.get("a") is None
    assert cache.set("a", b"y", ttl_s=60)
    assert cache.get("a") == b"y"
    assert cache.stats().quarantined == 1


def test_orphaned_files_are_collected_once_they_are_old(tmp_path: Path, cache: DiskCache) -> None:
    cache.set("a", bytes(LARGE), ttl_s=60)
    folder = database(tmp_path).parent / "ab" / "cd"
    folder.mkdir(parents=True)
    old, young = (folder / f"{digit * 28}.val" for digit in "12")
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    cache.sweep()
    assert not old.exists()
    assert young.exists()
    assert cache.get("a") == bytes(LARGE)


def test_a_folder_that_cannot_be_made_is_a_cache_that_misses(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "cache")
    assert not cache.set("a", b"x", ttl_s=60)
    assert cache.get("a") is None
    assert cache.clear() == 0
    assert cache.stats().failures > 0
    cache.close()


def test_a_locked_database_is_read_and_not_waited_for(tmp_path: Path, cache: DiskCache) -> None:
    cache.set("a", b"x", ttl_s=60)
    other = sqlite3.connect(database(tmp_path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert cache.get("a") == b"x"
    assert not cache.set("b", b"x", ttl_s=60)
    # It is held still.
    assert time.monotonic() - began < 30
    other.execute("ROLLBACK")
    other.close()
    assert cache.set("b", b"x", ttl_s=60)
    assert cache.stats().failures == 1
