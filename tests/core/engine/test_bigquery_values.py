"""Cells of REST answers become Arrow columns of BigQuery's types."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from google.cloud.bigquery import SchemaField

from peter_core.engine.bigquery.types import columns_of
from peter_core.engine.bigquery.values import record_batch, schema_of
from peter_core.engine.port import Column
from peter_core.errors import EngineError, QueryFailed

UTC = dt.UTC
CASES: list[tuple[str, Any, object]] = [
    ("INT64", "-9223372036854775808", -(2**63)),
    ("FLOAT64", "1.5E10", 1.5e10),
    ("FLOAT64", "Infinity", float("inf")),
    ("BOOL", "true", True),
    ("STRING", "naïve", "naïve"),
    ("BYTES", "AP8=", b"\x00\xff"),
    ("DATE", "0001-01-01", dt.date(1, 1, 1)),
    ("TIME", "23:59:59.999999", dt.time(23, 59, 59, 999999)),
    ("DATETIME", "2024-01-02T03:04:05.6", dt.datetime(2024, 1, 2, 3, 4, 5, 600000)),  # noqa: DTZ001
    ("TIMESTAMP", "1704164645000001", dt.datetime(2024, 1, 2, 3, 4, 5, 1, tzinfo=UTC)),
    ("TIMESTAMP", "1.704164645000001E9", dt.datetime(2024, 1, 2, 3, 4, 5, 1, tzinfo=UTC)),
    ("NUMERIC", "-99999999999999999999999999999.999999999",
     Decimal("-99999999999999999999999999999.999999999")),
    ("BIGNUMERIC", "1." + "3" * 38, Decimal("1." + "3" * 38)),
    ("JSON", '{"a":1}', '{"a":1}'),
    ("GEOGRAPHY", "POINT(1 2)", "POINT(1 2)"),
    ("INTERVAL", "-1-2 3 -4:5:6.5", (-14, 3, -14706500000000)),
    ("RANGE<DATE>", "[2020-01-01, UNBOUNDED)", "[2020-01-01, UNBOUNDED)"),
]  # fmt: skip


def rows(*values: Any) -> list[dict[str, Any]]:
    return [{"f": [{"v": value}]} for value in values]


@pytest.mark.parametrize(("kind", "cell", "value"), CASES)
def test_a_cell_has_the_value_of_its_type_and_null_is_null(
    kind: str, cell: Any, value: object
) -> None:
    batch = record_batch(rows(cell, None), [Column("x", kind)])
    assert batch.column(0).to_pylist() == [value, None]
    assert batch.schema == schema_of([Column("x", kind)])


def test_arrays_of_every_length_keep_their_elements() -> None:
    column = Column("x", "INT64", "REPEATED")
    batch = record_batch(rows([{"v": "1"}, {"v": "2"}], [], [{"v": "3"}]), [column])
    assert batch.column(0).to_pylist() == [[1, 2], [], [3]]
    assert batch.column(0).type == pa.list_(pa.int64())


def test_structs_in_arrays_in_structs() -> None:
    column = Column("x", "STRUCT<a INT64, b ARRAY<STRUCT<c DATE, d NUMERIC>>>")
    inner = {"v": {"f": [{"v": "2024-01-01"}, {"v": "1.5"}]}}
    cell = {"f": [{"v": "1"}, {"v": [inner]}]}
    batch = record_batch(rows(cell, None), [column])
    assert batch.column(0).to_pylist() == [
        {"a": 1, "b": [{"c": dt.date(2024, 1, 1), "d": Decimal("1.5")}]},
        None,
    ]


def test_a_value_no_type_can_hold_is_said_with_its_column() -> None:
    largest = "578960446186580977117854925043439539266." + "3" * 38
    with pytest.raises(QueryFailed, match="'total' cannot be read as BIGNUMERIC"):
        record_batch(rows(largest), [Column("total", "BIGNUMERIC")])


@pytest.mark.parametrize("row", [{}, {"f": []}, {"f": [{}]}, {"f": [{"v": {"deep": 1}}]}])
def test_a_row_that_is_none_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(EngineError):
        record_batch([row], [Column("x", "INT64")])


def test_schema_fields_have_standard_names() -> None:
    fields = [
        SchemaField("a", "INTEGER", mode="REQUIRED"),
        SchemaField("b", "FLOAT"),
        SchemaField("c", "BOOLEAN", mode="REPEATED"),
        SchemaField(
            "d", "RECORD", fields=[SchemaField("e", "STRING", mode="REPEATED")], mode="REPEATED"
        ),
        SchemaField("f", "RANGE", range_element_type="DATE"),
    ]
    assert columns_of(fields) == (
        Column("a", "INT64", "REQUIRED"),
        Column("b", "FLOAT64"),
        Column("c", "BOOL", "REPEATED"),
        Column("d", "STRUCT<e ARRAY<STRING>>", "REPEATED"),
        Column("f", "RANGE<DATE>"),
    )
