"""Whatever BigQuery does: one billed job at most, the deadline kept, the right rows or code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.port import CancelToken, Job
from peter_core.errors import (
    BytesCapExceeded,
    Overloaded,
    PeterError,
    QueryCancelled,
    SqlError,
)
from peter_core.sql.statement import parse
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault
from tests.fakes.bigquery.statement_types import statement_type
from tests.faults.bigquery_scripts import SCRIPTS, STORAGE, Script

SLACK_S = 0.5
"""How far past its deadline an answer may be."""
SQL = "SELECT id, amount FROM sales.orders ORDER BY id"
ORDERS = pa.table({"id": list(range(100)), "amount": [i / 2 for i in range(100)]})
ROWS = [{"id": i, "amount": i / 2} for i in range(100)]


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    with FakeBigQuery({"sales.orders": ORDERS}, page_rows=40) as fake:
        yield fake


@pytest.fixture
def engine(fake: FakeBigQuery) -> Iterator[BigQueryEngine]:
    engine = engine_of(fake)
    yield engine
    engine.close()


def engine_of(fake: FakeBigQuery, **options: Any) -> BigQueryEngine:
    settings: dict[str, Any] = {
        "location": "US", "default_dataset": None, "datasets": None, "credentials_file": None,
        "api_endpoint": fake.url, "user_salt": b"salt",
    }  # fmt: skip
    return BigQueryEngine(fake.project, **(settings | options))


def job_of(sql: str = SQL, **options: Any) -> Job:
    settings = {"statement": parse(sql), "timeout_s": 3.0, "max_bytes": 20 * 2**20}
    return Job(**(settings | options))


def unplanned(fake: FakeBigQuery) -> list[str | None]:
    """Statements that were run without a dry run of the same text before."""
    tried: set[str | None] = set()
    found = []
    for request in fake.requests("jobs.dryRun", "jobs.insert", "jobs.query"):
        if request.operation == "jobs.dryRun":
            tried.add(request.sql)
        elif request.sql not in tried:
            found.append(request.sql)
    return found


def eventually(check: Any, seconds: float = 2.0) -> bool:
    """Whether it becomes true in time."""
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def run(engine: BigQueryEngine, job: Job) -> tuple[Any, str | None, float]:
    """The result or the code of the error, and the seconds it took."""
    began = time.monotonic()
    try:
        result, code = engine.run(job), None
    except PeterError as error:
        result, code = None, error.code
        # Neither where the servers are nor what Python calls it is for readers.
        assert "127.0.0.1" not in str(error)
        assert "Traceback" not in str(error)
        assert error.message.endswith((".", "!", "?"))
    return result, code, time.monotonic() - began


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name.replace(" ", "-"))
def test_a_fault_costs_one_job_at_most_and_never_the_deadline(
    script: Script, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    _play(script, fake, engine)


@pytest.mark.parametrize("script", STORAGE, ids=lambda script: script.name.replace(" ", "-"))
def test_a_fault_of_the_storage_read_api_is_no_fault_of_the_query(
    script: Script, fake: FakeBigQuery
) -> None:
    with fake.storage_client() as reader:
        engine = engine_of(fake, storage_read=True, storage_client=reader)
        _play(script, fake, engine)
        engine.close()
    assert fake.requests("storage.createReadSession")


def test_the_storage_read_api_gives_the_rows_without_pages(fake: FakeBigQuery) -> None:
    with fake.storage_client() as reader:
        engine = engine_of(fake, storage_read=True, storage_client=reader)
        result, code, _ = run(engine, job_of())
        engine.close()
    assert code is None
    assert result.table.to_pylist() == ROWS
    assert len(fake.requests("storage.readRows")) == 1
    assert not [request for request in fake.journal if "startIndex" in request.query]


def _play(script: Script, fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(*script.faults)
    began = time.monotonic()
    result, code, seconds = run(engine, job_of(timeout_s=script.timeout_s))
    assert seconds <= (script.within_s or script.timeout_s) + SLACK_S
    assert code == script.code
    if script.code is None:
        assert result.table.to_pylist() == ROWS
        assert (result.row_count, result.truncated) == (100, False)
    if script.cancelled:
        assert eventually(lambda: fake.cancelled)
    _hold_promises(fake, script, began + script.timeout_s)


def _hold_promises(fake: FakeBigQuery, script: Script, deadline: float) -> None:
    if time.monotonic() > deadline - 0.2:
        time.sleep(0.4)  # long enough for a retry nobody waits for
    inserts = fake.requests("jobs.insert")
    assert len(fake.billed_jobs) == script.billed
    assert len(fake.jobs_created) <= 1
    assert len({request.job_id for request in inserts}) <= 1
    assert len(inserts) <= script.inserts
    assert unplanned(fake) == []
    assert len(fake.cancelled) <= 1
    late = [r for r in fake.journal if r.at > deadline + 0.1 and r.operation != "jobs.cancel"]
    assert late == []
    assert not [request for request in fake.journal if request.status == 418]


def test_there_are_scripts_for_every_part_of_a_run() -> None:
    assert len(SCRIPTS) >= 40
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS)


def test_the_cap_that_was_exceeded_is_named(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault("jobs.insert", "job_error", reason="bytesBilledLimitExceeded"))
    with pytest.raises(BytesCapExceeded, match=r"20,971,520|21 MB|20 MB"):
        engine.run(job_of())


def test_a_job_over_its_cap_bills_nothing(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    with pytest.raises(BytesCapExceeded):
        engine.run(job_of(max_bytes=10 * 2**20 - 1))
    assert fake.billed_jobs == []


def test_nothing_but_a_query_is_ever_run_even_when_the_guard_slept(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    folder = Path(__file__).parent.parent / "fixtures" / "sql" / "refused"
    passed = parse(SQL)
    asked = 0
    for file in sorted(folder.glob("*.sql")):
        text = file.read_bytes().decode("utf-8")
        if statement_type(text) is not None or ";" in text.strip().rstrip(";"):
            asked += 1
            with pytest.raises(SqlError):
                engine.run(job_of(statement=replace(passed, text=text)))
    assert asked > 120
    assert len(fake.requests("jobs.dryRun")) >= asked
    assert fake.requests("jobs.insert", "jobs.query") == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pay FROM hr.people",
        "SELECT id FROM sales.orders WHERE id IN (SELECT pay FROM hr.people)",
        "SELECT n FROM `elsewhere.pub.names`",
        "SELECT pay FROM `hr.*`",
        "SELECT pay FROM hr.view",
    ],
)
def test_nothing_outside_the_allowed_datasets_is_ever_run(sql: str) -> None:
    tables = {
        "sales.orders": ORDERS,
        "hr.people": pa.table({"pay": [1]}),
        "hr.view": FakeTable(type="VIEW", sql="SELECT pay FROM `hr.people`"),
        "elsewhere.pub.names": pa.table({"n": ["a"]}),
    }
    with FakeBigQuery(tables) as fake:
        engine = engine_of(fake, datasets=frozenset({"sales"}))
        with pytest.raises(SqlError):
            engine.run(job_of(sql))
        assert engine.run(job_of()).row_count == 100
        engine.close()
        assert len(fake.requests("jobs.insert")) == 1


def test_a_cancel_reaches_bigquery_once_and_at_once(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "stay_running"))
    token = CancelToken()
    threading.Timer(0.4, token.cancel).start()
    began = time.monotonic()
    with pytest.raises(QueryCancelled):
        engine.run(job_of(timeout_s=10), token)
    assert time.monotonic() - began < 0.4 + SLACK_S
    assert eventually(lambda: fake.cancelled)
    token.cancel()
    time.sleep(0.2)
    assert fake.cancelled == fake.jobs_created


def test_a_cancel_before_the_insert_runs_nothing(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.dryRun", "delay", seconds=0.4))
    token = CancelToken()
    threading.Timer(0.1, token.cancel).start()
    with pytest.raises(QueryCancelled):
        engine.run(job_of(), token)
    time.sleep(0.6)
    assert fake.requests("jobs.insert") == []


def test_a_cancel_while_the_insert_is_under_way_still_stops_the_job(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "delay", seconds=0.5), Fault("jobs.insert", "stay_running"))
    token = CancelToken()
    threading.Timer(0.2, token.cancel).start()
    with pytest.raises(QueryCancelled):
        engine.run(job_of(timeout_s=5), token)
    assert eventually(lambda: [job.id for job in fake.jobs if job.cancelled])


def test_an_interrupt_stops_the_job_and_frees_the_caller(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "stay_running"))
    threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.run(job_of(timeout_s=10))
    assert time.monotonic() - began < 1.4
    assert eventually(lambda: fake.cancelled)
    assert fake.cancelled == fake.jobs_created


def test_a_wait_that_bigquery_asks_for_is_kept(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    busy = {"status": 429, "reason": "rateLimitExceeded", "retry_after": "1"}
    fake.script(Fault("jobs.insert", "status", **busy))
    assert run(engine, job_of())[1] is None
    first, second = (request.at for request in fake.requests("jobs.insert"))
    assert 1 <= second - first < 1.5


def test_nobody_at_the_address_is_unavailable_by_the_deadline(fake: FakeBigQuery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    engine = engine_of(fake, api_endpoint=f"http://127.0.0.1:{port}")
    _, code, seconds = run(engine, job_of(timeout_s=0.8))
    engine.close()
    assert code == "engine_unavailable"
    assert seconds < 0.8 + SLACK_S


def test_an_address_that_stays_silent_ends_at_the_deadline(fake: FakeBigQuery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        engine = engine_of(fake, api_endpoint=f"http://127.0.0.1:{place.getsockname()[1]}")
        _, code, seconds = run(engine, job_of(timeout_s=0.8))
        engine.close()
    assert code == "query_timeout"
    assert seconds < 0.8 + SLACK_S


def test_closing_the_engine_cancels_what_runs(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault("jobs.insert", "stay_running", times=None))
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(run, engine, job_of(timeout_s=20)) for _ in range(3)]
        assert eventually(lambda: len(fake.jobs_created) == 3)
        began = time.monotonic()
        engine.close()
        codes = {future.result(timeout=5)[1] for future in runs}
    assert time.monotonic() - began < 3
    assert codes <= {"engine_unavailable", "query_cancelled"}
    assert sorted(fake.cancelled) == sorted(fake.jobs_created)


def test_many_at_once_run_a_few_at_a_time_and_each_once(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "run_for", seconds=0.15, times=None))
    engine = engine_of(fake, project_jobs=3, user_jobs=2, queue=50)
    jobs = [job_of(f"SELECT {n} AS n, id FROM sales.orders", timeout_s=8, user=f"u{n % 4}")
            for n in range(12)]  # fmt: skip
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda job: run(engine, job), jobs))
    engine.close()
    assert [code for _, code, _ in answers] == [None] * 12
    assert len(fake.billed_jobs) == 12
    assert _most_at_once(fake) <= 3


def _most_at_once(fake: FakeBigQuery) -> int:
    moments = [(job.began, 1) for job in fake.jobs] + [(job.ends_at, -1) for job in fake.jobs]
    running = most = 0
    for _, step in sorted(moments):
        running += step
        most = max(most, running)
    return most


def test_a_full_queue_refuses_at_once_and_runs_nothing(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "stay_running", times=None))
    engine = engine_of(fake, project_jobs=1, user_jobs=1, queue=0)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run, engine, job_of(timeout_s=1.5))
        assert eventually(lambda: fake.jobs_created)
        began = time.monotonic()
        with pytest.raises(Overloaded):
            engine.run(job_of("SELECT 1 AS one FROM sales.orders", timeout_s=1.5))
        assert time.monotonic() - began < SLACK_S
        assert first.result()[1] == "query_timeout"
    engine.close()
    assert len(fake.jobs_created) == 1


def test_a_turn_that_never_comes_ends_at_the_deadline(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "stay_running", times=None))
    engine = engine_of(fake, project_jobs=1, user_jobs=1, queue=5)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run, engine, job_of(timeout_s=2.5))
        assert eventually(lambda: fake.jobs_created)
        _, code, seconds = run(engine, job_of("SELECT 2 AS two FROM sales.orders", timeout_s=1))
    engine.close()
    assert code == "overloaded"
    assert seconds < 1 + SLACK_S
    assert len(fake.jobs_created) == 1


def test_after_an_outage_the_next_run_is_right(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault("*", "reset", times=None))
    assert run(engine, job_of(timeout_s=1))[1] == "engine_unavailable"
    fake.heal()
    result, code, seconds = run(engine, job_of())
    assert code is None
    assert result.table.to_pylist() == ROWS
    assert seconds < 1
    assert len(fake.billed_jobs) == 1


def test_metadata_is_served_as_it_was_while_bigquery_is_away(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, table_ttl_s=0.05, dataset_ttl_s=0.05)
    before = engine.table("sales.orders")
    listed = engine.tables()
    time.sleep(0.1)
    fake.script(Fault("*", "status", times=None))
    began = time.monotonic()
    assert engine.table("sales.orders") == before
    assert [table.id for table in engine.tables()] == [table.id for table in listed]
    assert time.monotonic() - began < 15
    engine.close()
    assert fake.jobs_created == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("tables.get", "status", times=2),
        Fault("tables.get", "reset"),
        Fault("tables.get", "cut"),
        Fault("tables.get", "broken"),
        Fault("tables.get", "page", status=502),
        Fault("tables.get", "status", status=429, reason="rateLimitExceeded"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_look_at_a_table_is_tried_again(
    fault: Fault, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(fault)
    assert engine.table("sales.orders").rows == 100


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("jobs.insert", "status", nth=2, status=429, reason="rateLimitExceeded"),
        Fault("jobs.insert", "reset", nth=2, after=True),
        Fault("jobs.dryRun", "reset", nth=2),
        Fault("jobs.getQueryResults", "cut", nth=2),
    ],
    ids=lambda fault: f"{fault.on}-{fault.kind}" if fault else "well",
)
def test_a_profile_costs_one_more_job(
    fault: Fault | None, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    if fault is not None:
        fake.script(fault)
    job = job_of(max_rows=5)
    result = engine.run(job)
    assert (result.truncated, result.row_count, result.table.num_rows) == (True, 100, 5)
    profiles = engine.profile(result, job)
    assert profiles is not None
    amount = next(one for one in profiles if one.name == "amount")
    assert (amount.nulls, amount.min, amount.max, amount.mean) == (0, 0.0, 49.5, 24.75)
    assert len(fake.jobs_created) == len(fake.billed_jobs) == 2
    assert unplanned(fake) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("jobs.insert", "status", nth=2, times=None, status=403, reason="quotaExceeded"),
        Fault("jobs.dryRun", "hang", nth=2, seconds=9),
        Fault("jobs.insert", "stay_running", nth=2),
        Fault("jobs.insert", "job_error", nth=2, reason="resourcesExceeded"),
    ],
    ids=lambda fault: f"{fault.on}-{fault.kind}",
)
def test_a_profile_that_cannot_be_had_is_none_by_the_deadline(
    fault: Fault, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(fault)
    job = job_of(max_rows=5, timeout_s=1)
    result = engine.run(job)
    began = time.monotonic()
    assert engine.profile(result, job) is None
    assert time.monotonic() - began < 1 + SLACK_S


@pytest.mark.parametrize("way", ["rest", "storage"])
def test_five_gigabytes_stop_at_the_cap_in_little_memory(way: str) -> None:
    table = FakeTable(pa.table({"name": ["a"], "note": ["b"]}), claimed_bytes=5 * 10**9)
    with FakeBigQuery({"sales.orders": table}, page_rows=10_000) as fake:
        fake.script(Fault("jobs.insert", "endless", nth=2, rows=5_000_000, row_bytes=1000))
        program = [sys.executable, "-m", "tests.faults.bigquery_reader", fake.url, str(32 * 2**20)]
        if way == "storage":
            program.append(fake.storage_address)
        done = subprocess.run(program, capture_output=True, text=True, timeout=50, check=False)
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout)
        assert facts["truncated"]
        assert facts["row_count"] == 5_000_000
        assert 16 * 2**20 < facts["kept_bytes"] <= 32 * 2**20
        assert facts["grown_bytes"] < 100 * 10**6
        # What was not kept was not fetched either: a few pages past the cap at most.
        assert facts["rows"] > 15_000
        assert len(fake.requests("jobs.getQueryResults", "tabledata.list")) < 60
        assert bool(fake.requests("storage.readRows")) == (way == "storage")
        assert len(fake.billed_jobs) == 1
