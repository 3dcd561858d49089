from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from peter_core.engine.port import CancelToken
from peter_core.engine.worker_pool import WorkerCrashError, WorkerPool
from peter_core.engine.worker_process import WorkerError, WorkerStartError
from peter_core.errors import EngineUnavailable, QueryCancelled, QueryTimeout
from tests.core.engine.workspace import make_database

ENDLESS = "SELECT count(*) FROM range(1000000000000000) t(i) WHERE sin(i) > 2"


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def when(true: Callable[[], bool], act: Callable[[], object]) -> threading.Thread:
    """Acts as soon as it is true, from a thread of its own."""

    def wait() -> None:
        until(true)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = soon(seconds)
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def works(pool: WorkerPool) -> bool:
    """Whether a worker was given a statement."""
    return pool.facts()["busy"] == 1 and pool.facts()["idle"] == 0 and len(pool.pids()) == 1


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie counts as running, because somebody forgot it."""
    return Path(f"/proc/{pid}").exists()


def ended(pid: int) -> bool:
    """Whether a child ended with all its threads, so that its exit code can be read."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    except ChildProcessError:
        return True


def wait_until_gone(pid: int, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_a_statement_gives_its_rows_and_their_types(pool: WorkerPool, database: Path) -> None:
    answer = pool.execute(
        "SELECT carrier, count(*) AS n, sum(id) AS total FROM nyc.flights GROUP BY 1 ORDER BY 1",
        database=database,
        deadline=soon(),
    )
    assert answer.table.to_pylist()[0] == {"carrier": "carrier 0", "n": 334, "total": 166833}
    assert answer.types == ("STRING", "INT64", "INT64")
    assert (answer.row_count, answer.truncated) == (3, False)


def test_parameters_are_bound_by_name_and_those_unused_do_no_harm(
    pool: WorkerPool, database: Path
) -> None:
    parameters: list[dict[str, object]] = [
        {"name": "carrier", "type": "STRING", "value": "x' OR '1'='1"},
        {"name": "days", "type": "ARRAY<DATE>", "value": ["2013-01-02", "2013-01-03"]},
        {"name": "unused", "type": "INT64", "value": 1},
        {"name": "nothing", "type": "DATE", "value": None},
    ]
    answer = pool.execute(
        "SELECT count(*) FILTER (carrier = $carrier) AS injected, "
        "count(*) FILTER (list_contains($days::DATE[], day)) AS days, "
        "any_value($nothing::DATE) AS nothing FROM nyc.flights",
        database=database, parameters=parameters, deadline=soon(),
    )  # fmt: skip
    assert answer.table.to_pylist() == [{"injected": 0, "days": 66, "nothing": None}]


def test_rows_past_the_cap_are_counted_and_not_kept(pool: WorkerPool, database: Path) -> None:
    answer = pool.execute(
        "SELECT i FROM range(100001) t(i)", database=database, deadline=soon(), max_rows=20_000
    )
    assert (answer.table.num_rows, answer.row_count, answer.truncated) == (20_000, 100_001, True)
    assert answer.table.column("i").to_pylist() == list(range(20_000))


def test_a_result_of_exactly_the_cap_is_whole(pool: WorkerPool, database: Path) -> None:
    answer = pool.execute(
        "SELECT i FROM range(16384) t(i)", database=database, deadline=soon(), max_rows=16_384
    )
    assert (answer.table.num_rows, answer.truncated) == (16_384, False)


def test_bytes_past_the_cap_are_counted_and_not_kept(pool: WorkerPool, database: Path) -> None:
    answer = pool.execute(
        "SELECT repeat('x', 1000) AS x FROM range(30000)",
        database=database, deadline=soon(), max_bytes=10**6,
    )  # fmt: skip
    assert answer.row_count == 30_000
    assert 900 < answer.table.num_rows < 1000
    assert answer.truncated


def test_a_result_without_rows_keeps_its_columns(pool: WorkerPool, database: Path) -> None:
    answer = pool.execute(
        "SELECT id, fare FROM nyc.flights WHERE false", database=database, deadline=soon()
    )
    assert answer.table.column_names == ["id", "fare"]
    assert answer.types == ("INT64", "NUMERIC")
    assert answer.row_count == 0


def test_an_error_in_the_middle_of_a_result_leaves_the_worker_usable(
    pool: WorkerPool, database: Path
) -> None:
    failing = "SELECT CASE WHEN i > 50000 THEN error('bad row') END FROM range(99999) t(i)"
    for _ in range(3):
        with pytest.raises(WorkerError, match="bad row"):
            pool.execute(failing, database=database, deadline=soon())
        pids = pool.pids()
        answer = pool.execute("SELECT 42 AS x", database=database, deadline=soon())
        assert answer.table.to_pylist() == [{"x": 42}]
        assert pool.pids() == pids


@pytest.mark.parametrize(
    "sql", ["ATTACH ':memory:' AS m", "SET threads = 1", "SELECT 1; SELECT 2", "",
            "CREATE TABLE t(i INT)", "PRAGMA database_list", "COPY (SELECT 1) TO '/tmp/x'"],
)  # fmt: skip
def test_only_one_select_reaches_duckdb(pool: WorkerPool, database: Path, sql: str) -> None:
    with pytest.raises(WorkerError, match="Only one SELECT"):
        pool.execute(sql, database=database, deadline=soon())


def test_the_deadline_kills_the_worker_and_the_next_statement_has_another(
    pool: WorkerPool, database: Path
) -> None:
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        pool.execute(ENDLESS, database=database, deadline=soon(0.5))
    assert time.monotonic() - started < 30
    assert wait_until_gone(pid)
    assert pool.execute("SELECT 1", database=database, deadline=soon()).row_count == 1


def test_cancelling_kills_the_worker_at_once(pool: WorkerPool, database: Path) -> None:
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    token = CancelToken()
    cancelling = when(lambda: works(pool), token.cancel)
    # Otherwise it ends at its deadline, which is another error.
    with pytest.raises(QueryCancelled):
        pool.execute(ENDLESS, database=database, deadline=soon(), cancel=token)
    assert wait_until_gone(pid)
    cancelling.join()


def test_a_cancelled_token_never_starts_a_statement(pool: WorkerPool, database: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(QueryCancelled):
        pool.execute("SELECT 1", database=database, deadline=soon(), cancel=token)
    assert pool.pids() == ()


def test_an_interrupt_kills_the_worker_and_the_next_statement_works(
    pool: WorkerPool, database: Path
) -> None:
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    with pytest.raises(KeyboardInterrupt):
        interrupting = when(lambda: works(pool), lambda: os.kill(os.getpid(), signal.SIGINT))
        pool.execute(ENDLESS, database=database, deadline=soon())
    assert wait_until_gone(pid)
    assert pool.execute("SELECT 1", database=database, deadline=soon()).row_count == 1
    interrupting.join()


def test_a_token_cancelled_after_the_answer_harms_nobody(pool: WorkerPool, database: Path) -> None:
    token = CancelToken()
    pool.execute("SELECT 1", database=database, deadline=soon(), cancel=token)
    pids = pool.pids()
    token.cancel()
    pool.execute("SELECT 1", database=database, deadline=soon())
    assert pool.pids() == pids


def test_waiting_for_a_worker_honours_cancel_and_deadline(database: Path) -> None:
    pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=1)
    stop = CancelToken()
    busy = threading.Thread(target=_ignore, args=(pool, database, stop))
    busy.start()
    try:
        until(lambda: pool.facts()["busy"] == 1)
        with pytest.raises(QueryTimeout, match="waited"):
            pool.execute("SELECT 1", database=database, deadline=soon(0.2))
        token = CancelToken()
        cancelling = when(lambda: pool.waiting() == 1, token.cancel)
        with pytest.raises(QueryCancelled):
            pool.execute("SELECT 1", database=database, deadline=soon(), cancel=token)
        cancelling.join()
        assert busy.is_alive()
        assert pool.facts()["waiting"] == 0
    finally:
        stop.cancel()
        busy.join()
        pool.close()


def _ignore(pool: WorkerPool, database: Path, cancel: CancelToken) -> None:
    with pytest.raises(QueryCancelled):
        pool.execute(ENDLESS, database=database, deadline=soon(200), cancel=cancel)


def test_many_threads_share_the_workers_and_each_gets_its_own_answer(
    pool: WorkerPool, database: Path
) -> None:
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        sql = f"SELECT {number} AS x FROM nyc.flights LIMIT 1"
        answer = pool.execute(sql, database=database, deadline=soon())
        answers[number] = answer.table.to_pylist()[0]["x"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: number for number in range(40)}
    assert len(pool.pids()) <= 2


def test_a_worker_that_dies_by_itself_is_told_and_replaced(
    pool: WorkerPool, database: Path
) -> None:
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    killing = when(lambda: works(pool), lambda: os.kill(pid, signal.SIGSEGV))
    with pytest.raises(WorkerCrashError) as caught:
        pool.execute(ENDLESS, database=database, deadline=soon())
    killing.join()
    assert caught.value.exit_code == -signal.SIGSEGV
    assert pool.execute("SELECT 1", database=database, deadline=soon()).row_count == 1


def test_an_idle_worker_that_was_killed_is_replaced_without_a_word(
    pool: WorkerPool, database: Path
) -> None:
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGKILL)
    until(lambda: ended(pid))
    assert pool.execute("SELECT 1", database=database, deadline=soon()).row_count == 1


def test_a_missing_database_is_no_crash_of_the_statement(pool: WorkerPool, tmp_path: Path) -> None:
    with pytest.raises(WorkerStartError):
        pool.execute("SELECT 1", database=tmp_path / "none.duckdb", deadline=soon())


def test_a_deadline_shorter_than_the_start_leaves_the_worker_to_the_next(
    pool: WorkerPool, database: Path
) -> None:
    with pytest.raises(QueryTimeout):
        pool.execute("SELECT 1", database=database, deadline=soon(0.01))
    pids = pool.pids()
    assert len(pids) == 1
    pool.execute("SELECT 1", database=database, deadline=soon())
    assert pool.pids() == pids


def test_another_database_gets_another_worker(
    pool: WorkerPool, database: Path, tmp_path: Path
) -> None:
    other = make_database(tmp_path / "other.duckdb", rows=7)
    count = "SELECT count(*) AS n FROM nyc.flights"
    counts = [
        pool.execute(count, database=path, deadline=soon()).table.to_pylist()[0]["n"]
        for path in (database, other, database)
    ]
    assert counts == [1000, 7, 1000]
    assert len(pool.pids()) == 1


def test_warming_starts_a_worker_before_it_is_needed(pool: WorkerPool, database: Path) -> None:
    pool.warm(database)
    pool.warm(database)
    until(lambda: len(pool.pids()) == 1)
    pids = pool.pids()
    assert len(pids) == 1
    pool.execute("SELECT 1", database=database, deadline=soon())
    assert pool.pids() == pids


def test_closing_ends_every_worker_and_what_runs(database: Path) -> None:
    pool = WorkerPool(workers=2, memory_limit_bytes=256 * 2**20, threads=1)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            pool.execute(ENDLESS, database=database, deadline=soon(60))
        except EngineUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: pool.facts()["busy"] == 2 and len(pool.pids()) == 2)
    pids = pool.pids()
    pool.close()
    for thread in threads:
        thread.join(50)
    assert len(failures) == 3
    assert all(wait_until_gone(pid) for pid in pids)
    with pytest.raises(EngineUnavailable, match="closed"):
        pool.execute("SELECT 1", database=database, deadline=soon())


def test_closing_twice_is_fine(database: Path) -> None:
    pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=1)
    pool.execute("SELECT 1", database=database, deadline=soon())
    pids = pool.pids()
    pool.close()
    pool.close()
    gc.collect()
    assert all(wait_until_gone(pid) for pid in pids)


PROGRAM = """
import sys, time
from pathlib import Path
from peter_core.engine.worker_pool import WorkerPool
pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=1)
database = Path(sys.argv[1])
pool.execute("SELECT 1", database=database, deadline=time.monotonic() + 30)
print(*pool.pids(), flush=True)
if sys.argv[2] == "busy":
    pool.execute(sys.argv[3], database=database, deadline=time.monotonic() + 60)
elif sys.argv[2] == "idle":
    time.sleep(60)
"""


def _program(database: Path, how: str) -> tuple[subprocess.Popen[str], int]:
    program = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(database), how, ENDLESS],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )  # fmt: skip
    assert program.stdout is not None
    return program, int(program.stdout.readline())


@pytest.mark.parametrize("how", ["busy", "idle"])
def test_workers_die_with_a_parent_that_is_killed(database: Path, how: str) -> None:
    program, pid = _program(database, how)
    time.sleep(0.3)
    assert alive(pid)
    program.kill()
    program.communicate()
    assert wait_until_gone(pid)


def test_a_program_that_forgets_to_close_leaves_no_worker_and_no_complaint(
    database: Path,
) -> None:
    program, pid = _program(database, "leave")
    _, complaints = program.communicate(timeout=120)
    assert (program.returncode, complaints) == (0, "")
    assert wait_until_gone(pid)


def test_a_fork_has_workers_of_its_own(pool: WorkerPool, database: Path) -> None:
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            answer = pool.execute("SELECT 5 AS x", database=database, deadline=soon())
            own = pool.pids()
            code = 0 if answer.row_count == 1 and pid not in own and len(own) == 1 else 2
            pool.close()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.pids() == (pid,)
    assert pool.execute("SELECT 1", database=database, deadline=soon()).row_count == 1
    assert pool.pids() == (pid,)


def test_workers_get_none_of_the_parents_secrets(
    pool: WorkerPool, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_TEST_SECRET", "canary-5521")
    pool.execute("SELECT 1", database=database, deadline=soon())
    (pid,) = pool.pids()
    # The worker forbids even its siblings a look at its environment, but not root.
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except PermissionError:
        pytest.skip("needs to read another process's environment")
    assert b"canary-5521" not in environment
    assert b"HOME=" not in environment
