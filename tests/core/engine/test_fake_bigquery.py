"""The scripted BigQuery reads, prices and answers statements as BigQuery does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from google.api_core import exceptions
from google.cloud import bigquery

from tests.core.engine.fake_warehouse import (
    TYPED_ROW,
    TYPED_SCHEMA,
    UTC,
    ask,
    rows,
    run,
    warehouse,
)
from tests.fakes.bigquery import FakeBigQuery


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    with warehouse() as fake:
        yield fake


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


def test_a_wildcards_suffix_is_a_column(fake: FakeBigQuery) -> None:
    sql = "SELECT _TABLE_SUFFIX AS day, n FROM `logs.day_*` WHERE _TABLE_SUFFIX > '20240101'"
    assert rows(fake, sql) == [("20240102", 3)]


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


def test_a_table_that_must_be_filtered_by_its_partition_is(fake: FakeBigQuery) -> None:
    with pytest.raises(exceptions.BadRequest, match="without a filter over column"):
        run(fake, "SELECT n FROM logs.parts", dry_run=True)
    assert rows(fake, "SELECT n FROM logs.parts WHERE day = '2024-01-01'") == [(1,)]
