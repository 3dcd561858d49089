"""The scripted BigQuery keeps jobs, pages, metadata and faults as its interface has them."""

from __future__ import annotations

import datetime as dt
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from google.api_core import exceptions
from google.cloud import bigquery

from tests.core.engine.fake_warehouse import (
    UTC,
    ask,
    read_arrow,
    rows,
    run,
    warehouse,
)
from tests.fakes.bigquery import FakeBigQuery, Fault
from tests.fakes.bigquery.discovery import differences


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    with warehouse() as fake:
        yield fake


def test_a_job_id_is_taken_once(fake: FakeBigQuery) -> None:
    run(fake, "SELECT 1", job_id="mine")
    with pytest.raises(exceptions.Conflict, match=r"Already Exists: Job test-project:US\.mine"):
        run(fake, "SELECT 2", job_id="mine")
    assert fake.jobs_created == ["mine"]


def test_a_job_is_found_in_its_own_location_only(fake: FakeBigQuery) -> None:
    run(fake, "SELECT 1", job_id="mine")
    assert fake.client().get_job("mine", location="us").state == "DONE"
    with pytest.raises(exceptions.NotFound, match=r"Not found: Job test-project:EU\.mine"):
        fake.client().get_job("mine", location="EU", retry=None)


def test_pages_follow_one_another_to_the_last_row(fake: FakeBigQuery) -> None:
    found = run(fake, "SELECT id FROM sales.orders ORDER BY id").result()
    assert [row[0] for row in found] == list(range(100))
    assert found.total_rows == 100
    pages = [one for one in fake.requests("jobs.getQueryResults") if "pageToken" in one.query]
    assert len(pages) == 2


def test_a_start_index_begins_in_the_middle(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT id FROM sales.orders ORDER BY id")
    assert job.destination is not None
    found = fake.client().list_rows(
        job.destination, selected_fields=[bigquery.SchemaField("id", "INTEGER")], start_index=97
    )
    assert [row[0] for row in found] == [97, 98, 99]


def test_a_result_can_be_queried_where_it_is_kept(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT id, name FROM sales.orders WHERE id < 10")
    assert job.destination is not None
    assert rows(fake, f"SELECT COUNT(*), MAX(name) FROM `{job.destination}`") == [(10, "n9")]
    listed = [one.dataset_id for one in fake.client().list_datasets()]
    assert listed == ["hr", "logs", "sales"]


def test_metadata_tells_size_schema_and_kind(fake: FakeBigQuery) -> None:
    client = fake.client()
    orders = client.get_table("sales.orders")
    assert (orders.num_rows, orders.num_bytes) == (100, 100 * 16 + 490)
    assert client.get_table("sales.v").view_query == "SELECT id, amount FROM `sales.orders`"
    assert client.get_table("logs.live").streaming_buffer is not None
    assert client.get_table("logs.away").table_type == "EXTERNAL"
    parts = client.get_table("logs.parts")
    assert parts.time_partitioning is not None
    assert (parts.time_partitioning.field, parts.require_partition_filter) == ("day", True)
    assert parts.clustering_fields == ["n"]
    assert client.get_table("other-project.pub.names").project == "other-project"
    kinds = {one.table_id: one.table_type for one in client.list_tables("sales")}
    assert kinds == {
        "big": "TABLE", "orders": "TABLE", "typed": "TABLE", "v": "VIEW", "vv": "VIEW",
    }  # fmt: skip
    with pytest.raises(exceptions.NotFound):
        client.get_table("sales.nope")
    with pytest.raises(exceptions.Forbidden):
        client.get_table("hr.pay")


def test_a_long_list_comes_in_pages(fake: FakeBigQuery) -> None:
    found = fake.client().list_tables("sales", page_size=2)
    assert len(list(found)) == 5
    assert len(fake.requests("tables.list")) == 3


def test_a_tables_modified_time_moves_when_a_test_moves_it(fake: FakeBigQuery) -> None:
    moment = dt.datetime(2026, 5, 1, 12, tzinfo=UTC)
    fake.touch("sales.orders", moment)
    assert fake.client().get_table("sales.orders").modified == moment


def test_a_running_job_is_waited_for_and_may_be_cancelled(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "stay_running"))
    client = fake.client()
    job = client.query("SELECT id FROM sales.orders", job_id="slow", job_retry=None)
    assert ask(fake, "/queries/slow?timeoutMs=50") == {
        "kind": "bigquery#getQueryResultsResponse",
        "jobReference": {"projectId": "test-project", "jobId": "slow", "location": "US"},
        "jobComplete": False,
    }
    threading.Timer(0.1, lambda: client.cancel_job("slow")).start()
    with pytest.raises(exceptions.ClientError, match="User requested cancellation"):
        job.result(retry=None, timeout=60)
    assert fake.cancelled == ["slow"]


def test_a_job_ends_at_its_own_timeout(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "stay_running"))
    with pytest.raises(exceptions.ClientError, match=r"timed out after 0\.1s"):
        run(fake, "SELECT id FROM sales.orders", job_timeout_ms=100)


def test_a_fault_hits_the_request_it_names_and_no_other(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "status", nth=2, status=429, reason="rateLimitExceeded"))
    run(fake, "SELECT 1")
    with pytest.raises(exceptions.TooManyRequests):
        run(fake, "SELECT 2")
    run(fake, "SELECT 3")
    assert len(fake.jobs_created) == 2


@pytest.mark.parametrize("after", [False, True])
def test_a_reset_before_the_commit_leaves_no_job_and_one_after_it_does(
    fake: FakeBigQuery, after: bool
) -> None:
    fake.script(Fault("jobs.insert", "reset", after=after))
    with pytest.raises(Exception, match=r"reset|closed|aborted|Connection"):
        run(fake, "SELECT 1", job_id="mine")
    assert fake.jobs_created == (["mine"] if after else [])


@pytest.mark.parametrize("kind", ["cut", "broken", "page"])
def test_half_an_answer_is_no_answer(fake: FakeBigQuery, kind: Any) -> None:
    fake.script(Fault("datasets.list", kind, status=502))
    with pytest.raises(
        Exception, match=r"(?i)incomplete|broken|delimiter|unterminated|502|expecting"
    ):
        list(fake.client().list_datasets(retry=None))
    assert len(list(fake.client().list_datasets())) == 3


def test_a_lost_job_is_found_again_when_its_time_has_come(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "lose_job", seconds=0.2))
    client = fake.client()
    client.query("SELECT 1", job_id="mine", job_retry=None)
    with pytest.raises(exceptions.NotFound, match="Not found: Job"):
        client.get_job("mine", retry=None)
    time.sleep(0.25)
    assert client.get_job("mine", retry=None).state == "DONE"


def test_endless_rows_are_made_as_they_are_read(fake: FakeBigQuery) -> None:
    fake.script(Fault("jobs.insert", "endless", rows=5_000_000, row_bytes=1000))
    found = run(fake, "SELECT name FROM sales.orders").result(page_size=30)
    assert found.total_rows == 5_000_000
    first = next(iter(found.pages))
    assert first.num_items == 30
    assert {len(row[0]) for row in first} == {1000}


def test_a_slow_answer_takes_its_time(fake: FakeBigQuery) -> None:
    fake.script(Fault("datasets.list", "slow", bytes_per_second=1000))
    began = time.monotonic()
    assert len(list(fake.client().list_datasets())) == 3
    assert time.monotonic() - began > 0.2


def test_a_result_can_be_read_as_arrow_in_its_order(fake: FakeBigQuery) -> None:
    found = read_arrow(fake, run(fake, "SELECT id, name FROM sales.orders ORDER BY id"))
    assert found.to_pydict() == {"id": list(range(100)), "name": [f"n{i}" for i in range(100)]}


def test_a_result_without_rows_has_its_columns_in_arrow(fake: FakeBigQuery) -> None:
    found = read_arrow(fake, run(fake, "SELECT id FROM sales.orders WHERE id < 0"))
    assert (found.column_names, found.num_rows) == (["id"], 0)


def test_a_stream_that_is_cut_gave_the_first_half(fake: FakeBigQuery) -> None:
    fake.script(
        Fault("jobs.insert", "endless", rows=10_000, row_bytes=10),
        Fault("storage.readRows", "cut"),
    )
    job = run(fake, "SELECT name FROM sales.orders")
    with pytest.raises(exceptions.ServiceUnavailable, match="stream was closed"):
        read_arrow(fake, job)
    assert read_arrow(fake, job).num_rows == 10_000
    assert len(fake.requests("storage.readRows")) == 2


def test_every_answer_is_one_of_the_discovery_document(fake: FakeBigQuery) -> None:
    config = {"query": {"query": "SELECT a, r FROM sales.typed", "useLegacySql": False}}
    wrong = {"query": {"query": "SELECT 1 / (id - 3) FROM sales.orders", "useLegacySql": False}}
    answers = [
        ("Job", ask(fake, "/jobs", {"configuration": config | {"dryRun": True}})),
        ("Job", ask(fake, "/jobs", {"configuration": config, "jobReference": {"jobId": "one"}})),
        ("Job", ask(fake, "/jobs", {"configuration": wrong})),
        ("Job", ask(fake, "/jobs/one")),
        ("JobCancelResponse", ask(fake, "/jobs/one/cancel", {})),
        ("GetQueryResultsResponse", ask(fake, "/queries/one")),
        ("QueryResponse", ask(fake, "/queries", config["query"])),
        ("DatasetList", ask(fake, "/datasets")),
        ("Dataset", ask(fake, "/datasets/sales")),
        ("TableList", ask(fake, "/datasets/sales/tables")),
        ("TableDataList", ask(fake, "/datasets/sales/tables/orders/data")),
        *(
            ("Table", ask(fake, f"/datasets/{name}"))
            for name in ("sales/tables/orders", "sales/tables/v", "logs/tables/live",
                         "logs/tables/away", "logs/tables/parts", "sales/tables/typed")
        ),
    ]  # fmt: skip
    assert [text for schema, answer in answers for text in differences(schema, answer)] == []


def test_the_document_tells_a_name_or_a_type_that_is_not_its_own() -> None:
    wrong = {"totalRows": 3, "rows": {}, "invented": 1, "jobReference": {"job": "x"}}
    assert list(differences("GetQueryResultsResponse", wrong)) == [
        "totalRows is no string but 3",
        "rows is no list",
        "invented is not in GetQueryResultsResponse",
        "jobReference.job is not in JobReference",
    ]


def test_the_journal_keeps_every_request_in_order(fake: FakeBigQuery) -> None:
    run(fake, "SELECT 1", job_id="mine")
    first, second, *_ = fake.journal
    assert (first.operation, first.job_id, first.sql, first.status) == (
        "jobs.insert", "mine", "SELECT 1", 200,
    )  # fmt: skip
    assert second.operation == "jobs.getQueryResults"
    assert first.at < second.at
    assert len(first.digest) == 16


def test_latency_is_added_to_every_answer() -> None:
    with FakeBigQuery({"d.t": pa.table({"x": [1]})}, latency_s=0.05) as fake:
        began = time.monotonic()
        list(fake.client().list_datasets())
        assert time.monotonic() - began >= 0.05


def test_an_operation_bigquery_has_not_is_not_found(fake: FakeBigQuery) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(fake, "/routes")
    assert caught.value.code == 404
    caught.value.close()


def test_many_clients_at_once_are_answered_each_its_own(fake: FakeBigQuery) -> None:
    with ThreadPoolExecutor(8) as pool:
        sums = pool.map(lambda n: rows(fake, f"SELECT SUM(id) + {n} FROM sales.orders"), range(24))
    assert [found[0][0] for found in sums] == [4950 + n for n in range(24)]
    assert len(set(fake.jobs_created)) == 24


def test_nothing_of_a_fake_is_left_when_it_ends() -> None:
    before = set(threading.enumerate())
    with FakeBigQuery({"d.t": pa.table({"x": [1]})}) as fake:
        fake.script(Fault("jobs.insert", "hang", seconds=60, after=True))
        with pytest.raises(Exception, match=r"(?i)timed out|timeout"):
            fake.client().query("SELECT 1", job_retry=None, retry=None, timeout=0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 30
    assert set(threading.enumerate()) <= before
