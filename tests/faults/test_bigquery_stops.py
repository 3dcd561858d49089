"""A query of BigQuery that nobody waits for, or that has no turn, is stopped and costs no more."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.port import CancelToken
from peter_core.errors import (
    Overloaded,
    QueryCancelled,
)
from tests.fakes.bigquery import FakeBigQuery, Fault
from tests.faults.bigquery_runs import (
    ROWS,
    SLACK_S,
    engine_of,
    eventually,
    job_of,
    run,
    when,
)


def test_a_cancel_reaches_bigquery_once_and_at_once(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "stay_running"))
    token = CancelToken()
    when(lambda: fake.jobs_created, token.cancel)
    # Otherwise it ends at its deadline, which is another error.
    with pytest.raises(QueryCancelled):
        engine.run(job_of(timeout_s=60), token)
    assert eventually(lambda: fake.cancelled)
    token.cancel()
    time.sleep(0.2)
    assert fake.cancelled == fake.jobs_created


def test_a_cancel_before_the_insert_runs_nothing(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    before = set(threading.enumerate())
    fake.script(Fault("jobs.dryRun", "delay", seconds=1))
    token = CancelToken()
    when(lambda: fake.requests("jobs.dryRun"), token.cancel)
    with pytest.raises(QueryCancelled):
        engine.run(job_of(timeout_s=60), token)
    assert eventually(lambda: not _at_work(before))
    assert fake.requests("jobs.insert") == []


def test_a_cancel_while_the_insert_is_under_way_still_stops_the_job(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "delay", seconds=0.5), Fault("jobs.insert", "stay_running"))
    token = CancelToken()
    when(lambda: fake.requests("jobs.insert"), token.cancel)
    with pytest.raises(QueryCancelled):
        engine.run(job_of(timeout_s=60), token)
    assert eventually(lambda: [job.id for job in fake.jobs if job.cancelled])


def test_an_interrupt_stops_the_job_and_frees_the_caller(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(Fault("jobs.insert", "stay_running"))
    with pytest.raises(KeyboardInterrupt):
        when(lambda: fake.jobs_created, lambda: os.kill(os.getpid(), signal.SIGINT))
        engine.run(job_of(timeout_s=60))
    assert eventually(lambda: fake.cancelled)
    assert fake.cancelled == fake.jobs_created


def test_nobody_at_the_address_is_unavailable_by_the_deadline(fake: FakeBigQuery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    engine = engine_of(fake, api_endpoint=f"http://127.0.0.1:{port}")
    # On a busy machine the deadline may come during a try.
    runs = (run(engine, job_of(timeout_s=1)) for _ in range(4))
    seconds = next(seconds for _, code, seconds in runs if code == "engine_unavailable")
    engine.close()
    assert seconds < 1 + SLACK_S


def test_an_address_that_stays_silent_ends_at_the_deadline(fake: FakeBigQuery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        engine = engine_of(fake, api_endpoint=f"http://127.0.0.1:{place.getsockname()[1]}")
        _, code, seconds = run(engine, job_of(timeout_s=0.8))
        engine.close()
    assert code == "query_timeout"
    assert seconds < 0.8 + SLACK_S


@pytest.mark.parametrize("on", ["jobs.dryRun", "jobs.insert", "jobs.getQueryResults", "pages"])
def test_a_call_that_hangs_holds_its_thread_no_longer_than_its_deadline(
    on: str, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    before = set(threading.enumerate())
    fake.script(Fault(on, "hang", seconds=250, times=None))
    assert run(engine, job_of(timeout_s=0.6))[1] == "query_timeout"
    assert eventually(lambda: not _at_work(before))


def _at_work(before: set[threading.Thread]) -> list[str]:
    """The threads that ask BigQuery something, but for those of before."""
    found = set(threading.enumerate()) - before
    return [thread.name for thread in found if thread.name.startswith("peter-bigquery")]


def test_closing_the_engine_cancels_what_runs(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault("jobs.insert", "stay_running", times=None))
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(run, engine, job_of(timeout_s=120)) for _ in range(3)]
        assert eventually(lambda: len(fake.jobs_created) == 3)
        engine.close()
        codes = {future.result(timeout=60)[1] for future in runs}
    # None of them at its deadline.
    assert codes <= {"engine_unavailable", "query_cancelled"}
    assert eventually(lambda: sorted(fake.cancelled) == sorted(fake.jobs_created))


def test_many_at_once_run_a_few_at_a_time_and_each_once(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "run_for", seconds=0.15, times=None))
    engine = engine_of(fake, project_jobs=3, user_jobs=2, queue=50)
    jobs = [job_of(f"SELECT {n} AS n, id FROM sales.orders", timeout_s=60, user=f"u{n % 4}")
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
        pool.submit(run, engine, job_of(timeout_s=120))
        assert eventually(lambda: fake.jobs_created)
        # One that waited for its turn in vain ends with another text.
        with pytest.raises(Overloaded, match="no more may"):
            engine.run(job_of("SELECT 1 AS one FROM sales.orders", timeout_s=60))
        engine.close()
    engine.close()
    assert len(fake.jobs_created) == 1


def test_a_turn_that_never_comes_ends_at_the_deadline(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "stay_running", times=None))
    engine = engine_of(fake, project_jobs=1, user_jobs=1, queue=5)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run, engine, job_of(timeout_s=120))
        assert eventually(lambda: fake.jobs_created)
        _, code, _ = run(engine, job_of("SELECT 2 AS two FROM sales.orders", timeout_s=1))
        assert not first.done()
        engine.close()
    assert code == "overloaded"
    assert len(fake.jobs_created) == 1


def test_after_an_outage_the_next_run_is_right(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault("*", "reset", times=None))
    # On a slow machine the deadline may come during a try.
    assert run(engine, job_of(timeout_s=1))[1] in ("engine_unavailable", "query_timeout")
    fake.heal()
    result, code, _ = run(engine, job_of())
    assert code is None
    assert result.table.to_pylist() == ROWS
    assert len(fake.billed_jobs) == 1
