"""What the ledger holds, as it goes in and comes out. Moments are UTC, sizes bytes, money USD."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    from peter_core.dashboard.model import Dashboard
    from peter_core.store.budgets import BudgetState
    from peter_core.store.port import Document

GroupBy = Literal["dashboard", "user", "query", "date"]


@dataclass(frozen=True, slots=True)
class Run:
    """One answer to one statement, from the engine or from the cache.

    ``slug`` and ``query`` are missing for a statement of a person's own. ``status`` is
    ``succeeded`` or the code of the error. A run is recorded once, however often its ``id`` comes.
    ``estimated_bytes`` is what the estimate said, ``slot_ms`` the slot time, ``saved_usd`` what an
    answer from the cache did not cost again: what the run behind it did.
    """

    at: dt.datetime
    fingerprint: str
    principal: str
    engine: str
    status: str = "succeeded"
    slug: str | None = None
    query: str | None = None
    job_id: str | None = None
    bytes_scanned: int = 0
    bytes_billed: int = 0
    cost_usd: Decimal = Decimal(0)
    cache_hit: bool = False
    duration_ms: float = 0.0
    rows: int | None = None
    slot_ms: int = 0
    saved_usd: Decimal = Decimal(0)
    estimated_bytes: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class DashboardEntry:
    """A published dashboard as lists show it.

    ``computed_at`` is when the oldest of its results was computed, ``last_cost_usd`` what
    computing all of them cost the last time; ``None`` when none ever was.
    """

    slug: str
    title: str
    revision: str
    published_at: dt.datetime
    published_by: str
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    computed_at: dt.datetime | None = None
    last_cost_usd: Decimal | None = None


def dashboard_entry(board: Dashboard, document: Document) -> DashboardEntry:
    """The entry of a published document with its model."""
    return DashboardEntry(
        slug=board.slug,
        title=board.title,
        revision=document.revision,
        published_at=document.published_at,
        published_by=document.published_by,
        description=board.description,
        owner=board.owner,
        tags=board.tags,
    )


@dataclass(frozen=True, slots=True)
class ReceiptRecord:
    """A receipt of a query in a revision; ``body`` is the receipt's own JSON."""

    id: str
    slug: str
    revision: str
    query: str
    fingerprint: str
    verdict: str
    verified_at: dt.datetime
    body: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """What runs of one dashboard, person, query or day cost.

    ``key`` is the slug, the principal, ``slug/query`` or the ISO date; ``None`` gathers what
    belongs to no dashboard. ``saved_usd`` is what the cache saved, ``slot_ms`` the slot time.
    """

    key: str | None
    bytes_scanned: int
    bytes_billed: int
    cost_usd: Decimal
    query_count: int
    cache_hits: int
    saved_usd: Decimal = Decimal(0)
    slot_ms: int = 0

    @property
    def cache_hit_ratio(self) -> float:
        """Answers from the cache of all answers, 0 when there were none."""
        return self.cache_hits / self.query_count if self.query_count else 0.0


@dataclass(frozen=True, slots=True)
class CostReport:
    """What was run in a period: ``start`` inclusive, ``end`` exclusive; the dearest line first.

    ``budgets`` is where the configured budgets stand at this moment, whatever the period.
    """

    start: dt.datetime
    end: dt.datetime
    group_by: GroupBy
    total_bytes_scanned: int
    total_bytes_billed: int
    cost_usd: Decimal
    query_count: int
    cache_hit_ratio: float
    breakdown: tuple[CostLine, ...]
    saved_usd: Decimal = Decimal(0)
    slot_ms: int = 0
    budgets: tuple[BudgetState, ...] = ()
