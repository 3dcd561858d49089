"""Whatever happens to the cache's files, an answer is right or missing, and the cache recovers."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from peter_core.cache.disk import DiskCache
from peter_core.cache.results import ResultCache
from tests.core.cache.samples import sample_entry

KEYS = [f"{n:064x}" for n in range(40)]


def database(root: Path) -> Path:
    return root / "cache" / "entries" / "cache.db"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The database of a filled cache, and its key."""
    root = tmp_path_factory.mktemp("whole")
    cache = ResultCache.open(root)
    for n, key in enumerate(KEYS):
        cache.put(key, sample_entry(n, rows=200))
    cache.close()
    return database(root).read_bytes(), (root / "cache.key").read_bytes()


def damaged(root: Path, data: bytes, key: bytes) -> ResultCache:
    database(root).parent.mkdir(parents=True)
    database(root).write_bytes(data)
    (root / "cache.key").write_bytes(key)
    (root / "cache.key").chmod(0o600)
    return ResultCache.open(root)


def check(cache: ResultCache) -> int:
    """Every answer is the right one or missing, and the cache keeps what it is given anew."""
    found = 0
    for n, key in enumerate(KEYS):
        entry = cache.get(key)
        assert entry in (None, sample_entry(n, rows=200))
        found += entry is not None
    for n, key in enumerate(KEYS):
        cache.put(key, sample_entry(n, rows=200))
        assert cache.get(key) == sample_entry(n, rows=200)
    cache.invalidate(fingerprint="f" * 64)
    assert cache.get(KEYS[0]) is None
    cache.close()
    return found


def test_an_undamaged_cache_has_it_all(tmp_path: Path, whole: tuple[bytes, bytes]) -> None:
    assert check(damaged(tmp_path, *whole)) == len(KEYS)


@pytest.mark.parametrize("start", [0, 16, 24, 60, 92])
def test_a_damaged_header_is_set_aside(
    tmp_path: Path, whole: tuple[bytes, bytes], start: int
) -> None:
    data, key = whole
    check(damaged(tmp_path, data[:start] + b"\xff" * 16 + data[start + 16 :], key))


def test_a_destroyed_header_is_kept_for_a_look(tmp_path: Path, whole: tuple[bytes, bytes]) -> None:
    data, key = whole
    assert check(damaged(tmp_path, b"\xff" * 100 + data[100:], key)) == 0
    (aside,) = (tmp_path / "cache").glob("quarantine-*")
    assert (aside / "cache.db").exists()


def test_a_database_cut_at_any_page_never_gives_a_wrong_answer(
    tmp_path: Path, whole: tuple[bytes, bytes]
) -> None:
    data, key = whole
    for page in range(0, len(data) // 4096, 3):
        check(damaged(tmp_path / str(page), data[: page * 4096], key))


def test_pages_of_noise_never_give_a_wrong_answer(
    tmp_path: Path, whole: tuple[bytes, bytes]
) -> None:
    data, key = whole
    dice = random.Random(20261123)  # noqa: S311
    for n in range(15):
        start = dice.randrange(len(data) // 4096) * 4096
        noise = dice.randbytes(4096)
        check(damaged(tmp_path / str(n), data[:start] + noise + data[start + 4096 :], key))


def test_a_value_cut_at_every_64th_byte_is_a_miss(tmp_path: Path) -> None:
    cache = ResultCache.open(tmp_path)
    cache.put("k", sample_entry(rows=500))
    cache.close()
    connection = sqlite3.connect(database(tmp_path))
    ((value,),) = connection.execute("SELECT value FROM Cache").fetchall()
    cuts = range(0, len(value), 64)
    assert len(cuts) > 10
    for cut in cuts:
        connection.execute("UPDATE Cache SET value = ? WHERE key = 'k'", (value[:cut],))
        connection.commit()
        fresh = ResultCache.open(tmp_path)
        assert fresh.get("k") is None
        assert fresh.stats().tiers["disk"].rejected == 1
        fresh.close()
        insert = (
            "INSERT OR REPLACE INTO Cache(key, raw, mode, value, tag) VALUES ('k', 1, 1, ?, '')"
        )
        connection.execute(insert, (value,))
        connection.commit()
    fresh = ResultCache.open(tmp_path)
    assert fresh.get("k") == sample_entry(rows=500)
    fresh.close()
    connection.close()


def test_a_value_file_cut_short_is_a_miss(tmp_path: Path) -> None:
    cache = ResultCache.open(tmp_path)
    entry = sample_entry(rows=1000)
    cache._shared = disk = DiskCache(tmp_path / "small", min_file_bytes=100)
    cache.put("k", entry)
    cache._memory.clear()
    assert cache.get("k") == entry
    (file,) = (tmp_path / "small").glob("entries/??/??/*.val")
    os.truncate(file, file.stat().st_size // 2)
    cache._memory.clear()
    assert cache.get("k") is None
    assert disk.stats().entries == 0
    cache.close()


FULL = """
import os, pathlib, resource, sys
from peter_core.cache.disk import DiskCache

cache = DiskCache(pathlib.Path(sys.argv[1]), min_file_bytes=200_000)
assert cache.set("first", b"x" * 1000, ttl_s=600)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
for n in range(60):
    cache.set(str(n), os.urandom(int(sys.argv[3])), ttl_s=600)
reads = [cache.get(str(n)) for n in range(60)]
assert all(value is None or len(value) == int(sys.argv[3]) for value in reads)
assert cache.stats().failures, "the device never ran full"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert cache.set("after", b"y", ttl_s=600)
assert cache.get("after") == b"y"
"""


@pytest.mark.parametrize("size", [50_000, 300_000])
def test_a_full_device_never_fails_a_request_and_heals_by_itself(tmp_path: Path, size: int) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "cache"), "250000", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    partial = [p for p in tmp_path.rglob("*.val") if p.stat().st_size != size]
    assert partial == []


SETTER = """
import pathlib, sys
from peter_core.cache.results import ResultCache
from tests.core.cache.samples import sample_entry

cache = ResultCache.open(pathlib.Path(sys.argv[1]))
n = 0
while True:
    cache.put(str(n), sample_entry(n, rows=5000))
    print(n, flush=True)
    n += 1
"""


def test_a_killed_writer_leaves_no_torn_value(tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311
    for n in range(8):
        root = tmp_path / str(n)
        setter = subprocess.Popen(
            [sys.executable, "-c", SETTER, str(root)], stdout=subprocess.PIPE, text=True
        )
        assert setter.stdout is not None
        setter.stdout.readline()
        time.sleep(dice.random() * 0.05)
        os.kill(setter.pid, signal.SIGKILL)
        acknowledged = [int(line) for line in setter.stdout.read().split("\n")[:-1]]
        setter.stdout.close()
        setter.wait()
        cache = ResultCache.open(root)
        for serial in acknowledged:
            assert cache.get(str(serial)) == sample_entry(serial, rows=5000)
        assert cache.stats().tiers["disk"].rejected == 0
        cache.close()
