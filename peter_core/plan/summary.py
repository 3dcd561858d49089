"""What a figure shows in a sentence, for those who hear it and for those who skim it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.plan.views.frame import instant, measure

if TYPE_CHECKING:
    from peter_core.dashboard.model import Chart
    from peter_core.plan.views.kpi import Kpi
    from peter_core.plan.views.lines import Drawn

_KINDS = {
    "line": "Line chart", "area": "Area chart", "bar": "Bar chart", "scatter": "Scatter plot",
    "pie": "Pie chart", "heatmap": "Heatmap",
}  # fmt: skip


def kpi_summary(title: str, kpi: Kpi) -> str:
    """``Departures: 28,243, up 3.1 % against previous 30 days.``"""
    change = f", {kpi.change}" if kpi.change else ""
    return f"{title}: {kpi.text}{change}."


def table_summary(title: str, rows: int, columns: int) -> str:
    """``Days: table of 30 rows and 3 columns.``"""
    return f"{title}: table of {_count(rows, 'row')} and {_count(columns, 'column')}."


def plot_summary(chart: Chart, drawn: Drawn, zone: str) -> str:
    """Kind, size, trend, lowest, highest and last value."""
    kind = _KINDS[chart.type]
    if chart.type in ("line", "area"):
        return f"{chart.title}: {kind.lower()}, {_trend(drawn, zone)}."
    return f"{chart.title}: {kind.lower()}, {_extremes(drawn)}."


def _trend(drawn: Drawn, zone: str) -> str:
    long = drawn.long
    if not long.single:
        names = ", ".join(series.name for series in long.series)
        count = _count(len({point.row for point in long.points}), "row")
        return f"{len(long.series)} series ({names}), {count}; {_extremes(drawn)}"
    x = drawn.x
    points = [point for point in long.points if point.y is not None]
    if not points:
        return "no values"
    if x.is_temporal or x.is_number:
        places = [instant(v, zone) if x.is_temporal else measure(v) for v in x.values]
        points = sorted(
            (point for point in points if places[point.row] is not None),
            key=lambda point: places[point.row] or 0,
        ) or points  # fmt: skip
    first, last = points[0], points[-1]
    trend = "flat" if last.y == first.y else "up" if (last.y or 0) > (first.y or 0) else "down"
    if len(points) == 1:
        return f"one point, {_at(drawn, first.row, first.value)}"
    return (
        f"{_count(len(points), 'point')}, {trend} from {_at(drawn, first.row, first.value)} "
        f"to {_at(drawn, last.row, last.value)}; {_extremes(drawn)}"
    )


def _extremes(drawn: Drawn) -> str:
    points = [point for point in drawn.long.points if point.y is not None]
    if not points:
        return "no values"
    low = min(points, key=lambda point: point.y or 0.0)
    high = max(points, key=lambda point: point.y or 0.0)
    if len(points) == 1:
        return f"one value, {_at(drawn, low.row, low.value)}"
    return f"lowest {_at(drawn, low.row, low.value)}, highest {_at(drawn, high.row, high.value)}"


def _at(drawn: Drawn, row: int, value: object) -> str:
    return f"{drawn.written.text(value)} at {drawn.x_written.text(drawn.x.values[row])}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
