"""The scripted BigQuery keeps what BigQuery promises, seen through the real client."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from google.api_core import exceptions
from google.cloud import bigquery

from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault
from tests.fakes.bigquery.discovery import differences

UTC = dt.UTC
TYPED_SCHEMA = {
    "i": "INT64", "f": "FLOAT64", "b": "BOOL", "s": "STRING", "y": "BYTES", "d": "DATE",
    "t": "TIME", "dt": "DATETIME", "ts": "TIMESTAMP", "n": "NUMERIC", "bn": "BIGNUMERIC",
    "j": "JSON", "g": "GEOGRAPHY", "a": "ARRAY<INT64>", "r": "STRUCT<x INT64, y ARRAY<STRING>>",
    "rs": "ARRAY<STRUCT<k STRING, v FLOAT64>>",
}  # fmt: skip
TYPED_ROW = {
    "i": 2**60, "f": 1.5, "b": True, "s": "ä, \"x\"", "y": b"\x00\xff", "d": dt.date(2024, 2, 29),
    "t": dt.time(1, 2, 3, 4), "dt": dt.datetime.fromisoformat("2024-01-01T10:00:00.000005"),
    "ts": dt.datetime(2024, 1, 1, 10, tzinfo=UTC), "n": Decimal("12.345"),
    "bn": Decimal("0.000000000000000001"), "j": '{"a": [1, null]}', "g": "POINT(1 2)",
    "a": [1, 2], "r": {"x": 1, "y": ["p", "q"]}, "rs": [{"k": "m", "v": 0.5}],
}  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    tables = {
        "sales.orders": pa.table(
            {"id": list(range(100)), "amount": [float(i) for i in range(100)],
             "name": [f"n{i}" for i in range(100)]}
        ),
        "sales.typed": FakeTable([TYPED_ROW, dict.fromkeys(TYPED_SCHEMA)], schema=TYPED_SCHEMA),
        "sales.big": FakeTable(
            pa.table({"x": [1, 2], "y": ["aaaaaa", "bbbbbb"]}), claimed_bytes=24 * 10**9
        ),
        "sales.v": FakeTable(type="VIEW", sql="SELECT id, amount FROM `sales.orders`"),
        "sales.vv": FakeTable(type="VIEW", sql="SELECT SUM(amount) AS total FROM sales.v"),
        "logs.day_20240101": pa.table({"n": [1, 2]}),
        "logs.day_20240102": pa.table({"n": [3]}),
        "logs.live": FakeTable(pa.table({"n": [1]}), streaming=True),
        "logs.away": FakeTable(pa.table({"n": [1]}), type="EXTERNAL"),
        "hr.pay": FakeTable(pa.table({"n": [1]}), denied=True),
        "other-project.pub.names": pa.table({"n": ["a"]}),
    }  # fmt: skip
    with FakeBigQuery(tables, page_rows=40) as fake:
        yield fake


def run(
    fake: FakeBigQuery, sql: str, job_id: str | None = None, **config: Any
) -> bigquery.QueryJob:
    """A finished job of the real client, without any retry."""
    job = fake.client().query(
        sql, job_config=bigquery.QueryJobConfig(**config), job_id=job_id, job_retry=None, retry=None
    )
    if not config.get("dry_run"):
        job.result(retry=None, job_retry=None)
    return job


def rows(fake: FakeBigQuery, sql: str, **config: Any) -> list[tuple[Any, ...]]:
    """What a statement gives."""
    return [tuple(row.values()) for row in run(fake, sql, **config).result(retry=None)]


def ask(fake: FakeBigQuery, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The raw answer of one request."""
    url = f"{fake.url}/bigquery/v2/projects/{fake.project}{path}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:  # noqa: S310
        tree = json.loads(answer.read())
    assert isinstance(tree, dict)
    return tree


def test_every_type_comes_back_as_the_client_reads_it(fake: FakeBigQuery) -> None:
    names = ", ".join(TYPED_SCHEMA)
    found = rows(fake, f"SELECT {names} FROM sales.typed ORDER BY i DESC")
    want = dict(TYPED_ROW, j={"a": [1, None]})
    assert dict(zip(TYPED_SCHEMA, found[0], strict=True)) == want
    # A NULL array is an empty one as soon as it leaves a query.
    empty = dict.fromkeys(TYPED_SCHEMA) | {"a": [], "rs": []}
    assert dict(zip(TYPED_SCHEMA, found[1], strict=True)) == empty


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT INTERVAL 14 MONTH AS v", "1-2 0 0:0:0"),
        ("SELECT TIMESTAMP '2024-01-01 10:00:00.5+00' AS v", "1704103200500000"),
        ("SELECT CAST('-inf' AS FLOAT64) AS v", "-Infinity"),
        ("SELECT CAST('nan' AS FLOAT64) AS v", "NaN"),
        ("SELECT TIME '10:00:00' AS v", "10:00:00"),
    ],
)
def test_values_are_written_as_bigquery_writes_them(
    fake: FakeBigQuery, sql: str, text: str
) -> None:
    job = run(fake, sql)
    query = "?formatOptions.useInt64Timestamp=true"
    answer = ask(fake, f"/queries/{job.job_id}{query}")
    assert answer["rows"] == [{"f": [{"v": text}]}]


def test_without_int64_timestamps_a_timestamp_is_seconds(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT TIMESTAMP '2013-01-01 00:00:00+00' AS v")
    assert ask(fake, f"/queries/{job.job_id}")["rows"] == [{"f": [{"v": "1.3569984E9"}]}]


def test_parameters_of_every_shape_are_bound(fake: FakeBigQuery) -> None:
    parameters = [
        bigquery.ScalarQueryParameter("d", "DATE", dt.date(2024, 1, 2)),
        bigquery.ScalarQueryParameter("ts", "TIMESTAMP", dt.datetime(2024, 1, 2, tzinfo=UTC)),
        bigquery.ScalarQueryParameter("n", "NUMERIC", Decimal("1.25")),
        bigquery.ScalarQueryParameter("y", "BYTES", b"\x01"),
        bigquery.ScalarQueryParameter("none", "INT64", None),
        bigquery.ArrayQueryParameter("a", "INT64", [3, 4]),
        bigquery.StructQueryParameter("s", bigquery.ScalarQueryParameter("k", "INT64", 7)),
    ]
    found = rows(fake, "SELECT @d, @ts, @n, @y, @none, @a, @s.k", query_parameters=parameters)
    moment = dt.datetime(2024, 1, 2, tzinfo=UTC)
    assert found == [
        (dt.date(2024, 1, 2), moment, Decimal("1.25"), b"\x01", None, [3, 4], 7)
    ]  # fmt: skip


def test_a_parameter_that_does_not_fit_its_type_is_refused(fake: FakeBigQuery) -> None:
    parameters = [bigquery.ScalarQueryParameter("d", "DATE", "yesterday")]
    with pytest.raises(exceptions.BadRequest, match="Could not parse 'yesterday' as DATE"):
        run(fake, "SELECT @d", query_parameters=parameters)


def test_a_dry_run_tells_bytes_columns_and_tables_and_creates_no_job(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT id, name FROM sales.orders", dry_run=True)
    assert job.total_bytes_processed == 100 * 8 + sum(2 + len(f"n{i}") for i in range(100))
    assert [(field.name, field.field_type) for field in job.schema] == [
        ("id", "INTEGER"), ("name", "STRING"),
    ]  # fmt: skip
    assert [str(table) for table in job.referenced_tables] == ["test-project.sales.orders"]
    assert job.statement_type == "SELECT"
    assert fake.jobs_created == []


@pytest.mark.parametrize(
    ("sql", "statement_type"),
    [
        ("DELETE FROM sales.orders WHERE TRUE", "DELETE"),
        ("CREATE TABLE sales.copy AS SELECT 1 AS x", "CREATE_TABLE_AS_SELECT"),
        ("SELECT 1; SELECT 2", "SCRIPT"),
        ("WITH a AS (SELECT 1 AS x) SELECT x FROM a", "SELECT"),
    ],
)
def test_a_dry_run_tells_what_kind_of_statement_it_is(
    fake: FakeBigQuery, sql: str, statement_type: str
) -> None:
    assert run(fake, sql, dry_run=True).statement_type == statement_type


@pytest.mark.parametrize(
    ("sql", "kind", "message"),
    [
        ("SELECT amont FROM sales.orders", exceptions.BadRequest,
         r"Unrecognized name: amont; Did you mean amount\? at \[1:8\]"),
        ("SELECT id,\n  nme FROM sales.orders", exceptions.BadRequest, r"at \[2:3\]"),
        ("SELEC 1", exceptions.BadRequest, r"Syntax error: .* at \[1:1\]"),
        ("SELECT @x", exceptions.BadRequest, r"Query parameter 'x' not found at \[1:8\]"),
        ("SELECT 1 FROM sales.oders", exceptions.NotFound,
         "Not found: Table test-project:sales.oders was not found in location US"),
        ("SELECT 1 FROM sale.orders", exceptions.NotFound, "Not found: Dataset test-project:sale"),
        ("SELECT id, name AS ID FROM sales.orders", exceptions.BadRequest,
         r"Duplicate column names in the result .* duplicate\(s\): id"),
        ("SELECT 1 FROM orders", exceptions.BadRequest, "must be qualified with a dataset"),
        ("SELECT n FROM hr.pay", exceptions.Forbidden, "Access Denied: Table test-project:hr.pay"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_wrong_statement_is_refused_before_there_is_a_job(
    fake: FakeBigQuery, sql: str, kind: type[Exception], message: str, dry_run: bool
) -> None:
    with pytest.raises(kind, match=message):
        run(fake, sql, dry_run=dry_run)
    assert fake.jobs_created == []


def test_a_failure_while_it_runs_is_the_jobs_error_and_costs_nothing(fake: FakeBigQuery) -> None:
    with pytest.raises(exceptions.BadRequest, match="division by zero") as caught:
        run(fake, "SELECT 1 / (id - 3) FROM sales.orders")
    assert caught.value.errors[0]["reason"] == "invalidQuery"
    assert len(fake.jobs_created) == 1
    assert fake.billed_jobs == []


def test_a_default_dataset_is_where_bare_names_are_found(fake: FakeBigQuery) -> None:
    found = rows(fake, "SELECT MAX(id) FROM orders", default_dataset="test-project.sales")
    assert found == [(99,)]


def test_a_view_costs_what_the_tables_under_it_cost(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT total FROM sales.vv", dry_run=True)
    assert [str(table) for table in job.referenced_tables] == ["test-project.sales.orders"]
    assert job.total_bytes_processed == 100 * 16
    assert rows(fake, "SELECT total FROM sales.vv") == [(4950.0,)]


def test_a_wildcard_reads_every_shard(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT SUM(n) AS n FROM `logs.day_*`")
    assert [row[0] for row in job.result()] == [6]
    assert [table.table_id for table in job.referenced_tables] == ["day_*"]
    assert job.total_bytes_processed == 24
    assert job.total_bytes_billed == 2 * 10 * 2**20


def test_a_claimed_size_is_shared_out_over_the_columns(fake: FakeBigQuery) -> None:
    assert run(fake, "SELECT x, y FROM sales.big", dry_run=True).total_bytes_processed == 24 * 10**9
    assert run(fake, "SELECT x FROM sales.big", dry_run=True).total_bytes_processed == 12 * 10**9


def test_ten_megabytes_a_table_are_billed_at_least(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT a.id FROM sales.orders a JOIN sales.typed b ON a.id = b.i")
    assert job.total_bytes_billed == 2 * 10 * 2**20


def test_a_job_over_its_cap_fails_with_its_reason_and_bills_nothing(fake: FakeBigQuery) -> None:
    with pytest.raises(exceptions.InternalServerError) as caught:
        run(fake, "SELECT id FROM sales.orders", maximum_bytes_billed=10 * 2**20 - 1)
    assert caught.value.errors[0]["reason"] == "bytesBilledLimitExceeded"
    assert fake.billed_jobs == []


def test_a_job_at_its_cap_runs(fake: FakeBigQuery) -> None:
    job = run(fake, "SELECT id FROM sales.orders", maximum_bytes_billed=10 * 2**20)
    assert job.total_bytes_billed == 10 * 2**20


def test_the_same_statement_again_comes_from_the_cache_until_a_table_changes(
    fake: FakeBigQuery,
) -> None:
    sql = "SELECT SUM(amount) FROM sales.orders"
    assert not run(fake, sql).cache_hit
    again = run(fake, sql)
    assert (again.cache_hit, again.total_bytes_billed) == (True, 0)
    assert not run(fake, sql, use_query_cache=False).cache_hit
    fake.touch("sales.orders", dt.datetime(2026, 5, 1, tzinfo=UTC))
    assert not run(fake, sql).cache_hit
    assert len(fake.billed_jobs) == 3


def test_a_dry_run_reads_nothing_when_the_cache_would_answer(fake: FakeBigQuery) -> None:
    sql = "SELECT SUM(amount) FROM sales.orders"
    run(fake, sql)
    assert run(fake, sql, dry_run=True).total_bytes_processed == 0
    assert run(fake, sql, dry_run=True, use_query_cache=False).total_bytes_processed == 800


def test_what_depends_on_when_it_runs_is_never_cached(fake: FakeBigQuery) -> None:
    sql = "SELECT COUNT(*) FROM sales.orders WHERE RAND() < 2"
    assert [run(fake, sql).cache_hit for _ in range(2)] == [False, False]


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
    began = time.monotonic()
    with pytest.raises(exceptions.ClientError, match="User requested cancellation"):
        job.result(retry=None, timeout=10)
    assert time.monotonic() - began < 2
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


def read_arrow(fake: FakeBigQuery, job: bigquery.QueryJob) -> pa.Table:
    """What a job left, through the Storage Read API."""
    from google.cloud.bigquery_storage_v1 import types

    assert job.destination is not None
    place = job.destination
    name = f"projects/{place.project}/datasets/{place.dataset_id}/tables/{place.table_id}"
    with fake.storage_client() as client:
        session = client.create_read_session(
            parent="projects/test-project",
            read_session=types.ReadSession(table=name, data_format=types.DataFormat.ARROW),
            max_stream_count=1,
        )
        schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
        batches = [
            pa.ipc.read_record_batch(
                pa.py_buffer(answer.arrow_record_batch.serialized_record_batch), schema
            )
            for stream in session.streams
            for answer in client.read_rows(read_stream=stream.name, retry=None)
        ]
    return pa.Table.from_batches(batches, schema=schema)


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
                         "logs/tables/away", "sales/tables/typed")
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
        assert 0.05 <= time.monotonic() - began < 1


def test_an_operation_bigquery_has_not_is_not_found(fake: FakeBigQuery) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(fake, "/routes")
    assert caught.value.code == 404
    caught.value.close()
