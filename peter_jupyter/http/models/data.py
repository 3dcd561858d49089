"""The data of dashboards: one chart's rows, freshness and warming."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from peter_core.plan.plan import Status
from peter_jupyter.http.models.plan import ColumnItem
from peter_jupyter.http.models.shapes import Answer, Body, Moment

FilterValue = str | int | float | bool | None


class ChartRows(Answer):
    """The result behind a chart, column by column; ``row_count`` counts what was cut off, too."""

    slug: str
    revision: str
    chart: str
    columns: tuple[ColumnItem, ...]
    values: tuple[list[object], ...]
    row_count: int
    truncated: bool
    computed_at: Moment | None
    source_updated_at: Moment | None
    freshness: Status
    freshness_reason: str | None
    cache_hit: bool
    bytes_scanned: int


class ChartAge(Answer):
    """How old what a chart shows is."""

    chart: str
    computed_at: Moment | None
    source_updated_at: Moment | None
    age_seconds: float | None
    status: Status
    reason: str | None


class FreshnessAnswer(Answer):
    """The freshness of every chart that reads a query."""

    slug: str
    charts: tuple[ChartAge, ...]


class PrecomputeBody(Body):
    """Which filter values to warm; ``force`` runs what is cached, too."""

    filters: dict[str, FilterValue | list[FilterValue]] = Field(default={}, max_length=100)
    force: bool = False


class FailureItem(Answer):
    """A query that gave nothing."""

    query: str
    code: str
    message: str


class PrecomputeAnswer(Answer):
    """What a precompute did."""

    status: Literal["success", "partial", "failed"]
    queries_executed: int
    queries_cached: int
    bytes_scanned: int
    duration_ms: float
    errors: tuple[FailureItem, ...]


class StepEvent(Answer):
    """A line of progress: one query was answered, or failed with ``code``."""

    event: Literal["query"] = "query"
    query: str
    key: str
    status: Literal["succeeded", "failed"]
    code: str | None
    cache_hit: bool
    bytes_scanned: int
    duration_ms: float
    done: int


class DoneEvent(PrecomputeAnswer):
    """The last line of progress."""

    event: Literal["done"] = "done"
