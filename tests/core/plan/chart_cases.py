"""Charts with small results: one of each kind, for golden files and promises."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from peter_core.dashboard.model import Chart, Dashboard, Query, TextChart
from peter_core.engine.port import Column
from peter_core.plan.charts import ChartView, chart_view

CHART: TypeAdapter[Any] = TypeAdapter(Chart)
DAYS = [dt.date(2013, 6, 1) + dt.timedelta(days=i) for i in range(8)]
FLIGHTS = [754, 912, 967, 961, 971, 979, 966, 755]


def chart_of(**fields: Any) -> Any:
    """A chart as a document would give it."""
    query = {} if fields["type"] == "text" else {"query": "q"}
    return CHART.validate_json(json.dumps({"title": "Chart", **query, **fields}))


def board(locale: str = "en-US", timezone: str = "UTC") -> Dashboard:
    """A dashboard for its language and zone."""
    return Dashboard(
        version=1,
        slug="board",
        title="Board",
        locale=locale,
        timezone=timezone,
        queries={"q": Query(sql="SELECT 1")},
        charts={"t": TextChart(type="text", markdown="x")},
    )


def drawn(
    chart: dict[str, Any],
    columns: dict[str, tuple[str, list[Any]]],
    *,
    dashboard: Dashboard | None = None,
    earlier: dict[str, list[Any]] | None = None,
    **more: Any,
) -> ChartView:
    """The view of a chart over columns given as name: (type, values)."""
    return chart_view(
        chart_of(**chart),
        pa.table({name: values for name, (_, values) in columns.items()}),
        tuple(Column(name, type_) for name, (type_, _) in columns.items()),
        dashboard=dashboard or board(),
        compared=pa.table(earlier) if earlier else None,
        **more,
    )


@dataclass(frozen=True)
class Case:
    """One chart with its result."""

    chart: dict[str, Any]
    columns: dict[str, tuple[str, list[Any]]]
    more: dict[str, Any] = field(default_factory=dict)

    def view(self) -> ChartView:
        """What it looks like."""
        return drawn(self.chart, self.columns, **self.more)


_REGIONS = ["Europe", "Asia"]
_WEEKS = [dt.date(2026, 8, 3), dt.date(2026, 8, 10), dt.date(2026, 8, 24)]
_BY_REGION: dict[str, tuple[str, list[Any]]] = {
    "week": ("DATE", [week for week in _WEEKS for _ in _REGIONS]),
    "region": ("STRING", _REGIONS * 3),
    "orders": ("INT64", [3400, 1500, 3600, 1600, 3500, 1400]),
}
_CARRIERS: dict[str, tuple[str, list[Any]]] = {
    "carrier": ("STRING", ["United", "JetBlue", "ExpressJet", "Delta", "American"]),
    "flights": ("INT64", [58665, 54635, 54173, 48110, 32729]),
}
_DAILY: dict[str, tuple[str, list[Any]]] = {
    "flight_date": ("DATE", DAYS),
    "flights": ("INT64", FLIGHTS),
}

CASES: dict[str, Case] = {
    "kpi": Case(
        {"type": "kpi", "value": "flights", "aggregate": "sum", "better": "higher",
         "comparison": {"to": "previous_period"}, "sparkline": {"x": "flight_date"}},
        _DAILY,
        {"earlier": {"flight_date": DAYS, "flights": [n - 20 for n in FLIGHTS]},
         "comparison_label": "previous 8 days"},
    ),
    "line": Case(
        {"type": "line", "x": "flight_date", "y": "flights",
         "reference": [{"y": 900, "label": "Plan"}, {"x": "2013-06-03"}]},
        _DAILY,
    ),
    "line-series": Case(
        {"type": "line", "x": "week", "y": "orders", "series": "region"}, _BY_REGION
    ),
    "area-comparison": Case(
        {"type": "area", "x": "flight_date", "y": "flights",
         "comparison": {"to": "previous_period"}},
        _DAILY,
        {"earlier": {"flight_date": [d - dt.timedelta(days=8) for d in DAYS],
                     "flights": [n - 20 for n in FLIGHTS]},
         "comparison_label": "previous 8 days"},
    ),
    "area-stacked": Case(
        {"type": "area", "x": "week", "y": "orders", "series": "region"}, _BY_REGION
    ),
    "bar": Case({"type": "bar", "x": "carrier", "y": "flights"}, _CARRIERS),
    "bar-stacked": Case(
        {"type": "bar", "x": "week", "y": "orders", "series": "region"}, _BY_REGION
    ),
    "bar-grouped": Case(
        {"type": "bar", "x": "week", "y": "orders", "series": "region", "stack": "none"}, _BY_REGION
    ),
    "bar-normalized": Case(
        {"type": "bar", "x": "week", "y": "orders", "series": "region", "stack": "normalize",
         "horizontal": True},
        _BY_REGION,
    ),
    "bar-named": Case(
        {"type": "bar", "x": "carrier", "y": "flights", "horizontal": True, "limit": 3}, _CARRIERS
    ),
    "scatter": Case(
        {"type": "scatter", "x": "distance", "y": "delay", "size": "seats",
         "format": {"number": ".1f", "unit": "min"}},
        {"distance": ("INT64", [200, 733, 1400, 2475]),
         "delay": ("FLOAT64", [11.5, -3.25, 20.0, 4.0]),
         "seats": ("INT64", [50, 180, 200, 300])},
    ),
    "pie": Case({"type": "pie", "category": "carrier", "value": "flights", "limit": 3}, _CARRIERS),
    "heatmap": Case(
        {"type": "heatmap", "x": "hour", "y": "weekday", "color": "delay"},
        {"hour": ("INT64", [6, 7, 8, 6, 7]),
         "weekday": ("STRING", ["Mon", "Mon", "Mon", "Tue", "Tue"]),
         "delay": ("FLOAT64", [1.5, 2.0, 9.0, 0.5, None])},
    ),
    "table": Case(
        {"type": "table", "sort": {"field": "share", "order": "descending"}, "page_size": 10,
         "columns": ["carrier", {"field": "share", "format": "percent", "bar": True},
                     {"field": "paid", "title": "Revenue", "format": "currency:EUR",
                      "link": "site"}]},
        {"carrier": ("STRING", ["United", "Delta"]),
         "share": ("FLOAT64", [0.25, 0.75]),
         "paid": ("NUMERIC", [Decimal("12.50"), None]),
         "site": ("STRING", ["https://united.example", None])},
    ),
    "text": Case(
        {"type": "text",
         "markdown": "# Notes\n\nSee *the* **[manual](https://example.com/a)**.\n\n- one\n- `two`"},
        {},
    ),
}  # fmt: skip
