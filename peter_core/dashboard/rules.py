"""What a schema cannot say: references between the parts of a dashboard, and its layout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from peter_core.dashboard.columns import check_columns
from peter_core.dashboard.marks import path_parts, path_text
from peter_core.dashboard.model import (
    RESERVED_ARGUMENTS,
    DateRangeFilter,
    OptionsQuery,
    SelectFilter,
    Tabs,
    TextChart,
)
from peter_core.dashboard.names import did_you_mean, listed
from peter_core.dashboard.problems import Problem, sorted_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from peter_core.dashboard.loading import Loaded
    from peter_core.dashboard.marks import Path
    from peter_core.dashboard.model import Chart, Comparison, Dashboard, Filter, Row

__all__ = ["check_columns", "check_rules", "place_problems"]

ROW_WIDTH: Final = 12


def check_rules(dashboard: Dashboard) -> tuple[Problem, ...]:
    """What is wrong with a dashboard beyond its single fields, without knowing any column.

    Problems carry paths; ``place_problems`` gives them lines.
    """
    found: list[Problem] = []
    for name, filter_ in dashboard.filters.items():
        found += _check_filter(dashboard, name, filter_)
    found += _check_parameters(dashboard)
    for name, query in dashboard.queries.items():
        for index, check in enumerate(query.checks):
            if check.equals:
                path = ("queries", name, "checks", index, "equals", "query")
                found += _known_query(dashboard, check.equals.query, path)
    for name, chart in dashboard.charts.items():
        found += _check_chart(dashboard, name, chart)
    found += _check_layout(dashboard)
    found += _check_unused(dashboard)
    return tuple(found)


def place_problems(problems: Iterable[Problem], loaded: Loaded) -> tuple[Problem, ...]:
    """Problems with the line and column of their paths, in the order of the text.

    A problem that has a line keeps it. A path to what the document does not hold is placed at
    the nearest thing above it.
    """
    return sorted_problems(_placed(problem, loaded) for problem in problems)


def _placed(problem: Problem, loaded: Loaded) -> Problem:
    if problem.line is not None:
        return problem
    path = path_parts(problem.path)
    # A finding about a chart, query or filter as a whole points at its name.
    whole = len(path) == 2 and path[0] in ("charts", "queries", "filters")
    at = loaded.place(path, key=whole)
    if at is None:
        return problem
    return replace(
        problem,
        line=at.line,
        column=at.column,
        end_line=at.end_line,
        end_column=at.end_column,
    )


def _error(rule: str, message: str, path: Path, hint: str | None = None) -> Problem:
    return Problem(rule, "error", message, path_text(path), hint=hint)


def _warning(rule: str, message: str, path: Path, hint: str | None = None) -> Problem:
    return Problem(rule, "warning", message, path_text(path), hint=hint)


def _known_query(dashboard: Dashboard, name: str, path: Path) -> Iterator[Problem]:
    if name not in dashboard.queries:
        known = listed(dashboard.queries)
        hint = did_you_mean(name, dashboard.queries)
        yield _error(
            "unknown-query", f"No query is called '{name}' (queries: {known}).", path, hint
        )


# Filters ------------------------------------------------------------------------------------


def _check_filter(dashboard: Dashboard, name: str, filter_: Filter) -> Iterator[Problem]:
    if name.lower() in RESERVED_ARGUMENTS:
        yield _error(
            "reserved-name",
            f"No filter can be called '{name}': in the address of a page the word has a meaning.",
            ("filters", name),
            f"Call it '{name}_' or something else.",
        )
    if not isinstance(filter_, SelectFilter):
        return
    path: Path = ("filters", name)
    if isinstance(filter_.options, OptionsQuery):
        yield from _known_query(dashboard, filter_.options.query, (*path, "options", "query"))
    if isinstance(filter_.default, tuple) and not filter_.multiple:
        yield _error(
            "wrong-default",
            f"The filter '{name}' takes one value, and its default is a list.",
            (*path, "default"),
            "Add 'multiple: true', or give one value.",
        )
    elif isinstance(filter_.options, tuple):
        yield from _check_listed(filter_, filter_.options, path)


def _check_listed(filter_: SelectFilter, options: tuple[str, ...], path: Path) -> Iterator[Problem]:
    for index, option in enumerate(options):
        if option in options[:index]:
            said = f"The option '{option}' is listed twice."
            yield _warning("duplicate-option", said, (*path, "options", index), "Remove one.")
    single = isinstance(filter_.default, str)
    defaults = (filter_.default,) if isinstance(filter_.default, str) else filter_.default or ()
    for index, default in enumerate(defaults):
        if default not in options:
            yield _error(
                "wrong-default",
                f"The default '{default}' is none of the options ({listed(options)}).",
                (*path, "default") if single else (*path, "default", index),
                did_you_mean(default, options),
            )


def _check_parameters(dashboard: Dashboard) -> Iterator[Problem]:
    """BigQuery compares parameter names without case, so two filters may claim one name."""
    owners: dict[str, str] = {}
    for name, filter_ in dashboard.filters.items():
        ranged = isinstance(filter_, DateRangeFilter)
        bound = (f"{name}_start", f"{name}_end") if ranged else (name,)
        for parameter in bound:
            owner = owners.setdefault(parameter.lower(), name)
            if owner != name:
                yield _error(
                    "parameter-clash",
                    f"The filters '{owner}' and '{name}' both give the parameter @{parameter}.",
                    ("filters", name),
                    "Rename one of them.",
                )
                break


# Charts -------------------------------------------------------------------------------------


def _check_chart(dashboard: Dashboard, name: str, chart: Chart) -> Iterator[Problem]:
    if isinstance(chart, TextChart):
        return
    path: Path = ("charts", name)
    yield from _known_query(dashboard, chart.query, (*path, "query"))
    comparison = getattr(chart, "comparison", None)
    if comparison is not None:
        yield from _check_comparison(dashboard, comparison, (*path, "comparison"))


def _check_comparison(
    dashboard: Dashboard, comparison: Comparison, path: Path
) -> Iterator[Problem]:
    ranges = [n for n, f in dashboard.filters.items() if isinstance(f, DateRangeFilter)]
    named = comparison.filter
    if named is not None and named not in dashboard.filters:
        known = listed(dashboard.filters) or "none"
        said = f"No filter is called '{named}' (filters: {known})."
        yield _error("unknown-filter", said, (*path, "filter"), did_you_mean(named, ranges))
    elif not comparison.is_period:
        return
    elif named is not None and named not in ranges:
        said = f"A comparison of periods shifts a date_range filter, and '{named}' is none."
        yield _error("needs-date-range", said, (*path, "filter"), did_you_mean(named, ranges))
    elif not ranges:
        yield _error(
            "needs-date-range",
            f"The comparison with the {comparison.to.replace('_', ' ')} shifts the bounds of a "
            "date_range filter, and this dashboard has none.",
            (*path, "to"),
            "Add a filter of the type date_range and use its parameters in the query.",
        )


# Layout -------------------------------------------------------------------------------------


def _rows(dashboard: Dashboard) -> Iterator[tuple[Path, Row]]:
    if isinstance(dashboard.layout, Tabs):
        for tab_index, tab in enumerate(dashboard.layout.tabs):
            for index, row in enumerate(tab.rows):
                yield ("layout", "tabs", tab_index, "rows", index), row
    elif dashboard.layout is not None:
        for index, row in enumerate(dashboard.layout):
            yield ("layout", index), row


def _check_layout(dashboard: Dashboard) -> Iterator[Problem]:
    if dashboard.layout is None:
        return
    placed: set[str] = set()
    for path, row in _rows(dashboard):
        for index, tile in enumerate(row):
            at = (*path, index, "chart")
            if tile.chart not in dashboard.charts:
                said = f"No chart is called '{tile.chart}'."
                hint = did_you_mean(tile.chart, dashboard.charts)
                yield _error("unknown-chart", said, at, hint)
            elif tile.chart in placed:
                said = f"The chart '{tile.chart}' is already in the layout."
                yield _error("chart-twice", said, at, "Remove it here or there.")
            placed.add(tile.chart)
        yield from _check_width(row, path)
    for name in dashboard.charts:
        if name not in placed:
            said = f"The chart '{name}' is not in the layout, so nobody sees it."
            yield _warning("chart-not-placed", said, ("charts", name), "Add it to a row.")


def _check_width(row: Row, path: Path) -> Iterator[Problem]:
    given = sum(tile.width or 0 for tile in row)
    open_tiles = sum(tile.width is None for tile in row)
    if given + open_tiles > ROW_WIDTH:
        rest = f", and {open_tiles} without a width need at least one each" if open_tiles else ""
        yield _error(
            "row-too-wide",
            f"The widths of this row add up to {given}{rest}; a row has {ROW_WIDTH} columns.",
            path,
            "Make charts narrower, or move one to a row of its own.",
        )


def _check_unused(dashboard: Dashboard) -> Iterator[Problem]:
    used = {chart.query for chart in dashboard.charts.values() if not isinstance(chart, TextChart)}
    for filter_ in dashboard.filters.values():
        if isinstance(filter_, SelectFilter) and isinstance(filter_.options, OptionsQuery):
            used.add(filter_.options.query)
    for query in dashboard.queries.values():
        used |= {check.equals.query for check in query.checks if check.equals}
    for name in dashboard.queries:
        if name not in used:
            said = f"Nothing uses the query '{name}'."
            yield _warning("unused-query", said, ("queries", name), "Remove it, or chart it.")
