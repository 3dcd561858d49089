"""What was scanned, billed and paid."""

from __future__ import annotations

from typing import Literal

from peter_jupyter.http.models.shapes import Answer, Moment, Usd


class CostItem(Answer):
    """One line of the report; ``key`` is ``null`` for what belongs to no dashboard.

    ``saved_usd`` is what answers from the cache did not cost again.
    """

    key: str | None
    bytes_scanned: int
    bytes_billed: int
    cost_usd: Usd
    query_count: int
    cache_hit_ratio: float
    saved_usd: Usd
    slot_ms: int


class BudgetItem(Answer):
    """Where a budget stands at this moment.

    ``subject`` is the user or the slug it is about, empty for the budget of all. ``level`` is
    ``near`` from 80 % of the limit on, and ``used_up`` when nothing is left.
    """

    scope: Literal["whole", "user", "dashboard"]
    period: Literal["day", "month"]
    subject: str
    limit_usd: Usd
    spent_usd: Usd
    reserved_usd: Usd
    left_usd: Usd
    level: Literal["within", "near", "used_up"]
    begins_anew: Moment


class CostAnswer(Answer):
    """The runs from ``start`` until before ``end``, and the budgets as they are now."""

    start: Moment
    end: Moment
    group_by: Literal["dashboard", "user", "query", "date"]
    total_bytes_scanned: int
    total_bytes_billed: int
    cost_usd: Usd
    query_count: int
    cache_hit_ratio: float
    saved_usd: Usd
    slot_ms: int
    breakdown: tuple[CostItem, ...]
    budgets: tuple[BudgetItem, ...] = ()
