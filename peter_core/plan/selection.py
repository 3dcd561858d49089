"""Some charts of a dashboard, planned alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from peter_core.dashboard.model import OptionsQuery, SelectFilter
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
    needed = {key for chart in charts.values() for key in (chart.step, chart.compared)}
    needed |= {plan.query_steps.get(query) for query in _queries_beside(plan, charts)}
    steps = {key: step for key, step in plan.steps.items() if key in needed}
    queries = {query: key for query, key in plan.query_steps.items() if key in steps}
    return replace(plan, charts=charts, steps=steps, query_steps=queries)


def _queries_beside(plan: Plan, charts: Collection[str]) -> Iterator[str]:
    """The queries whose results filters offer or checks compare with."""
    for filter_ in plan.dashboard.filters.values():
        if isinstance(filter_, SelectFilter) and isinstance(filter_.options, OptionsQuery):
            yield filter_.options.query
    for name in charts:
        query = getattr(plan.dashboard.charts[name], "query", None)
        if query is not None:
            yield from compared_queries(plan.dashboard, query)
