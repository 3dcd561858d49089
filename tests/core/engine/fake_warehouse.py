"""A fake BigQuery with a table of every kind, and ways to ask it."""

from __future__ import annotations

import datetime as dt
import json
import urllib.error
import urllib.request
from decimal import Decimal
from typing import Any

import pyarrow as pa
from google.cloud import bigquery

from tests.fakes.bigquery import FakeBigQuery, FakeTable

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


def warehouse() -> FakeBigQuery:
    """Tables of every type and kind, of which rows come in pages of 40."""
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
        "logs.parts": FakeTable(
            [{"n": 1, "day": dt.date(2024, 1, 1)}], partition_column="day", needs_filter=True,
            clustering=("n",),
        ),
        "hr.pay": FakeTable(pa.table({"n": [1]}), denied=True),
        "other-project.pub.names": pa.table({"n": ["a"]}),
    }  # fmt: skip
    return FakeBigQuery(tables, page_rows=40)


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
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:  # noqa: S310
        tree = json.loads(answer.read())
    assert isinstance(tree, dict)
    return tree


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
