"""Rows, profiles and metadata of BigQuery come through faults, and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pyarrow as pa
import pytest

from peter_core.engine.bigquery import BigQueryEngine
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault
from tests.faults.bigquery_runs import (
    ROWS,
    SLACK_S,
    engine_of,
    job_of,
    run,
    unplanned,
)


def test_the_storage_read_api_gives_the_rows_without_pages(fake: FakeBigQuery) -> None:
    with fake.storage_client() as reader:
        engine = engine_of(fake, storage_read=True, storage_client=reader)
        result, code, _ = run(engine, job_of())
        engine.close()
    assert code is None
    assert result.table.to_pylist() == ROWS
    assert len(fake.requests("storage.readRows")) == 1
    assert not [request for request in fake.journal if "startIndex" in request.query]


def test_metadata_is_served_as_it_was_while_bigquery_is_away(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, table_ttl_s=0.05, dataset_ttl_s=0.05)
    before = engine.table("sales.orders")
    listed = engine.tables()
    time.sleep(0.1)
    fake.script(Fault("*", "status", times=None))
    assert engine.table("sales.orders") == before
    assert [table.id for table in engine.tables()] == [table.id for table in listed]
    asked = len(fake.journal)
    # An outage is not tried out by everyone who looks.
    assert engine.table("sales.orders") == before
    assert len(fake.journal) == asked
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
        Fault("jobs.dryRun", "hang", nth=2, seconds=120),
        Fault("jobs.insert", "stay_running", nth=2),
        Fault("jobs.insert", "job_error", nth=2, reason="resourcesExceeded"),
    ],
    ids=lambda fault: f"{fault.on}-{fault.kind}",
)
def test_a_profile_that_cannot_be_had_is_none_by_the_deadline(
    fault: Fault, fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    fake.script(fault)
    job = job_of(max_rows=5)
    result = engine.run(job)
    began = time.monotonic()
    assert engine.profile(result, replace(job, timeout_s=1)) is None
    assert time.monotonic() - began < 1 + SLACK_S


@pytest.mark.parametrize("way", ["rest", "storage"])
def test_five_gigabytes_stop_at_the_cap_in_little_memory(way: str) -> None:
    table = FakeTable(pa.table({"name": ["a"], "note": ["b"]}), claimed_bytes=5 * 10**9)
    with FakeBigQuery({"sales.orders": table}, page_rows=10_000) as fake:
        fake.script(Fault("jobs.insert", "endless", nth=2, rows=5_000_000, row_bytes=1000))
        program = [sys.executable, "-m", "tests.faults.bigquery_reader", fake.url, str(32 * 2**20)]
        if way == "storage":
            program.append(fake.storage_address)
        done = subprocess.run(program, capture_output=True, text=True, timeout=200, check=False)
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
