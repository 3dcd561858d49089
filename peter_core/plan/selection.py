"""Some charts of a dashboard, planned alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peter_core.dashboard.model import OptionsQuery, SelectFilter, Tabs
from peter_core.dashboard.names import did_you_mean, listed
from peter_core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from peter_core.dashboard.model import Dashboard
    from peter_core.plan.plan import Plan


def compared_queries(dashboard: Dashboard, query: str) -> tuple[str, ...]:
    """The queries that checks of a query compare its result with."""
    checks = dashboard.queries[query].checks
    return tuple(check.equals.query for check in checks if check.equals is not None)


def select_charts(plan: Plan, names: Collection[str]) -> Plan:
    """The plan of these charts alone: their steps, and what filters and checks need beside them.

    Raises
    ------
    InvalidRequest
        When the dashboard has no chart of a name.
    """
    for name in names:
        if name not in plan.charts:
            raise InvalidRequest(
                f"The dashboard {plan.dashboard.slug} has no chart {name[:64]!r}.",
                hint=did_you_mean(name, plan.charts) or f"There are {listed(plan.charts)}.",
            )
    charts = {name: chart for name, chart in plan.charts.items() if name in names}
    needed = _needed_steps(plan, charts)
    steps = {key: step for key, step in plan.steps.items() if key in needed}
    queries = {query: key for query, key in plan.query_steps.items() if key in steps}
    return replace(plan, charts=charts, steps=steps, query_steps=queries)


def select_tab(plan: Plan, tab: int) -> Plan:
    """The plan of the charts of one tab, counted from 1; of the last where there are fewer."""
    layout = plan.dashboard.layout
    if not isinstance(layout, Tabs):
        return plan
    rows = layout.tabs[min(tab, len(layout.tabs)) - 1].rows
    shown = {tile.chart for row in rows for tile in row}
    return select_charts(plan, [name for name in plan.charts if name in shown])


def steps_of_whole_charts(plan: Plan, answered: Collection[str]) -> frozenset[str]:
    """The steps of the charts that have everything they need among the answered steps."""
    needed = (_needed_steps(plan, [name]) for name in plan.charts)
    return frozenset().union(*(steps for steps in needed if steps <= set(answered)))


def _needed_steps(plan: Plan, names: Collection[str]) -> frozenset[str]:
    """The steps of these charts, and those that filters and checks need beside them."""
    charts = [plan.charts[name] for name in names]
    keys = {key for chart in charts for key in (chart.step, chart.compared)}
    keys |= {plan.query_steps.get(query) for query in _queries_beside(plan, names)}
    return frozenset(key for key in keys if key is not None)


def _queries_beside(plan: Plan, charts: Collection[str]) -> Iterator[str]:
    """The queries whose results filters offer or checks compare with."""
    for filter_ in plan.dashboard.filters.values():
        if isinstance(filter_, SelectFilter) and isinstance(filter_.options, OptionsQuery):
            yield filter_.options.query
    for name in charts:
        query = getattr(plan.dashboard.charts[name], "query", None)
        if query is not None:
            yield from compared_queries(plan.dashboard, query)
