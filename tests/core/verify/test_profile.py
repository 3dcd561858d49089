"""Column statistics are right, and no column makes them fail."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import asdict
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.engine.port import Column
from peter_core.verify.profile import profile_table


def test_numbers_have_bounds_mean_and_exact_distinct_count() -> None:
    table = pa.table({"delay": pa.array([1, 5, 5, None, 9], pa.int64())})
    (profile,) = profile_table(table, [Column("delay", "INT64")])
    assert (profile.nulls, profile.distinct, profile.min, profile.max) == (1, 3, 1, 9)
    assert profile.mean == 5.0
    assert profile.top == ()


def test_strings_of_few_values_name_the_most_frequent_first() -> None:
    table = pa.table({"carrier": ["UA", "AA", "UA", None, "B6", "AA", "UA"]})
    (profile,) = profile_table(table, [Column("carrier", "STRING")])
    assert profile.top == (("UA", 3), ("AA", 2), ("B6", 1))
    assert (profile.min, profile.max, profile.mean) == ("AA", "UA", None)


def test_strings_of_many_values_have_no_top() -> None:
    table = pa.table({"tailnum": [f"N{i}" for i in range(51)]})
    assert profile_table(table, [Column("tailnum", "STRING")])[0].top == ()


def test_exact_numbers_stay_exact() -> None:
    table = pa.table(
        {
            "id": pa.array([2**53 + 1, 2**60], pa.int64()),
            "amount": pa.array([Decimal("0.10"), Decimal("0.25")], pa.decimal128(38, 9)),
        }
    )
    id_, amount = profile_table(table, [Column("id", "INT64"), Column("amount", "NUMERIC")])
    assert (id_.min, id_.max) == ("9007199254740993", "1152921504606846976")
    assert (amount.min, amount.max) == ("0.1", "0.25")
    assert amount.mean == pytest.approx(0.175)


def test_nan_is_left_out_of_bounds_and_mean_but_counts_as_a_value() -> None:
    table = pa.table({"x": [1.0, math.nan, 3.0, None]})
    (profile,) = profile_table(table, [Column("x", "FLOAT64")])
    assert (profile.min, profile.max, profile.mean) == (1.0, 3.0, 2.0)
    assert (profile.nulls, profile.distinct) == (1, 3)


def test_a_mean_of_infinities_is_undefined() -> None:
    table = pa.table({"x": [math.inf, -math.inf]})
    (profile,) = profile_table(table, [Column("x", "FLOAT64")])
    assert (profile.min, profile.max, profile.mean) == ("-Infinity", "Infinity", None)


def test_a_mean_does_not_overflow() -> None:
    table = pa.table({"x": pa.array([2**63 - 1] * 4, pa.int64())})
    assert profile_table(table, [Column("x", "INT64")])[0].mean == pytest.approx(2**63)


def test_moments_are_json_text() -> None:
    table = pa.table(
        {
            "day": [dt.date(2013, 1, 1), dt.date(2013, 12, 31)],
            "at": pa.array([0, 10**9], pa.timestamp("ns", "UTC")),
        }
    )
    day, at = profile_table(table, [Column("day", "DATE"), Column("at", "TIMESTAMP")])
    assert (day.min, day.max) == ("2013-01-01", "2013-12-31")
    assert (at.min, at.max) == ("1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z")


def test_a_long_text_is_clipped() -> None:
    (profile,) = profile_table(pa.table({"t": ["x" * 10**6]}), [Column("t", "STRING")])
    assert isinstance(profile.max, str)
    assert len(profile.max) == 200


def test_columns_of_one_name_are_told_apart_by_position() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], names=["a", "a"])
    first, second = profile_table(table, [Column("a", "INT64"), Column("a", "STRING")])
    assert (first.min, second.min) == (1, "x")


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[1], [1], None]),
        pa.array([{"a": [1]}, {"a": [1]}, None]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([b"\xff", b"a"]),
        pa.array([None, None]),
        pa.array([True, False, None]),
        pa.array([dt.time(1)]),
        pa.array([dt.timedelta(1)]),
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array(["x"], pa.string_view()),
        pa.array([1.5], pa.float16()),
        pa.array(["{}"], pa.json_()),
        pa.array([2**62], pa.timestamp("us")),
        pa.array([10**60], pa.decimal256(76, 0)),
        pa.array([1, 2], pa.uint64()),
        pa.RunEndEncodedArray.from_arrays([2], ["x"]),
    ],
    ids=lambda array: str(array.type),
)
def test_every_arrow_type_has_a_profile(array: pa.Array) -> None:
    for data in (array, array[:0]):
        (profile,) = profile_table(pa.table({"c": data}), [])
        json.dumps(asdict(profile))
        assert profile.nulls == data.null_count
        assert profile.distinct <= len(data)
        if not len(data):
            assert profile.distinct == 0
            assert profile.min is None


def test_values_that_do_not_hash_are_counted_too() -> None:
    (profile,) = profile_table(pa.table({"c": [[1], [1], [2], None]}), [])
    assert (profile.nulls, profile.distinct) == (1, 2)


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=30))
def test_it_agrees_with_python(values: list[int | None]) -> None:
    (profile,) = profile_table(pa.table({"c": pa.array(values, pa.int64())}), [])
    present = [value for value in values if value is not None]
    assert profile.nulls == len(values) - len(present)
    assert profile.distinct == len(set(present))
    if present:
        assert (int(str(profile.min)), int(str(profile.max))) == (min(present), max(present))
        assert profile.mean == pytest.approx(sum(present) / len(present), rel=1e-9, abs=1e-3)
