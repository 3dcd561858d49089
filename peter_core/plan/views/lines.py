"""Lines and areas over an ordered axis."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from peter_core.dashboard.model import AreaChart
from peter_core.plan.formats import formatter
from peter_core.plan.locales import locale
from peter_core.plan.views.axes import shares, ticks
from peter_core.plan.views.compared import compared_dots
from peter_core.plan.views.covered import Ground, Span, below_lines, span_of
from peter_core.plan.views.dots import Dot, hover_layer, series_color, write_dots
from peter_core.plan.views.frame import MAX_POINTS, compact_number
from peter_core.plan.views.places import Places, continuous, slot_channel, time_channel
from peter_core.plan.views.plot import Plot
from peter_core.plan.views.reference import add_references, reference_values
from peter_core.plan.views.sampling import peaks
from peter_core.plan.views.series import Long, melt
from peter_core.plan.views.tables import data_table
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import Dashboard, LineChart
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.axes import Ticks
    from peter_core.plan.views.frame import Earlier, Field, Frame


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished view with what its summary and its card's note say; ``lines`` run across it."""

    view: dict[str, Any]
    long: Long
    x: Field
    x_written: Formatter
    written: Formatter
    note: str | None = None
    lines: tuple[str, ...] = ()


def line_view(
    chart: LineChart | AreaChart,
    frame: Frame,
    dashboard: Dashboard,
    earlier: Earlier,
) -> Drawn:
    """A line a series; areas are stacked here, so that the axis knows its reach."""
    x = frame.field(chart.x)
    x_written = x.formatter(chart.x_format, dashboard)
    places = continuous(x, x_written, dashboard)
    long = melt(frame, chart.ys, chart.series, dashboard, chart.limit)
    written = y_formatter(long, chart.format, dashboard)
    stacked = isinstance(chart, AreaChart) and chart.stack != "none"
    share = isinstance(chart, AreaChart) and chart.stack == "normalize"
    lines = _lines(long, places, merge=stacked)
    names = [series.name for series in long.series]
    dots, note = _sampled(lines, names, written)
    # One series alone has nothing to stand on: where it has no value is a gap.
    if stacked and (share or not long.single):
        dots = _stacked(dots, names, share=share)
    grey = compared_dots(chart, x, places, written, frame, earlier, dashboard)
    marks = _ticks(chart, dots, grey, written, dashboard, share=share)
    plot = Plot(locale(dashboard.locale))
    x_channel = _x_channel(plot, places, marks_of=x_written)
    y_channel = plot.measured("y", "f1", marks)
    write_dots(plot, [*dots, *grey], x, long, split_by=_split_title(chart, frame))
    _layers(plot, chart, long, x_channel, y_channel, compare=bool(grey), dots=dots)
    plot.zero_line("y", marks)
    _legend(plot, long, grey, earlier.label)
    ground = Ground(span_of(places), Span(marks.low, marks.high))
    across = add_references(plot, _references(chart), x=x, places=places, written=written,
                   zone=dashboard.timezone,
                   ground=below_lines(ground, [*dots, *grey], filled=stacked and not long.single),
                   )  # fmt: skip
    table = data_table(_columns(frame, chart, x_written, written, dashboard), frame.rows, dashboard)
    return Drawn(plot.view(table), long, x, x_written, written, note, across)


def y_formatter(long: Long, chosen: Any, dashboard: Dashboard) -> Formatter:
    """One formatter for all measures of a plot, fitted to all their values."""
    first = long.measures[0]
    written = formatter(chosen, first.type, dashboard=dashboard, name=first.name)
    return written.fitted(list(chain.from_iterable(field.values for field in long.measures)))


def _lines(long: Long, places: Places, *, merge: bool) -> list[list[Dot]]:
    """The points of each line in the order of x; ``merge`` adds up folded series."""
    lines: dict[int, list[Dot]] = defaultdict(list)
    for point, origin in zip(long.points, long.origin, strict=True):
        at = places.at[point.row]
        if at is not None:
            key = point.series if merge else origin
            lines[key].append(Dot(at, point.y, point.series, key, places.texts[point.row],
                                  raw=point.value))  # fmt: skip
    ordered = [sorted(line, key=lambda dot: dot.x) for line in lines.values()]
    return [_merged(line) for line in ordered] if merge else ordered


def _merged(line: list[Dot]) -> list[Dot]:
    merged: list[Dot] = []
    for dot in line:
        last = merged[-1] if merged else None
        if last is None or last.x != dot.x:
            merged.append(dot)
        elif dot.y is not None:
            merged[-1] = replace(last, y=(last.y or 0.0) + dot.y, raw=(last.y or 0.0) + dot.y)
    return merged


def _sampled(
    lines: list[list[Dot]], names: list[str], written: Formatter
) -> tuple[list[Dot], str | None]:
    dots: list[Dot] = []
    longest = max((len(line) for line in lines), default=0)
    most = max(200, MAX_POINTS if len(lines) <= 8 else MAX_POINTS * 8 // len(lines))
    for line in lines:
        kept = peaks([dot.y for dot in line], most)
        for rank, index in enumerate(kept):
            before = line[kept[rank - 1]].y if rank else None
            after = line[kept[rank + 1]].y if rank + 1 < len(kept) else None
            dot = line[index]
            lone = dot.y is not None and before is None and after is None
            dots.append(replace(dot, name=names[dot.series], text=written.text(dot.raw), lone=lone))
    if longest <= most:
        return dots, None
    said = "{kept} of {points} points a line are drawn, the lowest and highest of each stretch " \
        "among them."  # fmt: skip
    return dots, say(said, kept=most, points=longest)


def _stacked(dots: list[Dot], names: list[str], *, share: bool) -> list[Dot]:
    """Each dot on top of the series before it; a series without a value there adds nothing."""
    places = sorted({dot.x for dot in dots})
    by_place: dict[float | int, dict[int, Dot]] = {at: {} for at in places}
    for dot in dots:
        by_place[dot.x][dot.series] = dot
    stacked: list[Dot] = []
    for at in places:
        row = by_place[at]
        whole = sum(dot.y or 0.0 for dot in row.values()) if share else 1.0
        base = 0.0
        for series, name in enumerate(names):
            found = row.get(series)
            size = ((found.y or 0.0) if found else 0.0) / (whole or 1.0)
            sample = found or Dot(at, 0.0, series, series, next(iter(row.values())).x_text,
                                  name, text="–")  # fmt: skip
            stacked.append(replace(sample, y=base + size, low=base, lone=len(places) == 1))
            base += size
    return stacked


def _ticks(
    chart: LineChart | AreaChart,
    dots: list[Dot],
    grey: list[Dot],
    written: Formatter,
    dashboard: Dashboard,
    *,
    share: bool,
) -> Ticks:
    if share:
        return shares(formatter("percent", "FLOAT64", dashboard=dashboard))
    reach = [dot.y for dot in [*dots, *grey] if dot.y is not None]
    reach += reference_values(_references(chart))
    return ticks(reach, written, zero=isinstance(chart, AreaChart))


def _references(chart: LineChart | AreaChart) -> Any:
    from peter_core.dashboard.model import Reference

    comparison = chart.comparison
    if comparison is None or comparison.to != "target":
        return chart.reference
    target = Reference(y=comparison.value, label=comparison.label or "Target")
    return (*chart.reference, target)


def _x_channel(plot: Plot, places: Places, marks_of: Formatter) -> dict[str, Any]:
    if places.kind == "time":
        return time_channel(plot, places)
    if places.kind == "slot":
        channel = slot_channel(plot, places, axis="x", thin=places.slots > 12)
        channel["scale"] = {**channel["scale"], "type": "point", "padding": 0.2}
        return channel
    known = [compact_number(at) for at in places.at if at is not None]
    marks = ticks(known, marks_of, zero=False)
    if known and min(known) < max(known):
        # A line fills its plot; the ticks stand where they are good.
        marks = marks.within(min(known), max(known))
    return plot.measured("x", "f0", marks)


def _layers(
    plot: Plot,
    chart: LineChart | AreaChart,
    long: Long,
    x: dict[str, Any],
    y: dict[str, Any],
    *,
    compare: bool,
    dots: list[Dot],
) -> None:
    color = series_color(long)
    base: dict[str, Any] = {"x": x, "y": y, "color": color}
    if not long.single or compare:
        base["detail"] = {"field": "f3", "type": "nominal"}
    current = {"transform": [{"filter": "datum.f2 >= 0"}]} if compare else {}
    if isinstance(chart, AreaChart):
        plot.layers.append({**current, **_area(chart, long, base)})
    if compare:
        mark = {"type": "line", "strokeDash": [4, 3], "strokeWidth": 1.5}
        plot.layers.append(
            {
                "transform": [{"filter": "datum.f2 < 0"}],
                "mark": mark,
                "encoding": {**base, "color": {"value": "$prev"}},
            }
        )
    if not isinstance(chart, AreaChart) or long.single or chart.stack == "none":
        plot.layers.append({**current, "mark": {"type": "line"}, "encoding": base})
    if any(dot.lone for dot in dots):
        plot.layers.append(
            {
                "transform": [{"filter": "datum.f5 == 1"}],
                "mark": {"type": "point", "size": 30, "opacity": 1},
                "encoding": base,
            }
        )
    plot.layers.append(hover_layer(plot, base))


def _area(chart: AreaChart, long: Long, base: dict[str, Any]) -> dict[str, Any]:
    low = {"field": "f4"} if chart.stack != "none" else {"datum": 0}
    mark: dict[str, Any] = {"type": "area", "line": False}
    encoding = {**base, "y2": low}
    if long.single:
        stops = [{"offset": 0, "color": "$area-top"}, {"offset": 1, "color": "$area-end"}]
        mark["color"] = {"gradient": "linear", "x1": 0, "y1": 0, "x2": 0, "y2": 1, "stops": stops}
        encoding.pop("color")
    elif chart.stack == "none":
        mark["opacity"] = 0.12
    else:
        mark |= {"stroke": "$surface", "strokeWidth": 1}
    return {"mark": mark, "encoding": encoding}


def _legend(plot: Plot, long: Long, grey: list[Dot], label: str | None) -> None:
    if long.single and not grey:
        return
    stacked = not long.single and any("y2" in layer["encoding"] for layer in plot.layers)
    for at, series in enumerate(long.series):
        name = say("This period") if long.single and label else series.name
        plot.swatch(name, series.color, "square" if stacked else "line", ("f2", at))
    if grey:
        name = label[:1].upper() + label[1:] if label else grey[0].name
        plot.swatch(name, "$prev", "dash", ("f2", -1))


def _split_title(chart: LineChart | AreaChart, frame: Frame) -> str | None:
    return frame.field(chart.series).title if chart.series else None


def _columns(
    frame: Frame,
    chart: LineChart | AreaChart,
    x_written: Formatter,
    written: Formatter,
    dashboard: Dashboard,
) -> list[tuple[Field, Formatter]]:
    columns = [(frame.field(chart.x), x_written)]
    if chart.series:
        split = frame.field(chart.series)
        columns.append((split, split.formatter(None, dashboard)))
    columns += [(frame.number(name), written) for name in chart.ys]
    comparison = chart.comparison
    if comparison is not None and comparison.field:
        columns.append((frame.number(comparison.field), written))
    return columns
