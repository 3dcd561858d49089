"""Result values as JSON: nothing loses a digit, nothing fails."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.engine.values import json_column, json_value, sample_rows, struct_fields

NEW_YORK = dt.timezone(dt.timedelta(hours=-4))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (2**53, "INT64", 9007199254740992),
        (2**53 + 1, "INT64", "9007199254740993"),
        (-(2**63), "INT64", "-9223372036854775808"),
        (True, "BOOL", True),
        (Decimal("1.50"), "NUMERIC", "1.5"),
        (Decimal("100"), "NUMERIC", "100"),
        (Decimal("1E+3"), "BIGNUMERIC", "1000"),
        (Decimal("0.000000000000000000001"), "BIGNUMERIC", "0.000000000000000000001"),
        (Decimal("12"), "INT64", 12),
        (math.nan, "FLOAT64", "NaN"),
        (math.inf, "FLOAT64", "Infinity"),
        (-math.inf, "FLOAT64", "-Infinity"),
        (b"\x00\xff", "BYTES", "AP8="),
        (dt.date(2013, 6, 1), "DATE", "2013-06-01"),
        (dt.time(1, 2, 3, 4), "TIME", "01:02:03.000004"),
        (dt.datetime.fromisoformat("2013-06-01T12:30"), "DATETIME", "2013-06-01T12:30:00"),
        (dt.datetime.fromisoformat("2013-06-01T12:30"), "TIMESTAMP", "2013-06-01T12:30:00Z"),
        (dt.datetime(2013, 6, 1, 8, 30, tzinfo=NEW_YORK), "TIMESTAMP", "2013-06-01T12:30:00Z"),
        ([2**60, None], "ARRAY<INT64>", ["1152921504606846976", None]),
        ({"at": dt.datetime.fromisoformat("2013-06-01"), "n": [Decimal("1.5")]},
         "STRUCT<at TIMESTAMP, n ARRAY<NUMERIC>>", {"at": "2013-06-01T00:00:00Z", "n": ["1.5"]}),
        (None, "STRING", None),
        ("<b>", "STRING", "<b>"),
    ],
)  # fmt: skip
def test_each_type_has_its_json_form(value: object, kind: str, expected: object) -> None:
    assert json_value(value, kind) == expected
    assert type(json_value(value, kind)) is type(expected)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_comes_back_from_json_as_it_was(number: int) -> None:
    # A browser reads numbers as doubles.
    read = json.loads(json.dumps(json_value(number, "INT64")), parse_int=float)
    assert int(read) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_a_numeric_keeps_every_digit(number: Decimal) -> None:
    text = json_value(number, "NUMERIC")
    assert isinstance(text, str)
    assert "E" not in text
    assert Decimal(text) == number


def _columns() -> list[pa.Array]:
    return [
        pa.array([2**62], pa.timestamp("us")),
        pa.array([2**60], pa.timestamp("ns", "America/New_York")),
        pa.array([(14, 2, 3_500_000_000)], pa.month_day_nano_interval()),
        pa.array([dt.timedelta(days=1, seconds=2)]),
        pa.array(["a"]).dictionary_encode(),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array(["x"], pa.string_view()),
        pa.array([b"x"], pa.binary_view()),
        pa.array([1.5], pa.float16()),
        pa.array([None]),
        pa.array([dt.time(1)], pa.time64("ns")),
        pa.array(["{}"], pa.json_()),
        pa.array([{"a": [{"b": None}]}]),
        pa.array([2**200 // 2**140], pa.decimal256(76, 0)),
        pa.RunEndEncodedArray.from_arrays([1], ["x"]),
    ]


@pytest.mark.parametrize("array", _columns(), ids=lambda array: str(array.type))
def test_every_arrow_type_becomes_json(array: pa.Array) -> None:
    for column in (pa.chunked_array([array]), pa.chunked_array([array[:0]])):
        values = json_column(column)
        assert len(json.loads(json.dumps(values))) == len(column)


def test_a_moment_beyond_the_calendar_is_said_and_does_not_fail() -> None:
    column = pa.chunked_array([pa.array([2**62, 0], pa.timestamp("us"))])
    assert json_column(column, "DATETIME") == [
        "<out of range: 4611686018427387904>",
        "1970-01-01T00:00:00",
    ]


def test_an_interval_has_bigquerys_canonical_form() -> None:
    column = pa.chunked_array([pa.array([(-14, 2, 3_500_000_000)], pa.month_day_nano_interval())])
    assert json_column(column, "INTERVAL") == ["-1-2 2 0:0:3.5"]


def test_sample_rows_are_the_first_and_keep_columns_of_one_name_apart() -> None:
    table = pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], names=["a", "a"])
    assert sample_rows(table, ["INT64", "INT64"], 1) == ({"a": 1, "a_1": 3},)
    assert sample_rows(table, [], 0) == ()
    assert len(sample_rows(table, [], 10)) == 2


def test_struct_fields_are_split_outside_brackets_only() -> None:
    assert struct_fields("STRUCT<a STRUCT<x INT64, y STRING>, `b c` NUMERIC(10, 2)>") == {
        "a": "STRUCT<x INT64, y STRING>",
        "b c": "NUMERIC(10, 2)",
    }
