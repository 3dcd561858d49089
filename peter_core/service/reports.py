"""What the use cases answer with, where no other room owns the noun."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.plan.plan import Plan, Status, StepAnswer
    from peter_core.sql.checking import Tier
    from peter_core.store.records import DashboardEntry

Mode = Literal["offline", "warehouse"]


@dataclass(frozen=True, slots=True)
class Validation:
    """What is wrong with a document.

    ``mode`` is what was really asked: ``offline`` when the warehouse could not be reached, and
    ``note`` says so. ``tiers`` are those that spoke of its queries. ``revision`` is the
    document's when it could be read.
    """

    valid: bool
    mode: Mode
    problems: tuple[Problem, ...]
    revision: str | None
    note: str | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the published dashboards."""

    dashboards: tuple[DashboardEntry, ...]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True, slots=True)
class ChartFreshness:
    """How old what a chart shows is; times are UTC."""

    chart: str
    computed_at: dt.datetime | None
    source_updated_at: dt.datetime | None
    age_seconds: float | None
    status: Status
    reason: str | None


@dataclass(frozen=True, slots=True)
class StepFailure:
    """A query that gave nothing, and why."""

    query: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Precomputation:
    """What a precompute did; bytes are bytes, ``duration_ms`` milliseconds."""

    status: Literal["success", "partial", "failed"]
    queries_executed: int
    queries_cached: int
    bytes_scanned: int
    duration_ms: float
    errors: tuple[StepFailure, ...]


def precomputation(
    plan: Plan, answers: Mapping[str, StepAnswer], duration_ms: float
) -> Precomputation:
    """Sum up the answers of a plan's steps; queries that did not compile count as failed."""
    failures = [
        StepFailure(answer.step.query, answer.error.code, answer.error.message)
        for answer in answers.values()
        if answer.error
    ]
    failures += [
        StepFailure(problem.path, problem.rule, problem.message)
        for problem in plan.problems
        if problem.is_error
    ]
    served = sum(answer.result is not None and answer.error is None for answer in answers.values())
    return Precomputation(
        status="success" if not failures else "partial" if served else "failed",
        queries_executed=sum(not answer.cache_hit for answer in answers.values()),
        queries_cached=sum(answer.cache_hit for answer in answers.values()),
        bytes_scanned=sum(answer.bytes_scanned for answer in answers.values()),
        duration_ms=duration_ms,
        errors=tuple(failures),
    )


def chart_freshness(
    plan: Plan, answers: Mapping[str, StepAnswer], now: dt.datetime
) -> tuple[ChartFreshness, ...]:
    """The freshness of every chart that reads a query, from what the cache holds."""
    found = []
    for name, chart in plan.charts.items():
        if plan.dashboard.charts[name].type == "text":
            continue
        answer = answers.get(chart.step or "")
        if answer is None or answer.computed_at is None:
            found.append(
                ChartFreshness(name, None, None, None, "unknown", "It was not computed yet.")
            )
            continue
        found.append(
            ChartFreshness(
                chart=name,
                computed_at=answer.computed_at,
                source_updated_at=answer.source_updated_at,
                age_seconds=(now - answer.computed_at).total_seconds(),
                status=answer.freshness,
                reason=answer.freshness_reason,
            )
        )
    return tuple(found)
