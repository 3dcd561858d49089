"""One point a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_core.plan.locales import locale
from peter_core.plan.views.axes import thinned, ticks
from peter_core.plan.views.covered import Box, Ground, Span, span_of
from peter_core.plan.views.dots import series_color
from peter_core.plan.views.frame import MAX_POINTS, compact_number, measure
from peter_core.plan.views.lines import Drawn, y_formatter
from peter_core.plan.views.places import continuous, slot_channel, time_channel
from peter_core.plan.views.plot import Plot
from peter_core.plan.views.reference import add_references, reference_values
from peter_core.plan.views.series import melt
from peter_core.plan.views.tables import data_table
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import Dashboard, ScatterChart
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.axes import Ticks
    from peter_core.plan.views.frame import Field, Frame
    from peter_core.plan.views.places import Places
    from peter_core.plan.views.series import Long


def scatter_view(chart: ScatterChart, frame: Frame, dashboard: Dashboard) -> Drawn:
    """Points at x and y, coloured by series and sized by a third measure."""
    x = frame.field(chart.x)
    x_written = x.formatter(chart.x_format, dashboard)
    places = continuous(x, x_written, dashboard)
    long = melt(frame, chart.ys, chart.series, dashboard, chart.limit)
    written = y_formatter(long, chart.format, dashboard)
    drawn = [
        i
        for i, point in enumerate(long.points)
        if point.y is not None and places.at[point.row] is not None
    ]
    kept = thinned(drawn, MAX_POINTS)
    plot = Plot(locale(dashboard.locale))
    size = frame.number(chart.size) if chart.size else None
    _write(plot, chart, frame, long, places, kept, written, size, dashboard)
    reach = [long.points[i].y or 0.0 for i in kept] + reference_values(chart.reference)
    marks = ticks(reach, written, zero=False)
    across, x_channel = _x_channel(plot, places, kept, long, x_written)
    base: dict[str, Any] = {
        "x": x_channel,
        "y": plot.measured("y", "f1", marks),
        "color": series_color(long),
    }
    if size is not None:
        base["size"] = {"field": "f3", "type": "quantitative", "legend": None,
                        "scale": {"range": [16, 400], "zero": True}}  # fmt: skip
    mark: dict[str, Any] = {"type": "point", "filled": True, "opacity": 0.7,
                            "tooltip": plot.tooltip()}  # fmt: skip
    plot.layers.append({"mark": mark if size else {**mark, "size": 44}, "encoding": base})
    if not long.single:
        for at, series in enumerate(long.series):
            plot.swatch(series.name, series.color, "square", ("f2", at))
    lines = add_references(plot, chart.reference, x=x, places=places, written=written,
                   zone=dashboard.timezone,
                   ground=_ground(long, places, kept, across, marks))  # fmt: skip
    table = data_table(_columns(chart, frame, x_written, written, dashboard), frame.rows, dashboard)
    fewer = say("{kept} of {points} points are drawn.", kept=len(kept), points=len(drawn))
    note = fewer if len(kept) < len(drawn) else None
    return Drawn(plot.view(table), long, x, x_written, written, note, lines)


def _write(
    plot: Plot,
    chart: ScatterChart,
    frame: Frame,
    long: Long,
    places: Places,
    kept: list[int],
    written: Formatter,
    size: Field | None,
    dashboard: Dashboard,
) -> None:
    points = [long.points[i] for i in kept]
    x = frame.field(chart.x)
    plot.column("f0", "time" if x.is_temporal else "number", [places.at[p.row] for p in points])
    plot.column("f1", "number", [compact_number(p.y or 0.0) for p in points])
    if not long.single:
        plot.column("f2", "number", [p.series for p in points])
    plot.tip(x.title, [places.texts[p.row] for p in points])
    if not long.single:
        title = frame.field(chart.series).title if chart.series else say("Series")
        plot.tip(title, [long.series[p.series].name for p in points])
    many = len(long.measures) > 1
    plot.tip(
        say("Value") if many else long.measures[0].title, [written.text(p.value) for p in points]
    )
    if size is not None:
        sizes = [max(measure(size.values[p.row]) or 0.0, 0.0) for p in points]
        plot.column("f3", "number", [compact_number(value) for value in sizes])
        shown = size.formatter(None, dashboard)
        plot.tip(size.title, [shown.text(size.values[p.row]) for p in points])


def _x_channel(
    plot: Plot, places: Places, kept: list[int], long: Long, written: Formatter
) -> tuple[Span, dict[str, Any]]:
    if places.kind == "time":
        return span_of(places), time_channel(plot, places)
    if places.kind == "slot":
        thin = places.slots > 12
        return span_of(places), slot_channel(plot, places, axis="x", thin=thin)
    known = [float(places.at[long.points[i].row] or 0) for i in kept]
    marks = ticks(known, written, zero=False)
    return Span(marks.low, marks.high), plot.measured("x", "f0", marks)


def _ground(long: Long, places: Places, kept: list[int], across: Span, marks: Ticks) -> Ground:
    """The plot as its points cover it."""
    ground, half = Ground(across, Span(marks.low, marks.high)), 0.01
    spots = [
        (across.share(places.at[point.row] or 0), ground.up.share(point.y or 0.0))
        for point in (long.points[i] for i in kept)
    ]
    return ground.under(Box(x - half, x + half, y - 2 * half, y + 2 * half) for x, y in spots)


def _columns(
    chart: ScatterChart,
    frame: Frame,
    x_written: Formatter,
    written: Formatter,
    dashboard: Dashboard,
) -> list[tuple[Field, Formatter]]:
    columns = [(frame.field(chart.x), x_written)]
    columns += [(frame.number(name), written) for name in chart.ys]
    for name in (chart.series, chart.size):
        if name:
            field = frame.field(name)
            columns.append((field, field.formatter(None, dashboard)))
    return columns
