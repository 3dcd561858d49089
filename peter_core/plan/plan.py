"""A dashboard bound to filter values and schemas: the steps to run and the charts they feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    from peter_core.dashboard.model import Dashboard
    from peter_core.dashboard.problems import Problem
    from peter_core.engine.port import Column, Estimate, Result, TableInfo
    from peter_core.errors import PeterError
    from peter_core.sql.parameters import Parameter
    from peter_core.sql.statement import Statement

Role = Literal["main", "comparison", "options"]
Status = Literal["fresh", "stale", "unknown"]


@dataclass(frozen=True, slots=True)
class Step:
    """One distinct statement with its parameters; charts with the same need share it.

    ``key`` is the step's name in its plan: the query's name, or ``daily:previous_period:period``
    for the run of a comparison.
    """

    key: str
    query: str
    role: Role
    statement: Statement
    parameters: tuple[Parameter, ...]
    cap_bytes: int
    ttl_s: int
    columns: tuple[Column, ...]
    tables: tuple[TableInfo, ...]
    estimate: Estimate | None
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """A chart and the steps it reads; ``compared`` is the step of its comparison period.

    ``filters`` are those whose values decide what it shows.
    """

    name: str
    step: str | None
    compared: str | None
    encodings: dict[str, tuple[str, ...]]
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Plan:
    """Everything to run for one dashboard at one set of filter values.

    ``values`` are the filters' values, ``None`` for no restriction: a date range is a pair of
    dates, a select a string or a tuple of strings. ``query_steps`` names the step of each query
    that has no error; queries that say the same share one. A plan is itself and no other: what is
    derived from it may be kept beside it.
    """

    dashboard: Dashboard
    revision: str
    values: dict[str, object]
    steps: dict[str, Step]
    charts: dict[str, ChartPlan]
    query_steps: dict[str, str]
    problems: tuple[Problem, ...]

    @property
    def estimated_bytes(self) -> int:
        """Bytes all steps would scan, each counted once."""
        return sum(step.estimate.bytes for step in self.steps.values() if step.estimate)


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What a step gave: a result with its two stamps, or the error that left none.

    An ``error`` beside a result says that a refresh failed and the result is the older one;
    ``refreshing`` that it is stale and being computed anew. Times are UTC.
    """

    step: Step
    result: Result | None = None
    computed_at: dt.datetime | None = None
    source_updated_at: dt.datetime | None = None
    freshness: Status = "unknown"
    freshness_reason: str | None = None
    cache_hit: bool = False
    error: PeterError | None = None
    duration_ms: float = 0.0
    refreshing: bool = False

    @property
    def bytes_scanned(self) -> int:
        """Bytes this answer cost: none from the cache."""
        return 0 if self.cache_hit or self.result is None else self.result.bytes_scanned
