"""Pages of rows up to their caps."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from peter_core.engine.bigquery.pages import Rows, page_rows
from peter_core.engine.port import Column

COLUMNS = [Column("id", "INT64")]


def page(count: int) -> list[dict[str, Any]]:
    return [{"f": [{"v": str(i)}]} for i in range(count)]


def rows(max_rows: int = 100, max_bytes: int = 10**6) -> Rows:
    return Rows(COLUMNS, max_rows=max_rows, max_bytes=max_bytes)


def test_no_page_at_all_is_an_empty_table_with_its_columns() -> None:
    assert rows().table().schema == pa.schema([("id", pa.int64())])
    assert rows().table().num_rows == 0


def test_what_is_over_the_rows_is_counted_and_not_kept() -> None:
    kept = rows(max_rows=3)
    kept.add_page(page(2))
    assert not kept.full
    kept.add_page(page(2))
    assert kept.full
    assert kept.read == 4
    assert kept.table().column("id").to_pylist() == [0, 1, 0]


@pytest.mark.parametrize(("room", "count"), [(7, 0), (8, 1), (79, 9), (80, 10)])
def test_what_is_over_the_bytes_is_cut_at_a_whole_row(room: int, count: int) -> None:
    kept = rows(max_bytes=room)
    kept.add_page(page(10))
    assert kept.table().num_rows == count
    assert kept.table().nbytes <= room
    assert kept.full is (count < 10)
    assert kept.read == 10


def test_a_page_is_small_where_rows_are_wide_or_long() -> None:
    assert page_rows(1) == 100_000
    assert page_rows(100) == 1_000
    assert page_rows(1_000_000) == 1
    long = Rows([Column("s", "STRING")], max_rows=10**6, max_bytes=10**9)
    long.add_page([{"f": [{"v": "x" * 10_000}]}] * 10)
    assert 150 < long.page_rows < 250


def test_no_more_is_asked_for_than_may_be_kept() -> None:
    kept = rows(max_rows=12)
    kept.add_page(page(5))
    assert kept.page_rows == 7
