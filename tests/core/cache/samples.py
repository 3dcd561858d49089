"""Entries for the tests of the cache."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa

from peter_core.cache.entries import Entry
from peter_core.engine.port import Column, Result, TableInfo
from peter_core.verify.verification import TableStamp

FLIGHTS = "local.nyc.flights"
CHANGED = dt.datetime(2026, 11, 1, 8, 30, 0, 123456, tzinfo=dt.UTC)


def sample_entry(
    value: int = 1,
    *,
    rows: int = 3,
    fingerprint: str = "f" * 64,
    tables: tuple[str, ...] = (FLIGHTS,),
) -> Entry:
    table = pa.table({"n": pa.array([value] * rows, pa.int64())})
    return Entry(
        result=sample_result(table),
        fingerprint=fingerprint,
        tables=tuple(TableStamp(name, CHANGED, 7) for name in tables),
        computed_at=dt.datetime(2026, 11, 2, tzinfo=dt.UTC),
        ttl_s=3600,
    )


def sample_result(table: pa.Table) -> Result:
    columns = (Column("n", "INT64"), Column("tags", "STRING", "REPEATED"))
    info = TableInfo(FLIGHTS, columns, 7, 56, CHANGED, {"n": 56}, "n")
    return Result(table, columns, table.num_rows + 5, True, 56, 0, 1.25, "job-1", (info,))


def every_type() -> pa.Table:
    """One column of each type that results have, with nulls."""
    return pa.table(
        {
            "int": pa.array([2**63 - 1, None]),
            "float": pa.array([float("inf"), None]),
            "bool": pa.array([True, None]),
            "text": pa.array(["ü\x00\n", None]),
            "bytes": pa.array([b"\x00\xff", None]),
            "date": pa.array([dt.date(1, 1, 1), None]),
            "time": pa.array([dt.time(23, 59, 59, 999999), None], pa.time64("us")),
            "datetime": pa.array([dt.datetime(9999, 12, 31), None], pa.timestamp("us")),  # noqa: DTZ001
            "timestamp": pa.array([CHANGED, None], pa.timestamp("us", tz="UTC")),
            "numeric": pa.array([Decimal("1.5"), None], pa.decimal128(38, 9)),
            "bignumeric": pa.array([Decimal("1.5"), None], pa.decimal256(76, 38)),
            "array": pa.array([["a", "b"], []], pa.list_(pa.string())),
            "struct": pa.array([{"a": 1}, None], pa.struct([("a", pa.int64())])),
            "coded": pa.array(["x", None]).dictionary_encode(),
            "nothing": pa.nulls(2),
        }
    )
