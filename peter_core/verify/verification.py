"""The verification payload: one answer that a person, an agent and a reviewer read alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    import pyarrow as pa

    from peter_core.engine.port import Column, ColumnProfile, Stage
    from peter_core.sql.checking import Tier

Verdict = Literal["passed", "failed", "could_not_run"]
Reason = Literal[
    "refused", "over_cap", "over_budget", "failed", "timed_out", "cancelled", "unavailable"
]


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """A declared check and what it found: ``check`` is its sentence, ``detail`` the evidence."""

    check: str
    passed: bool
    detail: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer would raise, with its place in the statement."""

    rule: str
    severity: Literal["error", "warning", "info"]
    message: str
    line: int | None = None
    column: int | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class TableStamp:
    """A table that was read and when it last changed (UTC), ``None`` when unknown."""

    id: str
    updated_at: dt.datetime | None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnSources:
    """An output column and the ``project.dataset.table.column`` names it is computed from.

    ``resolved`` is false when the sources could not all be told: an empty list then means unknown,
    not none.
    """

    name: str
    sources: tuple[str, ...]
    resolved: bool = True


@dataclass(frozen=True, slots=True)
class Verification:
    """What one statement is, costs, returned and looks like.

    ``verdict`` is ``passed`` (ran, no check of severity error failed), ``failed`` (ran, a check
    failed or a finding of severity error speaks of its result) or ``could_not_run`` (``reason``
    says which: refused, over_cap, failed, timed_out, cancelled or unavailable). ``error`` and
    ``hint`` are for people. A dry run is ``passed`` with ``dry_run`` set, when the statement could
    run. Bytes are bytes, ``cost_usd`` is a decimal string (on the embedded engine: what BigQuery
    would bill), ``duration_ms`` milliseconds.
    ``tiers`` are those that spoke of the statement before it ran (``sql.checking.StatementCheck``).
    ``table`` is the result itself and travels only in the process.
    """

    verdict: Verdict
    statement_type: str
    sql: str
    fingerprint: str
    engine: str
    schema: tuple[Column, ...] = ()
    row_count: int | None = None
    truncated: bool = False
    sample_rows: tuple[dict[str, object], ...] = ()
    profile: tuple[ColumnProfile, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[TableStamp, ...] = ()
    columns: tuple[ColumnSources, ...] = ()
    bytes_scanned: int = 0
    bytes_billed: int = 0
    estimated_bytes: int | None = None
    cost_usd: str = "0"
    cap_bytes: int = 0
    cache_hit: bool = False
    duration_ms: float = 0.0
    job_id: str | None = None
    slot_ms: int | None = None
    stages: tuple[Stage, ...] = ()
    computed_at: dt.datetime | None = None
    receipt: str | None = None
    dry_run: bool = False
    tiers: tuple[Tier, ...] = ()
    reason: Reason | None = None
    error: str | None = None
    hint: str | None = None
    table: pa.Table | None = None
