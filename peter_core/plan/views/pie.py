"""Shares of a whole, as a ring with its shares in the legend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from peter_core.plan.formats import formatter
from peter_core.plan.locales import locale
from peter_core.plan.views.frame import compact_number, measure
from peter_core.plan.views.lines import Drawn
from peter_core.plan.views.plot import Plot
from peter_core.plan.views.problem import Undrawable
from peter_core.plan.views.series import MAX_SERIES, OTHER, melt
from peter_core.plan.views.slots import added
from peter_core.plan.views.tables import data_table
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import Dashboard, PieChart
    from peter_core.plan.views.frame import Frame
    from peter_core.plan.views.series import Long


def pie_view(chart: PieChart, frame: Frame, dashboard: Dashboard) -> Drawn:
    """A ring of at most six parts, the largest first.

    Raises
    ------
    Undrawable
        When a value is negative: it has no share of a whole.
    """
    value = frame.number(chart.value)
    category = frame.field(chart.category)
    written = value.formatter(chart.format, dashboard)
    rate = formatter("percent", "FLOAT64", dashboard=dashboard)
    if any((measure(v) or 0) < 0 for v in value.values):
        raise Undrawable(
            "negative_share", say("A pie cannot show negative values"),
            say("Column {name} has values below zero, which are no share of a whole.",
                name=repr(value.name)),
            say("Use a bar chart."),
        )  # fmt: skip
    long = melt(frame, (value.name,), category.name, dashboard,
                min(chart.limit or MAX_SERIES, MAX_SERIES))  # fmt: skip
    sums = _sums(long)
    whole = sum(measure(raw) or 0.0 for raw in sums)
    shares = [rate.text((measure(raw) or 0.0) / whole) if whole else rate.text(0.0) for raw in sums]
    plot = Plot(locale(dashboard.locale))
    plot.column("f0", "number", list(range(len(sums))))
    plot.column("f1", "number", [compact_number(measure(raw) or 0.0) for raw in sums])
    names = [
        s.name if s.color != "$other" else f"{say(OTHER)} ({long.folded})" for s in long.series
    ]
    plot.tip(category.title, names)
    plot.tip(value.title, [written.text(raw) for raw in sums])
    plot.tip(say("Share"), shares)
    _ring(plot, long, hollow=whole == 0)
    for at, (series, share) in enumerate(zip(long.series, shares, strict=True)):
        plot.swatch(f"{series.name} {share}", series.color, "square", ("f0", at))
    category_written = category.formatter(None, dashboard)
    table = data_table([(category, category_written), (value, written)], frame.rows, dashboard)
    return Drawn(plot.view(table), long, category, category_written, written)


def _sums(long: Long) -> list[object]:
    sums: list[object] = [0] * len(long.series)
    for point in long.points:
        if point.y is not None:
            sums[point.series] = added(sums[point.series], point.value)
    return sums


def _ring(plot: Plot, long: Long, *, hollow: bool) -> None:
    color = {
        "field": "f0", "type": "nominal", "legend": None,
        "scale": {"domain": list(range(len(long.series))),
                  "range": [series.color for series in long.series]},
    }  # fmt: skip
    mark = {
        "type": "arc", "tooltip": plot.tooltip(), "stroke": "$surface", "strokeWidth": 1,
        "innerRadius": {"expr": "min(width, height) * 0.31"},
        "outerRadius": {"expr": "min(width, height) * 0.5"},
    }  # fmt: skip
    encoding = {
        "theta": {"field": "f1", "type": "quantitative", "stack": True},
        "order": {"field": "f0", "type": "quantitative"},
        "color": color,
    }
    plot.layers.append({"mark": mark, "encoding": encoding})
    if hollow:
        # Nothing has no shares, and an empty card would look broken.
        whole = {"theta": {"value": 0}, "theta2": {"value": 2 * math.pi}}
        ring = {key: mark[key] for key in ("type", "innerRadius", "outerRadius")}
        plot.layers.append(
            {"data": {"values": [{}]}, "mark": {**ring, "color": "$grid"}, "encoding": whole}
        )
