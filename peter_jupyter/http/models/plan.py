"""Documents that are not published: what is wrong with them, and what they would run."""

from __future__ import annotations

from typing import Literal

from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.lineage import LineageGraph
from peter_jupyter.http.models.shapes import Answer, Usd


class ValidationAnswer(Answer):
    """Whether a document is valid; ``mode`` is what was really checked, ``note`` why not more."""

    valid: bool
    mode: Literal["offline", "warehouse"]
    problems: tuple[ProblemItem, ...]
    revision: str | None = None
    note: str | None = None
    tiers: tuple[str, ...] = ()


class ColumnItem(Answer):
    """A column and its BigQuery type."""

    name: str
    type: str
    mode: Literal["NULLABLE", "REQUIRED", "REPEATED"] = "NULLABLE"


class ParameterItem(Answer):
    """A query parameter with its BigQuery type and plain JSON value."""

    name: str
    type: str
    value: object


class PlannedQuery(Answer):
    """One distinct statement of a dashboard; charts with the same need share it."""

    name: str
    key: str
    role: Literal["main", "comparison", "options"]
    sql: str
    fingerprint: str
    parameters: tuple[ParameterItem, ...]
    tables: tuple[str, ...]
    estimated_bytes: int | None
    cost_usd: Usd
    cap_bytes: int
    cached: bool
    used_by: tuple[str, ...]
    columns: tuple[ColumnItem, ...]


class PlannedChart(Answer):
    """A chart and the columns that its encodings read."""

    name: str
    type: str
    encodings: dict[str, tuple[str, ...]]


class PlanTotals(Answer):
    """The price of the next load and of a month; ``exact`` is whether the engine promises it."""

    estimated_bytes: int
    cost_usd: Usd
    cost_usd_month: Usd | None
    exact: bool
    note: str


class PlanAnswer(Answer):
    """What a document would run."""

    slug: str
    revision: str
    queries: tuple[PlannedQuery, ...]
    charts: tuple[PlannedChart, ...]
    totals: PlanTotals
    lineage: LineageGraph
    problems: tuple[ProblemItem, ...]
