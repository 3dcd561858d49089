from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from peter_core.engine.arrow_columns import arrow_type, typed_columns
from peter_core.engine.port import Column
from peter_core.errors import QueryFailed


def one(values: list[object], kind: pa.DataType, promise: str, found: str) -> tuple[str, pa.Table]:
    table = pa.table({"x": pa.array(values, kind)})
    typed, columns = typed_columns(table, (Column("X", promise),), (found,))
    assert typed.column_names == [columns[0].name]
    return columns[0].type, typed


def test_a_sum_comes_back_as_int64() -> None:
    kind, table = one([Decimal(5), None], pa.decimal128(38, 0), "INT64", "INT64")
    assert (kind, table.to_pylist()) == ("INT64", [{"X": 5}, {"X": None}])
    assert table.schema.field("X").type == pa.int64()


def test_a_sum_past_int64_is_an_error_and_never_a_wrong_number() -> None:
    with pytest.raises(QueryFailed, match="does not fit INT64"):
        one([Decimal(2**63)], pa.decimal128(38, 0), "INT64", "INT64")


def test_numeric_has_nine_places() -> None:
    kind, table = one([Decimal("1.50")], pa.decimal128(10, 2), "NUMERIC", "NUMERIC")
    assert (kind, table.schema.field("X").type) == ("NUMERIC", pa.decimal128(38, 9))


def test_more_places_than_numeric_has_are_kept() -> None:
    value = Decimal("1.0123456789")
    kind, table = one([value], pa.decimal128(38, 10), "NUMERIC", "BIGNUMERIC")
    assert kind == "BIGNUMERIC"
    assert table.to_pylist()[0]["X"] == value


def test_a_timestamp_is_utc_and_a_datetime_has_no_zone() -> None:
    moment = dt.datetime(2013, 1, 1, tzinfo=dt.UTC)
    _, table = one([moment], pa.timestamp("us", tz="Etc/UTC"), "TIMESTAMP", "TIMESTAMP")
    assert table.schema.field("X").type == pa.timestamp("us", tz="UTC")
    assert table.to_pylist() == [{"X": moment}]
    _, table = one([moment.replace(tzinfo=None)], pa.timestamp("ns"), "DATETIME", "DATETIME")
    assert table.schema.field("X").type == pa.timestamp("us")


def test_the_data_corrects_a_promise_it_cannot_keep() -> None:
    assert one([1.5], pa.float64(), "INT64", "FLOAT64")[0] == "FLOAT64"
    assert one([dt.date(2013, 1, 1)], pa.date32(), "STRING", "DATE")[0] == "DATE"
    assert one(["a"], pa.string(), "MYSTERY", "STRING")[0] == "STRING"


def test_an_enumeration_is_text() -> None:
    table = pa.table({"x": pa.array(["a", "b", "a"]).dictionary_encode()})
    typed, _ = typed_columns(table, (), ("STRING",))
    assert typed.schema.field("x").type == pa.string()


def test_columns_of_one_name_stay_apart() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["a"])], names=["x", "x"])
    typed, columns = typed_columns(table, (), ("INT64", "STRING"))
    assert [column.type for column in columns] == ["INT64", "STRING"]
    assert typed.num_columns == 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ARRAY<INT64>", pa.list_(pa.int64())),
        ("STRUCT<a INT64, b ARRAY<STRING>>",
         pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))])),
        ("ARRAY<STRUCT<a STRUCT<b DATE, c BOOL>, d BYTES>>",
         pa.list_(pa.struct([("a", pa.struct([("b", pa.date32()), ("c", pa.bool_())])),
                             ("d", pa.binary())]))),
        ("NUMERIC(10, 2)", pa.decimal128(38, 9)),
        ("STRUCT<INT64, STRING>", pa.struct([("field1", pa.int64()), ("field2", pa.string())])),
        ("STRUCT<a MYSTERY>", None),
        ("MYSTERY", None),
    ],
)  # fmt: skip
def test_a_type_is_read_from_its_name(kind: str, expected: pa.DataType | None) -> None:
    assert arrow_type(kind) == expected
