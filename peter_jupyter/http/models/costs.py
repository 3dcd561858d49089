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


class CostAnswer(Answer):
    """The runs from ``start`` until before ``end``."""

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
