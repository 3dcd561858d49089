"""The columns that charts, checks and options name, held against what the queries give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from peter_core.dashboard.marks import path_text
from peter_core.dashboard.model import (
    AreaChart,
    BarChart,
    HeatmapChart,
    KpiChart,
    LineChart,
    OptionsQuery,
    PieChart,
    ScatterChart,
    SelectFilter,
    Sort,
    TableChart,
)
from peter_core.dashboard.names import did_you_mean, listed
from peter_core.dashboard.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from peter_core.dashboard.marks import Path
    from peter_core.dashboard.model import Chart, Check, Dashboard
    from peter_core.engine.port import Column

Need: TypeAlias = Literal["any", "scalar", "number", "moment", "ordered"]

_NUMBERS: Final = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
_MOMENTS: Final = frozenset({"DATE", "DATETIME", "TIMESTAMP"})
_NESTED: Final = ("ARRAY", "STRUCT", "RECORD", "JSON", "GEOGRAPHY", "RANGE")
_WANTED: Final = {
    "scalar": "a plain value",
    "number": "a number",
    "moment": "a date or a timestamp",
    "ordered": "a number, a date or a text",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A column that a part of a document names, where, and of what kind it must be."""

    query: str
    name: str
    path: Path
    need: Need = "any"


def check_columns(
    dashboard: Dashboard, columns_by_query: Mapping[str, Sequence[Column]]
) -> tuple[Problem, ...]:
    """What charts, checks and options ask of columns that the queries do not give.

    Parameters
    ----------
    dashboard
        The dashboard; references to unknown queries are left to ``check_rules``.
    columns_by_query
        The result columns of each query that is known; queries that are not here are not checked.
        Names are compared without case, as BigQuery does.
    """
    found: list[Problem] = []
    for use in column_uses(dashboard):
        columns = columns_by_query.get(use.query)
        if columns is not None:
            problem = _check_use(use, columns)
            if problem is not None:
                found.append(problem)
    return tuple(found)


def column_uses(dashboard: Dashboard) -> Iterator[Use]:
    """Every column that the dashboard names outside its SQL, in the order of the document."""
    for name, filter_ in dashboard.filters.items():
        if isinstance(filter_, SelectFilter) and isinstance(filter_.options, OptionsQuery):
            options = filter_.options
            path: Path = ("filters", name, "options")
            yield Use(options.query, options.value, (*path, "value"), "scalar")
            if options.label is not None:
                yield Use(options.query, options.label, (*path, "label"), "scalar")
    for name, query in dashboard.queries.items():
        for index, check in enumerate(query.checks):
            yield from _check_uses(name, check, ("queries", name, "checks", index))
    for name, chart in dashboard.charts.items():
        yield from chart_uses(chart, ("charts", name))


def _check_use(use: Use, columns: Sequence[Column]) -> Problem | None:
    by_name = {column.name.lower(): column for column in columns}
    column = by_name.get(use.name.lower())
    path = path_text(use.path)
    if column is None:
        known = [c.name for c in columns]
        said = f"No column '{use.name}' in query '{use.query}' (columns: {listed(known)})."
        return Problem("unknown-field", "error", said, path, hint=did_you_mean(use.name, known))
    if _fits(column, use.need):
        return None
    kind = f"ARRAY<{column.type}>" if column.mode == "REPEATED" else column.type
    said = (
        f"The column '{column.name}' of query '{use.query}' is {kind}, and '{path}' needs "
        f"{_WANTED[use.need]}."
    )
    return Problem("wrong-column-type", "error", said, path, hint=_cast_hint(use.need, kind))


def _fits(column: Column, need: Need) -> bool:
    kind = column.type.upper().split("(")[0]
    if need == "any" or kind in ("", "UNKNOWN"):
        return True
    if column.mode == "REPEATED" or kind.startswith(_NESTED):
        return False
    if need == "number":
        return kind in _NUMBERS
    if need == "moment":
        return kind in _MOMENTS
    return need == "scalar" or kind != "BOOL"


def _cast_hint(need: Need, kind: str) -> str | None:
    if kind == "STRING" and need == "number":
        return "Cast it in the query: SAFE_CAST(... AS FLOAT64)."
    if kind == "STRING" and need == "moment":
        return "Parse it in the query: PARSE_DATE('%F', ...)."
    if kind.startswith(_NESTED):
        return "Pick a field of it, or UNNEST it, in the query."
    return None


def _check_uses(query: str, check: Check, path: Path) -> Iterator[Use]:
    for index, column in enumerate(check.not_null or ()):
        yield Use(query, column, (*path, "not_null", index))
    for index, column in enumerate(check.unique or ()):
        yield Use(query, column, (*path, "unique", index), "scalar")
    if check.accepted:
        yield Use(query, check.accepted.column, (*path, "accepted", "column"), "scalar")
    if check.range:
        bounds = (check.range.min, check.range.max)
        need: Need = "ordered" if any(isinstance(bound, str) for bound in bounds) else "number"
        yield Use(query, check.range.column, (*path, "range", "column"), need)
    if check.max_age:
        yield Use(query, check.max_age.column, (*path, "max_age", "column"), "moment")
    if check.equals:
        need = "any" if check.equals.aggregate == "count" else "number"
        # One name for two queries; the other query's fault is told once, at the same place.
        yield Use(query, check.equals.column, (*path, "equals", "column"), need)
        if check.equals.query != query:
            yield Use(check.equals.query, check.equals.column, (*path, "equals", "column"), need)


def chart_uses(chart: Chart, path: Path) -> Iterator[Use]:
    """The columns a chart names, each with its path below ``path``."""
    match chart:
        case KpiChart():
            yield from _kpi_uses(chart, path)
        case LineChart() | AreaChart() | BarChart() | ScatterChart():
            yield from _xy_uses(chart, path)
        case PieChart():
            yield Use(chart.query, chart.category, (*path, "category"), "scalar")
            yield Use(chart.query, chart.value, (*path, "value"), "number")
        case HeatmapChart():
            yield Use(chart.query, chart.x, (*path, "x"), "scalar")
            yield Use(chart.query, chart.y, (*path, "y"), "scalar")
            yield Use(chart.query, chart.color, (*path, "color"), "number")
        case TableChart():
            yield from _table_uses(chart, path)


def _kpi_uses(chart: KpiChart, path: Path) -> Iterator[Use]:
    need: Need = "number" if chart.aggregate in ("sum", "mean") else "any"
    yield Use(chart.query, chart.value, (*path, "value"), need)
    if chart.comparison and chart.comparison.field is not None:
        yield Use(chart.query, chart.comparison.field, (*path, "comparison", "field"), "number")
    if chart.sparkline:
        yield Use(chart.query, chart.sparkline.x, (*path, "sparkline", "x"), "scalar")
        if chart.sparkline.y is not None:
            yield Use(chart.query, chart.sparkline.y, (*path, "sparkline", "y"), "number")


def _xy_uses(chart: LineChart | AreaChart | BarChart | ScatterChart, path: Path) -> Iterator[Use]:
    yield Use(chart.query, chart.x, (*path, "x"), "scalar")
    for index, y in enumerate(chart.ys):
        at = (*path, "y") if isinstance(chart.y, str) else (*path, "y", index)
        yield Use(chart.query, y, at, "number")
    if chart.series is not None:
        yield Use(chart.query, chart.series, (*path, "series"), "scalar")
    if isinstance(chart, ScatterChart) and chart.size is not None:
        yield Use(chart.query, chart.size, (*path, "size"), "number")
    comparison = getattr(chart, "comparison", None)
    if comparison is not None and comparison.field is not None:
        yield Use(chart.query, comparison.field, (*path, "comparison", "field"), "number")
    if isinstance(chart.sort, Sort):
        yield Use(chart.query, chart.sort.field, (*path, "sort", "field"), "scalar")


def _table_uses(chart: TableChart, path: Path) -> Iterator[Use]:
    for index, column in enumerate(chart.columns or ()):
        at = (*path, "columns", index)
        need: Need = "number" if column.bar or column.color_scale else "any"
        yield Use(chart.query, column.field, (*at, "field"), need)
        if column.link is not None:
            yield Use(chart.query, column.link, (*at, "link"), "scalar")
    if chart.sort:
        yield Use(chart.query, chart.sort.field, (*path, "sort", "field"), "scalar")
