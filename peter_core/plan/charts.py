"""A chart bound to the rows of its query: the view a surface draws (docs/artifact.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from peter_core.dashboard.model import (
    AreaChart,
    BarChart,
    HeatmapChart,
    KpiChart,
    LineChart,
    PieChart,
    ScatterChart,
    TableChart,
    TextChart,
)
from peter_core.plan.markdown import markdown_blocks
from peter_core.plan.summary import kpi_summary, plot_summary, table_summary
from peter_core.plan.views.bars import bar_view
from peter_core.plan.views.frame import MAX_POINTS, Earlier, Frame
from peter_core.plan.views.heatmap import heatmap_view
from peter_core.plan.views.kpi import kpi_view
from peter_core.plan.views.lines import Drawn, line_view
from peter_core.plan.views.pie import pie_view
from peter_core.plan.views.problem import Undrawable
from peter_core.plan.views.scatter import scatter_view
from peter_core.plan.views.series import OTHER
from peter_core.plan.views.tables import table_view
from peter_core.plan.words import say, speaking

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from peter_core.dashboard.model import Chart, Dashboard
    from peter_core.engine.port import Column

State = Literal["ready", "empty", "failed"]


@dataclass(frozen=True, slots=True)
class ChartView:
    """What a card shows.

    ``view`` is JSON, ``None`` unless ready; ``problem`` says what an empty or failed card says
    instead. ``truncated`` is whether rows are left out, ``note`` a sentence about what the drawing
    leaves out or adds up.
    """

    state: State
    view: dict[str, Any] | None
    summary: str
    problem: dict[str, str | None] | None = None
    truncated: bool = False
    note: str | None = None


def chart_view(
    chart: Chart,
    table: pa.Table | None,
    columns: Sequence[Column],
    *,
    dashboard: Dashboard,
    compared: pa.Table | None = None,
    comparison_label: str | None = None,
    shift_days: int | None = None,
) -> ChartView:
    """Draw a chart from its rows. Rows that do not fit give a failed state, never an exception.

    Parameters
    ----------
    table, columns
        The result and its BigQuery types; a text chart has neither.
    compared
        The rows of the comparison period, of the same columns.
    comparison_label
        What the comparison is called: ``previous 30 days``.
    shift_days
        Days between the two periods; without it the rows tell.
    """
    with speaking(dashboard.locale):
        if isinstance(chart, TextChart):
            return _written(chart)
        if table is None:
            raise ValueError(f"A {chart.type} chart cannot be drawn without a result.")
        frame = Frame(table, columns)
        before = Frame(compared, columns) if compared is not None else None
        try:
            return _drawn(chart, frame, dashboard, Earlier(before, comparison_label, shift_days))
        except Undrawable as problem:
            summary = f"{chart.title}: {problem.title}."
            return ChartView("failed", None, summary, problem.as_dict())


def _written(chart: TextChart) -> ChartView:
    kind = say("text")
    summary = f"{chart.title}: {kind}." if chart.title else f"{kind[:1].upper()}{kind[1:]}."
    blocks = markdown_blocks(chart.markdown)
    return ChartView("ready", {"kind": "text", "blocks": blocks}, summary)


def _drawn(chart: Chart, frame: Frame, dashboard: Dashboard, earlier: Earlier) -> ChartView:
    counts = isinstance(chart, KpiChart) and chart.aggregate == "count"
    if frame.rows == 0 and not counts:
        return _empty(chart, say("The query returned no rows."))
    if isinstance(chart, KpiChart):
        kpi = kpi_view(chart, frame, dashboard, earlier)
        return ChartView("ready", kpi.view, kpi_summary(chart.title, kpi))
    if isinstance(chart, TableChart):
        view = table_view(chart, frame, dashboard)
        shown = sum(not column.get("hidden") for column in view["columns"])
        summary = table_summary(chart.title, frame.rows, shown)
        over = frame.rows > MAX_POINTS
        first = say("First {shown} of {rows} rows.", shown=MAX_POINTS, rows=frame.rows)
        note = first if over else None
        return ChartView("ready", view, summary, truncated=over, note=note)
    drawn = _plotted(chart, frame, dashboard, earlier)
    if not any(point.y is not None for point in drawn.long.points):
        names = ", ".join(field.name for field in drawn.long.measures)
        said = "The query returned {rows} rows, all without {names}."
        return _empty(chart, say(said, rows=frame.rows, names=names))
    summary = plot_summary(chart, drawn, dashboard.timezone)
    notes = [note for note in (drawn.note, _folding_note(drawn)) if note]
    return ChartView("ready", drawn.view, summary, note=" ".join(notes) or None)


def _folding_note(drawn: Drawn) -> str | None:
    """Says what stands behind "Other"."""
    folded = drawn.long.folded
    every = len(drawn.long.series) - 1 + folded
    if not folded:
        return None
    said = "The {folded} smallest of {every} series are shown as {other}."
    return say(said, folded=folded, every=every, other=say(OTHER))


def _plotted(chart: Chart, frame: Frame, dashboard: Dashboard, earlier: Earlier) -> Drawn:
    if isinstance(chart, (LineChart, AreaChart)):
        return line_view(chart, frame, dashboard, earlier)
    if isinstance(chart, BarChart):
        return bar_view(chart, frame, dashboard)
    if isinstance(chart, ScatterChart):
        return scatter_view(chart, frame, dashboard)
    if isinstance(chart, PieChart):
        return pie_view(chart, frame, dashboard)
    if isinstance(chart, HeatmapChart):
        return heatmap_view(chart, frame, dashboard)
    raise TypeError(f"No view draws a chart of type {chart.type!r}.")


def _empty(chart: Chart, detail: str) -> ChartView:
    hint = say("Widen the filters, or take one away.")
    problem: dict[str, str | None] = {
        "code": "empty", "title": say("No data"), "detail": detail, "hint": hint,
    }  # fmt: skip
    return ChartView("empty", None, f"{chart.title}: {say('no data')}.", problem)
