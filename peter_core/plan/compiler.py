"""From a document to a plan: statements checked, filters bound, charts tied to columns."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from peter_core.dashboard.model import (
    HeatmapChart,
    KpiChart,
    OptionsQuery,
    PieChart,
    ScatterChart,
    SelectFilter,
    TableChart,
    TextChart,
)
from peter_core.dashboard.problems import Problem
from peter_core.dashboard.rules import check_columns, check_rules, place_problems
from peter_core.engine.port import Job
from peter_core.errors import SqlError
from peter_core.plan.comparisons import period_filter
from peter_core.plan.filters import parameter_values, resolve_values, shifted, today_in
from peter_core.plan.plan import ChartPlan, Plan, Step
from peter_core.plan.selection import compared_queries
from peter_core.sql.guard import guard
from peter_core.sql.parameters import bind_parameters, filter_parameters, filters_behind
from peter_core.sql.statement import Statement, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.loading import Loaded
    from peter_core.dashboard.model import Chart, Comparison, Dashboard, Query
    from peter_core.engine.port import Engine, Estimate
    from peter_core.plan.filters import DateRange
    from peter_core.sql.parameters import Parameter


_AT_ONCE = 8
"""Dry runs asked for at once: each is a round trip to a warehouse."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds where the document says nothing: billed bytes, seconds, allowed datasets."""

    max_bytes: int = 10**9
    highest_max_bytes: int = 10**12
    ttl_s: int = 6 * 3600
    allowed_datasets: frozenset[str] | None = None
    allow_information_schema: bool = False


def compile_plan(
    loaded: Loaded,
    *,
    revision: str,
    engine: Engine | None,
    limits: Limits,
    filters: Mapping[str, object] | None = None,
) -> Plan:
    """Bind a loaded document to filter values and, with an engine, to tables and columns.

    Without an engine the plan holds what can be told offline: no columns, no estimates. Problems
    are part of the plan and point into the file; a query with an error has no step.

    Raises
    ------
    InvalidRequest
        When a filter value does not fit.
    """
    dashboard = loaded.dashboard
    if dashboard is None:
        raise ValueError("a document with errors cannot be compiled; look at its problems first")
    values = resolve_values(dashboard, filters, today=today_in(dashboard.timezone))
    draft = _Draft(loaded, dashboard, values, engine, limits)
    draft.problems.extend(place_problems(check_rules(dashboard), loaded))
    for name, query in dashboard.queries.items():
        draft.add_query(name, query)
    for chart in dashboard.charts.values():
        draft.add_comparison(chart)
    draft.estimate()
    charts = {name: draft.add_chart(name, chart) for name, chart in dashboard.charts.items()}
    draft.add_options()
    draft.check_columns()
    steps = {key: step for key, step in draft.steps.items() if step.used_by}
    return Plan(
        dashboard=dashboard,
        revision=revision,
        values=values,
        steps=steps,
        charts=charts,
        query_steps={q: k for q, k in draft.step_of.items() if k in steps},
        problems=tuple(draft.problems),
    )


@dataclass(slots=True)
class _Draft:
    """A plan in the making."""

    loaded: Loaded
    dashboard: Dashboard
    values: dict[str, object]
    engine: Engine | None
    limits: Limits
    problems: list[Problem] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)
    step_of: dict[str, str] = field(default_factory=dict)
    statements: dict[tuple[str, tuple[Parameter, ...]], str] = field(default_factory=dict)

    def add_query(self, name: str, query: Query) -> None:
        """Check one query and make its step, or share the step of the same statement."""
        if query.sql is None:
            self.problems.extend(place_problems([_unread(name, query)], self.loaded))
            return
        try:
            statement = parse(query.sql)
            refusals = guard(
                statement,
                allowed_datasets=self.limits.allowed_datasets,
                allow_information_schema=self.limits.allow_information_schema,
            )
            if refusals:
                raise SqlError("The guard refused the statement.", problems=refusals)
            parameters = self._bind(statement, self.values)
            self._add_step(name, name, statement, parameters)
        except SqlError as error:
            found = (placed_in_query(self.loaded, name, problem) for problem in error.problems)
            self.problems.extend(found)

    def add_chart(self, name: str, chart: Chart) -> ChartPlan:
        """Tie a chart to its step, and to the step of its comparison period."""
        if isinstance(chart, TextChart):
            return ChartPlan(name, None, None, {})
        key = self.step_of.get(chart.query)
        if key is None:
            # Another value may be what its query can be bound with.
            return ChartPlan(name, None, None, encodings(chart), tuple(self.dashboard.filters))
        self._use(key, name)
        compared = self._compared_key(key, chart)
        if compared in self.steps:
            self._use(compared, name)
        else:
            compared = None
        filters = self._filters_of(chart, chart.query)
        return ChartPlan(name, key, compared, encodings(chart), filters)

    def add_comparison(self, chart: Chart) -> None:
        """Make the step of the period that a chart is compared with, where it has one."""
        main = None if isinstance(chart, TextChart) else self.step_of.get(chart.query)
        key = self._compared_key(main, chart) if main else None
        if main is None or key is None or isinstance(chart, TextChart) or key in self.steps:
            return
        _, to, name = key.rsplit(":", 2)
        bounds = cast("DateRange", self.values[name])
        values = {**self.values, name: shifted(bounds, to)}
        self.steps[key] = replace(
            self.steps[main],
            key=key,
            query=chart.query,
            role="comparison",
            parameters=self._bind(self.steps[main].statement, values),
            used_by=(),
        )

    def estimate(self) -> None:
        """Ask the engine for every step's columns, tables and bytes, all at once.

        A step with an error goes; its problem says why.
        """
        engine = self.engine
        if engine is None or not self.steps:
            return

        def ask(step: Step) -> Estimate | SqlError:
            try:
                return engine.dry_run(Job(step.statement, step.parameters, step.cap_bytes))
            except SqlError as error:
                return error

        with ThreadPoolExecutor(min(len(self.steps), _AT_ONCE), "peter-dry-run") as pool:
            tasks = [
                pool.submit(contextvars.copy_context().run, ask, step)
                for step in self.steps.values()
            ]
            answers = dict(zip(self.steps, (task.result() for task in tasks), strict=True))
        for key, answer in answers.items():
            if isinstance(answer, SqlError):
                self._drop(key, answer)
            else:
                self.steps[key] = replace(
                    self.steps[key],
                    columns=answer.columns,
                    tables=answer.tables,
                    estimate=answer,
                )

    def add_options(self) -> None:
        """Mark the queries that fill the options of filters."""
        for name, filter_ in self.dashboard.filters.items():
            if isinstance(filter_, SelectFilter) and isinstance(filter_.options, OptionsQuery):
                key = self.step_of.get(filter_.options.query)
                if key:
                    self._use(key, f"filter:{name}")

    def check_columns(self) -> None:
        """Report fields that charts, checks and options name and no query gives."""
        known = {
            query: self.steps[key].columns
            for query, key in self.step_of.items()
            if self.steps[key].columns
        }
        found = check_columns(self.dashboard, known)
        self.problems.extend(place_problems(found, self.loaded))

    def _add_step(
        self, key: str, query: str, statement: Statement, parameters: tuple[Parameter, ...]
    ) -> None:
        shared = self.statements.get((statement.fingerprint, parameters))
        if shared is not None:
            self.step_of[query] = shared
            self._tighten(shared, query)
            return
        self.steps[key] = Step(
            key=key,
            query=query,
            role="main",
            statement=statement,
            parameters=parameters,
            cap_bytes=self._cap(query),
            ttl_s=self._ttl(query),
            columns=(),
            tables=(),
            estimate=None,
            used_by=(),
        )
        self.statements[statement.fingerprint, parameters] = key
        self.step_of[query] = key

    def _compared_key(self, main: str, chart: Chart) -> str | None:
        """The key of the step a chart is compared with: ``daily:previous_period:period``."""
        comparison: Comparison | None = getattr(chart, "comparison", None)
        name = period_filter(self.dashboard, comparison) if comparison else None
        bounds = self.values.get(name) if name else None
        if comparison is None or not comparison.is_period or not isinstance(bounds, tuple):
            return None
        return f"{main}:{comparison.to}:{name}"

    def _filters_of(self, chart: Chart, query: str) -> tuple[str, ...]:
        """The filters behind a chart: of its query, of what checks compare, of its comparison."""
        queries = (query, *compared_queries(self.dashboard, query))
        steps = (self.steps[self.step_of[name]] for name in queries if name in self.step_of)
        names = [name for step in steps for name in step.statement.parameters]
        found = set(filters_behind(self.dashboard, names))
        comparison: Comparison | None = getattr(chart, "comparison", None)
        if comparison is not None and comparison.is_period:
            found.add(period_filter(self.dashboard, comparison) or "")
        return tuple(name for name in self.dashboard.filters if name in found)

    def _drop(self, key: str, error: SqlError) -> None:
        """Take out a step the engine cannot read, and say so once for each query."""
        step = self.steps.pop(key)
        queries = [query for query, used in self.step_of.items() if used == key]
        for query in queries or [step.query]:
            if queries:
                del self.step_of[query]
            placed = (placed_in_query(self.loaded, query, problem) for problem in error.problems)
            self.problems.extend(problem for problem in placed if problem not in self.problems)

    def _use(self, key: str, user: str) -> None:
        step = self.steps[key]
        role = "options" if user.startswith("filter:") and not step.used_by else step.role
        self.steps[key] = replace(step, role=role, used_by=(*step.used_by, user))

    def _bind(self, statement: Statement, values: Mapping[str, object]) -> tuple[Parameter, ...]:
        declared = filter_parameters(self.dashboard)
        return bind_parameters(
            statement.parameters,
            declared,
            parameter_values(self.dashboard, values),
            text=statement.text,
        )

    def _tighten(self, key: str, query: str) -> None:
        step = self.steps[key]
        self.steps[key] = replace(
            step,
            cap_bytes=min(step.cap_bytes, self._cap(query)),
            ttl_s=min(step.ttl_s, self._ttl(query)),
        )

    def _cap(self, query: str) -> int:
        own = self.dashboard.queries[query].max_bytes or self.dashboard.defaults.max_bytes
        return min(own or self.limits.max_bytes, self.limits.highest_max_bytes)

    def _ttl(self, query: str) -> int:
        own = self.dashboard.queries[query].ttl or self.dashboard.defaults.ttl
        return own or self.limits.ttl_s


def placed_in_query(loaded: Loaded, query: str, problem: Problem) -> Problem:
    """A problem of a query's statement, placed in the document's file."""
    start = loaded.locate_sql(query, problem.line or 1, problem.column or 1)
    end = None
    if problem.end_line is not None and problem.end_column is not None:
        end = loaded.locate_sql(query, problem.end_line, problem.end_column)
    return replace(
        problem,
        path=f"queries.{query}.sql",
        line=start[0],
        column=start[1],
        end_line=end[0] if end else None,
        end_column=end[1] if end else None,
    )


def _unread(name: str, query: Query) -> Problem:
    return Problem(
        "unread-file",
        "error",
        f"The SQL file {query.file} of query `{name}` could not be read.",
        path=f"queries.{name}.file",
        hint="It is UTF-8 text of at most 100 KB in the document's folder or below; through the "
        "API a document brings its SQL along.",
    )


def encodings(chart: Chart) -> dict[str, tuple[str, ...]]:
    """The fields a chart reads, by encoding: ``{"x": ("day",), "y": ("flights", "delay")}``."""
    found: dict[str, tuple[str | None, ...]]
    match chart:
        case KpiChart():
            spark, versus = chart.sparkline, chart.comparison
            found = {
                "value": (chart.value,),
                "sparkline": (spark.x, spark.y) if spark else (),
                "comparison": (versus.field,) if versus else (),
            }
        case PieChart():
            found = {"category": (chart.category,), "value": (chart.value,)}
        case HeatmapChart():
            found = {"x": (chart.x,), "y": (chart.y,), "color": (chart.color,)}
        case TableChart():
            found = {"columns": tuple(column.field for column in chart.columns or ())}
        case TextChart():
            found = {}
        case _:
            size = chart.size if isinstance(chart, ScatterChart) else None
            found = {"x": (chart.x,), "y": chart.ys, "series": (chart.series,), "size": (size,)}
    kept = {key: tuple(name for name in names if name) for key, names in found.items()}
    return {key: names for key, names in kept.items() if names}
