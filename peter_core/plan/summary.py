"""What a figure shows in a sentence, for those who hear it and for those who skim it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.plan.views.frame import instant, measure
from peter_core.plan.words import say, say_count

if TYPE_CHECKING:
    from peter_core.dashboard.model import Chart
    from peter_core.plan.views.kpi import Kpi
    from peter_core.plan.views.lines import Drawn

_KINDS = {
    "line": "line chart", "area": "area chart", "bar": "bar chart", "scatter": "scatter plot",
    "pie": "pie chart", "heatmap": "heatmap",
}  # fmt: skip
_TRENDS = {
    "up": "{points}, up from {first} to {last}; {extremes}",
    "down": "{points}, down from {first} to {last}; {extremes}",
    "flat": "{points}, flat from {first} to {last}; {extremes}",
}


def kpi_summary(title: str, kpi: Kpi) -> str:
    """``Departures: 28,243, up 3.1 % against previous 30 days.``"""
    change = f", {kpi.change}" if kpi.change else ""
    return f"{title}: {kpi.text}{change}."


def table_summary(title: str, rows: int, columns: int) -> str:
    """``Days: table of 30 rows and 3 columns.``"""
    size = say("table of {rows} and {columns}", rows=_rows(rows),
               columns=say_count(columns, "{n} column", "{n} columns"))  # fmt: skip
    return f"{title}: {size}."


def plot_summary(chart: Chart, drawn: Drawn, zone: str) -> str:
    """Kind, size, trend, lowest, highest and last value, and the lines across it."""
    kind = say(_KINDS[chart.type])
    trend = _trend(drawn, zone) if chart.type in ("line", "area") else _extremes(drawn)
    said = f"{chart.title}: {kind}, {trend}."
    if not drawn.lines:
        return said
    return f"{said} {say('Reference lines: {names}.', names=', '.join(drawn.lines))}"


def _trend(drawn: Drawn, zone: str) -> str:
    long = drawn.long
    if not long.single:
        names = ", ".join(series.name for series in long.series)
        rows = _rows(len({point.row for point in long.points}))
        return say("{count} series ({names}), {rows}; {extremes}", count=len(long.series),
                   names=names, rows=rows, extremes=_extremes(drawn))  # fmt: skip
    x = drawn.x
    points = [point for point in long.points if point.y is not None]
    if not points:
        return say("no values")
    if x.is_temporal or x.is_number:
        places = [instant(v, zone) if x.is_temporal else measure(v) for v in x.values]
        points = sorted(
            (point for point in points if places[point.row] is not None),
            key=lambda point: places[point.row] or 0,
        ) or points  # fmt: skip
    first, last = points[0], points[-1]
    trend = "flat" if last.y == first.y else "up" if (last.y or 0) > (first.y or 0) else "down"
    if len(points) == 1:
        return say("one point, {place}", place=_at(drawn, first.row, first.value))
    return say(
        _TRENDS[trend],
        points=say_count(len(points), "{n} point", "{n} points"),
        first=_at(drawn, first.row, first.value),
        last=_at(drawn, last.row, last.value),
        extremes=_extremes(drawn),
    )


def _extremes(drawn: Drawn) -> str:
    points = [point for point in drawn.long.points if point.y is not None]
    if not points:
        return say("no values")
    low = min(points, key=lambda point: point.y or 0.0)
    high = max(points, key=lambda point: point.y or 0.0)
    if len(points) == 1:
        return say("one value, {place}", place=_at(drawn, low.row, low.value))
    return say("lowest {low}, highest {high}", low=_at(drawn, low.row, low.value),
               high=_at(drawn, high.row, high.value))  # fmt: skip


def _at(drawn: Drawn, row: int, value: object) -> str:
    place = drawn.x_written.text(drawn.x.values[row])
    return say("{value} at {place}", value=drawn.written.text(value), place=place)


def _rows(number: int) -> str:
    return say_count(number, "{n} row", "{n} rows")
