"""A result of which not every row is kept never becomes a wrong number or half a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peter_core import Peter

BOARD = """
version: 1
slug: long
title: Long
locale: en-US
queries:
  all: {sql: "SELECT n, MOD(n, 3) AS part FROM UNNEST(GENERATE_ARRAY(1, 5)) AS n ORDER BY n"}
charts:
  sum: {type: kpi, query: all, title: Sum, value: n, aggregate: sum}
  first: {type: kpi, query: all, title: First, value: n, aggregate: first}
  line: {type: line, query: all, title: Line, x: n, y: part}
  share: {type: pie, query: all, title: Share, category: part, value: n}
  points: {type: scatter, query: all, title: Points, x: n, y: part}
  rows: {type: table, query: all, title: Rows}
"""


def charts(folder: Path, max_rows: int, board: str = BOARD) -> dict[str, Any]:
    with Peter.local(folder, max_rows=max_rows) as peter:
        return dict(peter.preview(board).payload["charts"])


@pytest.mark.parametrize("name", ["sum", "line", "share"])
def test_what_needs_every_row_is_not_drawn_from_some(tmp_path: Path, name: str) -> None:
    chart = charts(tmp_path, 3)[name]
    assert (chart["state"], chart["view"]) == ("failed", None)
    assert chart["problem"]["code"] == "result_cut"
    assert "has 5 rows and 3 were kept" in chart["problem"]["detail"]
    assert "in SQL" in chart["problem"]["hint"]


@pytest.mark.parametrize("name", ["first", "points", "rows"])
def test_the_first_rows_are_shown_as_such_where_they_mean_something(
    tmp_path: Path, name: str
) -> None:
    chart = charts(tmp_path, 3)[name]
    assert (chart["state"], chart["truncated"], chart["row_count"]) == ("ready", True, 5)


def test_where_every_row_is_kept_all_is_drawn(tmp_path: Path) -> None:
    found = charts(tmp_path, 5)
    assert {chart["state"] for chart in found.values()} == {"ready"}
    assert found["sum"]["view"]["value"]["raw"] == 15


def test_it_is_said_in_the_dashboard_s_language(tmp_path: Path) -> None:
    german = charts(tmp_path, 3, BOARD.replace("en-US", "de-DE"))["sum"]["problem"]
    assert german["title"] == "Zu viele Zeilen"
    assert "5 Zeilen, davon wurden 3 behalten" in german["detail"]


def test_publishing_warns_of_a_result_that_is_too_long(tmp_path: Path) -> None:
    with Peter.local(tmp_path, max_rows=3) as peter:
        (warning,) = peter.publish(BOARD).problems
    assert (warning.rule, warning.is_error, warning.path) == (
        "result-truncated", False, "queries.all",
    )  # fmt: skip
    assert warning.line == 7
    assert "first 3 of 5 rows" in warning.message
    assert "Charts that need every row of it fail." in warning.message


def test_a_result_that_was_cut_is_not_served_on_when_the_limit_is_raised(tmp_path: Path) -> None:
    assert charts(tmp_path, 3)["sum"]["state"] == "failed"
    whole = charts(tmp_path, 5)["sum"]
    assert (whole["state"], whole["view"]["value"]["raw"]) == ("ready", 15)
    assert charts(tmp_path, 5)["sum"]["cache_hit"]
