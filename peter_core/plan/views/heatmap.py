"""A grid of cells coloured by value, light for little and strong for much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_core.plan.locales import locale
from peter_core.plan.views.frame import compact_number, measure
from peter_core.plan.views.lines import Drawn
from peter_core.plan.views.places import slot_channel, slotted
from peter_core.plan.views.plot import Plot
from peter_core.plan.views.problem import Undrawable
from peter_core.plan.views.series import melt
from peter_core.plan.views.tables import data_table
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import Dashboard, HeatmapChart
    from peter_core.plan.views.frame import Frame
    from peter_core.plan.views.places import Places

COLORS = ("$seq0", "$seq1", "$seq2", "$seq3", "$seq4")
_MOST_CELLS = 10_000
_MOST_LABELLED = (10, 14)
_LETTER_PX = 6.6


def heatmap_view(chart: HeatmapChart, frame: Frame, dashboard: Dashboard) -> Drawn:
    """A cell for each pair of categories; a pair without rows stays empty.

    Raises
    ------
    Undrawable
        When the grid has more than 10,000 cells, which no screen can show.
    """
    x, y = frame.field(chart.x), frame.field(chart.y)
    x_written, y_written = x.formatter(None, dashboard), y.formatter(None, dashboard)
    color = frame.number(chart.color)
    written = color.formatter(chart.format, dashboard)
    across, down = slotted(x, x_written, dashboard), slotted(y, y_written, dashboard)
    _check_size(across, down)
    cells, repeated = _cells(across, down, color.values)
    rows = list(cells.values())
    plot = Plot(locale(dashboard.locale))
    plot.column("f0", "number", [across.at[row] for row in rows])
    plot.column("f1", "number", [down.at[row] for row in rows])
    sizes = [compact_number(measure(color.values[row]) or 0.0) for row in rows]
    plot.column("f2", "number", sizes)
    shorts = [written.short(color.values[row]) for row in rows]
    plot.column("l0", "text", shorts)
    plot.tip(x.title, [across.texts[row] for row in rows])
    plot.tip(y.title, [down.texts[row] for row in rows])
    plot.tip(color.title, [written.text(color.values[row]) for row in rows])
    low, high = _domain(sizes)
    thin = x.is_temporal or x.is_number or across.slots > 20
    longest = max(map(len, shorts), default=0)
    _layers(plot, across, down, low, high, longest=longest, thin=thin)
    if rows:
        plot.swatch(
            written.short(min(sizes)), COLORS[0] if low == min(sizes) else COLORS[1], "square"
        )
        plot.swatch(written.short(max(sizes)), COLORS[-1], "square")
    plot.min_height = down.slots * 20 + 28
    note = say("Of rows in the same cell the last is shown.") if repeated else None
    columns = [(x, x_written), (y, y_written), (color, written)]
    long = melt(frame, (color.name,), None, dashboard)
    view = plot.view(data_table(columns, frame.rows, dashboard))
    return Drawn(view, long, x, x_written, written, note)


def _check_size(across: Places, down: Places) -> None:
    if across.slots * down.slots > _MOST_CELLS:
        raise Undrawable(
            "too_many_cells", say("Too many cells to draw"),
            say("The grid would have {across} × {down} cells.", across=across.slots,
                down=down.slots),
            say("Group the values in the query, by month or into ranges."),
        )  # fmt: skip


def _cells(
    across: Places, down: Places, values: list[object]
) -> tuple[dict[tuple[object, object], int], bool]:
    cells: dict[tuple[object, object], int] = {}
    repeated = False
    for row, value in enumerate(values):
        key = (across.at[row], down.at[row])
        if measure(value) is None or None in key:
            continue
        repeated = repeated or key in cells
        cells[key] = row
    return cells, repeated


def _domain(sizes: list[int | float]) -> tuple[float, float]:
    if not sizes:
        return 0.0, 1.0
    low, high = min(sizes), max(sizes)
    if 0 <= low < 0.3 * high:
        low = 0
    return (low, high) if low < high else (low - 1, high)


def _layers(
    plot: Plot,
    across: Places,
    down: Places,
    low: float,
    high: float,
    *,
    longest: int,
    thin: bool,
) -> None:
    x = slot_channel(plot, across, axis="x", thin=thin)
    x["scale"] |= {"type": "band", "padding": 0}
    x["axis"] |= {"domain": False}
    y = slot_channel(plot, down, axis="y", field="f1", thin=False)
    y["scale"] |= {"type": "band", "padding": 0}
    y["axis"] |= {"grid": False}
    color: dict[str, Any] = {
        "field": "f2", "type": "quantitative", "legend": None,
        "scale": {"domain": [low, high], "range": list(COLORS), "interpolate": "rgb"},
    }  # fmt: skip
    mark = {"type": "rect", "stroke": "$surface", "strokeWidth": 2, "cornerRadius": 3,
            "tooltip": plot.tooltip()}  # fmt: skip
    plot.layers.append({"mark": mark, "encoding": {"x": x, "y": y, "color": color}})
    if across.slots > _MOST_LABELLED[0] or down.slots > _MOST_LABELLED[1]:
        return
    middle = low + (high - low) * 0.6
    ink = {
        "condition": {"test": f"datum.f2 > {middle!r}", "value": "$seq-ink-high"},
        "value": "$seq-ink-low",
    }
    text = {"field": "l0", "type": "nominal"}
    # Cells narrower than the longest of their texts are told by their colours alone.
    seen = {"expr": f"width >= {across.slots * (longest * _LETTER_PX + 6):.0f} ? 1 : 0"}
    plot.layers.append(
        {"mark": {"type": "text", "opacity": seen},
         "encoding": {"x": x, "y": y, "text": text, "color": ink}}
    )  # fmt: skip
