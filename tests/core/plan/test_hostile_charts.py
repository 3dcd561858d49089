"""Names and values that would like to be code, markup or out of every range."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from peter_core.engine.port import Column
from peter_core.plan.charts import chart_view
from peter_core.plan.drawing import draw_svg
from tests.core.plan.chart_cases import board, chart_of

WEIRD = "a.b[0]\"'\\ `<b>`"
PAYLOAD = "\"]+alert('pwned')+[\"<script>"

VALUES: dict[str, pa.Array] = {
    "INT64": pa.array([1, 2**62, None, -5]),
    "FLOAT64": pa.array([float("nan"), float("inf"), None, 1.5]),
    "NUMERIC": pa.array([Decimal("1.10"), None, Decimal(-(10**20)), Decimal(0)]),
    "STRING": pa.array([PAYLOAD, "$c1", None, "\\"]),
    "BOOL": pa.array([True, False, None, True]),
    "DATE": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None, dt.date(2024, 2, 29)]),
    "TIMESTAMP": pa.array(
        [-62135596800000000, 253402300799999999, None, 1709164800000000],
        pa.timestamp("us", tz="UTC"),
    ),
    "ARRAY<STRING>": pa.array([["a", PAYLOAD], None, [], ["b"]]),
    "STRUCT<a INT64>": pa.array([{"a": 1}, None, {"a": 2}, {"a": None}]),
    "BYTES": pa.array([b"a", None, b"\xff", b""]),
}
CHARTS: list[dict[str, Any]] = [
    {"type": "kpi", "value": "y", "aggregate": "max", "comparison": {"to": "previous_period"}},
    {"type": "kpi", "value": "y", "aggregate": "sum", "format": "bytes", "sparkline": {"x": "x"}},
    {"type": "line", "x": "x", "y": "y", "series": WEIRD, "comparison": {"to": "previous_period"}},
    {"type": "area", "x": "x", "y": "y", "stack": "normalize", "series": WEIRD},
    {"type": "area", "x": "x", "y": "y", "x_format": {"date": "%Q '\\\""},
     "reference": [{"x": PAYLOAD, "label": PAYLOAD}, {"x": "2024-02-29"}, {"y": 1}]},
    {"type": "bar", "x": "x", "y": "y", "series": WEIRD, "limit": 1, "horizontal": True},
    {"type": "bar", "x": "x", "y": "y", "format": {"number": "$,.2s", "unit": PAYLOAD[:20]}},
    {"type": "scatter", "x": "x", "y": "y", "series": WEIRD, "size": "y"},
    {"type": "pie", "category": "x", "value": "y"},
    {"type": "heatmap", "x": "x", "y": WEIRD, "color": "y"},
    {"type": "table", "sort": {"field": "y"},
     "columns": [{"field": "y", "bar": True}, {"field": "x", "link": WEIRD}]},
]  # fmt: skip


def table_of(x: str, y: str) -> tuple[pa.Table, tuple[Column, ...]]:
    table = pa.table({"x": VALUES[x], "y": VALUES[y], WEIRD: VALUES["STRING"]})
    return table, (Column("x", x), Column("y", y), Column(WEIRD, "STRING"))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart["type"])
@pytest.mark.parametrize("x", VALUES)
def test_no_value_breaks_a_chart(chart: dict[str, Any], x: str) -> None:
    for y, rows in itertools.product(VALUES, (slice(0, 4), slice(0, 0), slice(3, 4))):
        table, columns = table_of(x, y)
        part = table.slice(rows.start, rows.stop - rows.start)
        view = chart_view(
            chart_of(**{**chart, "title": PAYLOAD}), part, columns,
            dashboard=board("fr-FR", "Pacific/Kiritimati"), compared=table,
        )  # fmt: skip
        json.dumps(view.view, allow_nan=False)
        assert (view.view is None) == (view.problem is not None)


@pytest.mark.parametrize("chart", CHARTS[2:10], ids=lambda chart: chart["type"])
def test_no_text_gets_into_a_spec_but_as_a_parameter(chart: dict[str, Any]) -> None:
    table, columns = table_of("STRING", "INT64")
    table = table.set_column(1, "y", pa.array([1, 2, 3, 4]))
    found = chart_view(chart_of(**{**chart, "title": PAYLOAD}), table, columns, dashboard=board())
    spec = {key: value for key, value in found.view["spec"].items() if key != "params"}
    text = json.dumps(spec)
    for hostile in ("alert", "script", "a.b", "$,.2s", "%Q"):
        assert hostile not in text
    assert {column["name"] for column in found.view["data"]["columns"]} <= {
        *(f"f{i}" for i in range(6)), *(f"t{i}" for i in range(5)), "l0", "l1",
    }  # fmt: skip


@pytest.mark.parametrize("chart", CHARTS[2:10], ids=lambda chart: chart["type"])
def test_hostile_texts_are_drawn_as_texts(chart: dict[str, Any]) -> None:
    table, columns = table_of("STRING", "INT64")
    table = table.set_column(1, "y", pa.array([1, 2, 3, 4]))
    found = chart_view(chart_of(**chart), table, columns, dashboard=board())
    svg = draw_svg(found.view)
    assert svg.startswith("<svg")
    assert "<script" not in svg
