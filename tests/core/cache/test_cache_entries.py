"""What goes into the cache comes out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pyarrow as pa
import pytest

from peter_core.cache.entries import decode, encode
from peter_core.verify.verification import TableStamp
from tests.core.cache.samples import every_type, sample_entry, sample_result


def test_every_type_comes_back_as_it_was() -> None:
    entry = replace(sample_entry(), result=sample_result(every_type()))
    again = decode(encode(entry))
    assert again == entry
    assert again.result.table.schema == entry.result.table.schema


@pytest.mark.parametrize("rows", [0, 1, 300_000])
def test_no_row_one_row_and_many_rows_come_back(rows: int) -> None:
    entry = sample_entry(rows=rows)
    assert decode(encode(entry)) == entry


def test_a_result_without_columns_comes_back() -> None:
    entry = replace(sample_entry(), result=sample_result(pa.table({})))
    assert decode(encode(entry)).result.table.num_columns == 0


def test_a_table_that_does_not_say_when_it_changed_comes_back() -> None:
    entry = replace(sample_entry(), tables=(TableStamp("local.nyc.x", None),))
    assert decode(encode(entry)).stamps == {"local.nyc.x": None}


def test_moments_come_back_in_utc() -> None:
    there = dt.timezone(dt.timedelta(hours=-5))
    entry = replace(sample_entry(), computed_at=dt.datetime(2026, 1, 1, 20, tzinfo=there))
    again = decode(encode(entry)).computed_at
    assert again == entry.computed_at
    assert again.utcoffset() == dt.timedelta(0)


def test_a_moment_without_a_zone_is_refused() -> None:
    entry = replace(sample_entry(), computed_at=dt.datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        encode(entry)


def test_bytes_that_are_no_entry_are_refused() -> None:
    whole = encode(sample_entry())
    for length in range(0, len(whole) - 8, 16):
        with pytest.raises(ValueError):
            decode(whole[:length])


def test_the_size_in_memory_follows_the_table() -> None:
    small, large = sample_entry(rows=1), sample_entry(rows=100_000)
    assert large.bytes - small.bytes == 8 * 99_999
