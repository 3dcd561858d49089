"""A worker with the guard switched off: nothing outside is read, written or changed."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from peter_core.engine import worker_process
from peter_core.engine.worker_pool import WorkerCrashError, WorkerPool
from peter_core.engine.worker_process import WorkerError
from peter_core.errors import QueryTimeout
from tests.core.engine.workspace import make_database

CANARY = "canary-7f3d-1c9e"
DEADLINE_S = 1.0
LATE_S = 30.0
"""For a busy machine: what is not stopped goes on for hours."""
FIXTURE = Path(__file__).parents[1] / "fixtures" / "duckdb_hostile.sql"


@dataclass(frozen=True, slots=True)
class Scene:
    """A folder with secrets, the database a worker may read, and a port that counts callers."""

    folder: Path
    database: Path
    port: int
    callers: list[object]

    def statements(self) -> list[str]:
        """The hostile statements with this scene's places filled in."""
        lines = FIXTURE.read_text(encoding="utf-8").splitlines()
        return [
            line.format(secret=self.folder / "secret.csv", folder=self.folder, port=self.port)
            for line in lines
            if line and not line.startswith("--")
        ]

    def state(self) -> dict[str, str]:
        """Every path below the scene with a digest of its content."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for root in (self.folder, self.database.parent)
            for path in sorted(root.rglob("*"))
        }


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(f"secret\n{CANARY}\n", encoding="utf-8")
    (folder / "secret.json").write_text(f'{{"secret": "{CANARY}"}}\n', encoding="utf-8")
    (folder / "schema.sql").write_text("CREATE TABLE planted (i INT);", encoding="utf-8")
    with duckdb.connect(folder / "secret.duckdb") as connection:
        connection.execute(f"CREATE TABLE secret AS SELECT '{CANARY}' AS secret").fetchall()
        connection.execute(f"COPY secret TO '{folder / 'secret.parquet'}'").fetchall()
    (tmp_path / "database").mkdir()
    database = make_database(tmp_path / "database" / "flights.duckdb")
    monkeypatch.setenv("PETER_TEST_SECRET", CANARY)
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_count, args=(server, callers), daemon=True).start()
        yield Scene(folder, database, server.getsockname()[1], callers)
        server.shutdown(socket.SHUT_RDWR)


def _count(server: socket.socket, callers: list[object]) -> None:
    while True:
        try:
            caller, address = server.accept()
        except OSError:
            return
        callers.append(address)
        caller.close()


@pytest.fixture(params=["peter_core.engine.duckdb_worker", "tests.faults.unchecked_worker"])
def pool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", request.param)
    pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=2)
    yield pool
    pool.close()


def _answer(pool: WorkerPool, scene: Scene, sql: str) -> tuple[str, str]:
    """How a statement ended, and every text it gave."""
    try:
        answer = pool.execute(sql, database=scene.database, deadline=time.monotonic() + DEADLINE_S)
    except QueryTimeout:
        return "timeout", ""
    except WorkerCrashError as crash:
        return "crash", str(crash)
    except WorkerError as error:
        return error.kind, error.message
    return "rows", repr(answer.table.to_pylist())


def test_there_are_at_least_a_hundred_hostile_statements(scene: Scene) -> None:
    assert len(set(scene.statements())) >= 200


def test_nothing_gets_out_and_nothing_stays_behind(pool: WorkerPool, scene: Scene) -> None:
    before = scene.state()
    wrong: list[str] = []
    for sql in scene.statements():
        # Started beforehand, so that the deadline is the statement's alone.
        pool.execute("SELECT 1", database=scene.database, deadline=time.monotonic() + 30)
        started = time.monotonic()
        how, text = _answer(pool, scene, sql)
        if time.monotonic() - started > DEADLINE_S + LATE_S:
            wrong.append(f"outlived its deadline: {sql}")
        if CANARY in text or "root:x:" in text or "PYTHONPATH=" in text:
            wrong.append(f"told a secret ({how}): {sql}")
        if how == "crash" and "SELECT" not in sql:
            wrong.append(f"crashed: {sql}")
    assert scene.state() == before
    assert scene.callers == []
    assert wrong == []
    count = "SELECT count(*) AS n, min(id) AS low FROM nyc.flights"
    answer = pool.execute(count, database=scene.database, deadline=time.monotonic() + 30)
    assert answer.table.to_pylist() == [{"n": 1000, "low": 0}]


def test_without_the_lockdown_the_same_statements_do_get_out(scene: Scene) -> None:
    told = 0
    with duckdb.connect(scene.database, read_only=True) as connection:
        for sql in scene.statements():
            if sql.startswith("SELECT") and str(scene.folder) in sql:
                try:
                    told += CANARY in repr(connection.execute(sql).fetchall())
                except duckdb.Error:
                    continue
    assert told >= 15


MEMORY_BOMBS = [
    "SELECT repeat('a', 4000000000)",
    "SELECT length(repeat('a', 4000000000))",
    "SELECT range(0, 4000000000)",
    "SELECT len(range(0, 4000000000))",
    "SELECT list(i) FROM range(4000000000) t(i)",
    "SELECT * FROM range(1000000000) a(i) ORDER BY sin(i)",
]


@pytest.mark.parametrize("sql", MEMORY_BOMBS)
def test_a_memory_bomb_says_so_and_the_next_statement_works(scene: Scene, sql: str) -> None:
    pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=2)
    try:
        with pytest.raises(WorkerError) as caught:
            pool.execute(sql, database=scene.database, deadline=time.monotonic() + 60)
        assert caught.value.kind == "OutOfMemoryException"
        answer = pool.execute(
            "SELECT 42 AS x", database=scene.database, deadline=time.monotonic() + 30
        )
        assert answer.table.to_pylist() == [{"x": 42}]
    finally:
        pool.close()


def test_a_memory_bomb_never_makes_the_worker_large(scene: Scene) -> None:
    pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=2)
    highest = 0
    try:
        pool.execute("SELECT 1", database=scene.database, deadline=time.monotonic() + 30)
        (pid,) = pool.pids()
        bomb = "SELECT string_agg(repeat('a', 100000)) FROM range(1000000)"
        asked = threading.Thread(target=_answer, args=(pool, scene, bomb))
        asked.start()
        while asked.is_alive():
            highest = max(highest, _resident_bytes(pid))
            time.sleep(0.01)
        asked.join()
    finally:
        pool.close()
    assert 50 * 2**20 < highest < 1200 * 2**20


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096
    except (OSError, IndexError):
        return 0
