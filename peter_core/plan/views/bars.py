"""Bars by category: upright or lying, one series, grouped, stacked or as shares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from peter_core.plan.formats import formatter
from peter_core.plan.locales import locale
from peter_core.plan.views.axes import Ticks, shares, ticks
from peter_core.plan.views.covered import Ground, Span
from peter_core.plan.views.dots import series_color
from peter_core.plan.views.frame import compact_number
from peter_core.plan.views.lines import Drawn, y_formatter
from peter_core.plan.views.places import slot_channel, slotted
from peter_core.plan.views.plot import Plot
from peter_core.plan.views.reference import add_references, reference_values
from peter_core.plan.views.series import melt
from peter_core.plan.views.slots import gather
from peter_core.plan.views.tables import data_table
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import BarChart, Dashboard
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.frame import Frame
    from peter_core.plan.views.places import Places
    from peter_core.plan.views.series import Long
    from peter_core.plan.views.slots import Bar, Slots

MAX_LABELLED = 8
"""Bars that have their value beside them, and lying bars with their name above."""

_ROW_ABOVE = 40
_ROW = 24


def bar_view(chart: BarChart, frame: Frame, dashboard: Dashboard) -> Drawn:
    """A bar a category and series, from zero."""
    x = frame.field(chart.x)
    x_written = x.formatter(chart.x_format, dashboard)
    places = slotted(x, x_written, dashboard)
    long = melt(frame, chart.ys, chart.series, dashboard)
    written = y_formatter(long, chart.format, dashboard)
    slots = gather(chart, frame, long, places, rate=written.is_rate)
    places = slots.arranged(places)
    share = chart.stack == "normalize" and not long.single
    ends = _ends(slots.bars, long, chart.stack, share=share)
    plot = Plot(locale(dashboard.locale))
    _write(plot, chart, frame, slots, ends, long, written)
    marks = _ticks(chart, ends, written, dashboard, share=share)
    if chart.horizontal:
        _lying(plot, chart, long, places, slots, marks, ends)
    else:
        thin = x.is_temporal or x.is_number or places.slots > 20
        _upright(plot, chart, long, places, slots, marks, thin=thin)
    plot.zero_line("x" if chart.horizontal else "y", marks)
    if not long.single:
        for at, series in enumerate(long.series):
            plot.swatch(series.name, series.color, "square", ("f2", at))
    across = add_references(plot, chart.reference, x=x, places=places, written=written,
                   zone=dashboard.timezone, flipped=chart.horizontal,
                   ground=_ground(slots, ends, marks, flipped=chart.horizontal))  # fmt: skip
    columns = [(x, x_written)]
    if chart.series:
        split = frame.field(chart.series)
        columns.append((split, split.formatter(None, dashboard)))
    columns += [(field, written) for field in long.measures]
    table = data_table(columns, frame.rows, dashboard)
    return Drawn(plot.view(table), long, x, x_written, written, slots.note, across)


def _ends(bars: list[Bar], long: Long, stack: str, *, share: bool) -> list[tuple[float, float]]:
    """Begin and end of every bar; what is negative stacks downwards."""
    if long.single or stack == "none":
        return [(0.0, bar.value) for bar in bars]
    wholes: dict[int, float] = {}
    for bar in bars:
        wholes[bar.slot] = wholes.get(bar.slot, 0.0) + abs(bar.value)
    tops: dict[tuple[int, bool], float] = {}
    ends: dict[int, tuple[float, float]] = {}
    for index in sorted(range(len(bars)), key=lambda i: (bars[i].slot, bars[i].series)):
        bar = bars[index]
        size = bar.value / (wholes[bar.slot] or 1.0) if share else bar.value
        side = (bar.slot, size < 0)
        low = tops.get(side, 0.0)
        tops[side] = low + size
        ends[index] = (low, low + size)
    return [ends[index] for index in range(len(bars))]


def _write(
    plot: Plot,
    chart: BarChart,
    frame: Frame,
    slots: Slots,
    ends: list[tuple[float, float]],
    long: Long,
    written: Formatter,
) -> None:
    bars = slots.bars
    plot.column("f0", "number", [bar.slot for bar in bars])
    plot.column("f1", "number", [compact_number(high) for _, high in ends])
    if not long.single:
        plot.column("f2", "number", [bar.series for bar in bars])
    plot.column("f4", "number", [compact_number(low) for low, _ in ends])
    if _labelled(chart, long, slots):
        plot.column("l0", "text", [written.short(bar.raw) for bar in bars])
    if chart.horizontal and _named_above(long, slots):
        plot.column("l1", "text", [slots.labels[bar.slot] for bar in bars])
    plot.tip(frame.field(chart.x).title, [bar.text for bar in bars])
    if not long.single:
        title = frame.field(chart.series).title if chart.series else say("Series")
        plot.tip(title, [long.series[bar.series].name for bar in bars])
    many = len(long.measures) > 1
    plot.tip(say("Value") if many else long.measures[0].title, [written.text(b.raw) for b in bars])


def _ticks(
    chart: BarChart,
    ends: list[tuple[float, float]],
    written: Formatter,
    dashboard: Dashboard,
    *,
    share: bool,
) -> Ticks:
    reach = [end for pair in ends for end in pair] + reference_values(chart.reference)
    if share:
        rate = formatter("percent", "FLOAT64", dashboard=dashboard)
        return shares(rate) if min(reach, default=0.0) >= 0 else ticks(reach, rate, zero=True)
    return ticks(reach, written, zero=True)


def _ground(
    slots: Slots, ends: list[tuple[float, float]], marks: Ticks, *, flipped: bool
) -> Ground:
    """The plot as its bars cover it; the first of lying ones is the highest."""
    measures, count = Span(marks.low, marks.high), len(slots.labels)
    ground = (
        Ground(measures, Span(count - 0.5, -0.5))
        if flipped
        else Ground(Span(-0.5, count - 0.5), measures)
    )
    pairs = (((bar.slot - 0.35, bar.slot + 0.35), end)
             for bar, end in zip(slots.bars, ends, strict=True))  # fmt: skip
    return ground.under(
        ground.box(end, thick) if flipped else ground.box(thick, end) for thick, end in pairs
    )


def _labelled(chart: BarChart, long: Long, slots: Slots) -> bool:
    """Whether there is room for values beside the bars."""
    few = chart.horizontal or len(slots.labels) <= MAX_LABELLED
    return long.single and few and all(bar.value >= 0 for bar in slots.bars)


def _named_above(long: Long, slots: Slots) -> bool:
    few = len(slots.labels) <= MAX_LABELLED
    return long.single and few and all(bar.value >= 0 for bar in slots.bars)


def _mark(plot: Plot, long: Long, **more: Any) -> dict[str, Any]:
    gap = {} if long.single else {"stroke": "$surface", "strokeWidth": 1}
    return {"type": "bar", "tooltip": plot.tooltip(), **gap, **more}


def _upright(
    plot: Plot,
    chart: BarChart,
    long: Long,
    places: Places,
    slots: Slots,
    marks: Ticks,
    *,
    thin: bool,
) -> None:
    x = slot_channel(plot, places, axis="x", thin=thin)
    x["scale"] |= {"type": "band", "paddingInner": 0.3, "paddingOuter": 0.15}
    y = plot.measured("y", "f1", marks)
    base: dict[str, Any] = {"x": x, "y": y, "y2": {"field": "f4"}, "color": _color(long, slots)}
    if not long.single and chart.stack == "none":
        base["xOffset"] = _offset(long)
    plot.layers.append({"mark": _mark(plot, long), "encoding": base})
    if _labelled(chart, long, slots):
        text = {"type": "text", "dy": -8, "fontWeight": 600, "color": "$ink"}
        encoding = {"x": x, "y": y, "text": {"field": "l0", "type": "nominal"}}
        plot.layers.append({"mark": text, "encoding": encoding})


def _lying(
    plot: Plot,
    chart: BarChart,
    long: Long,
    places: Places,
    slots: Slots,
    marks: Ticks,
    ends: list[tuple[float, float]],
) -> None:
    y = slot_channel(plot, places, axis="y", field="f0", thin=False)
    y["scale"] |= {"type": "band", "paddingInner": 0.3, "paddingOuter": 0.15}
    y["axis"] |= {"grid": False, "labelColor": "$ink-2"}
    count = max(len(slots.labels), 1)
    if _named_above(long, slots) and not chart.reference:
        plot.min_height = count * _ROW_ABOVE
        _named_bars(plot, long, slots, y, max((high for _, high in ends), default=0.0))
        return
    plot.min_height = count * _ROW + 28
    labelled = _labelled(chart, long, slots)
    if labelled:
        # Room behind the longest bar for its value.
        marks = replace(marks, high=max(marks.high, max((h for _, h in ends), default=1) * 1.15))
    x = plot.measured("x", "f1", marks)
    if labelled and not chart.reference:
        x["axis"] = None
    base: dict[str, Any] = {"x": x, "x2": {"field": "f4"}, "y": y, "color": _color(long, slots)}
    if not long.single and chart.stack == "none":
        base["yOffset"] = _offset(long)
    plot.layers.append({"mark": _mark(plot, long), "encoding": base})
    if labelled:
        text = {"type": "text", "align": "left", "dx": 5, "fontWeight": 600, "color": "$ink"}
        encoding = {"x": x, "y": y, "text": {"field": "l0", "type": "nominal"}}
        plot.layers.append({"mark": text, "encoding": encoding})


def _named_bars(plot: Plot, long: Long, slots: Slots, y: dict[str, Any], high: float) -> None:
    """Few bars: the name above at the left, the value at the right, the longest full width."""
    row = {**y, "axis": None}
    scale = {"domain": [0, compact_number(high) or 1], "nice": False, "zero": True}
    x = {"field": "f1", "type": "quantitative", "scale": scale, "axis": None, "stack": None}
    bar = _mark(plot, long, height=7, yOffset=9, cornerRadius=2)
    encoding = {"x": x, "x2": {"field": "f4"}, "y": row, "color": _color(long, slots)}
    plot.layers.append({"mark": bar, "encoding": encoding})
    name = {"type": "text", "align": "left", "dy": -6, "fontSize": 13, "color": "$ink",
            "limit": {"expr": "width * 0.7"}}  # fmt: skip
    value = {**name, "align": "right", "fontWeight": 600}
    value.pop("limit")
    for mark, place, field in ((name, 0, "l1"), (value, {"expr": "width"}, "l0")):
        text = {"field": field, "type": "nominal"}
        plot.layers.append(
            {"mark": mark, "encoding": {"x": {"value": place}, "y": row, "text": text}}
        )


def _color(long: Long, slots: Slots) -> dict[str, Any]:
    """The series' colours; bars of one colour are grey where they stand for the rest."""
    color = series_color(long)
    if slots.other is None or not long.single:
        return color
    return {"condition": {"test": f"datum.f0 === {slots.other}", "value": "$other"}, **color}


def _offset(long: Long) -> dict[str, Any]:
    domain = list(range(len(long.series)))
    return {"field": "f2", "type": "ordinal", "scale": {"domain": domain}}
