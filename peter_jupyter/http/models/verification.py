"""The verification payload: what one statement is, costs, returned and looks like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from peter_jupyter.http.models.plan import ColumnItem
from peter_jupyter.http.models.shapes import Answer

Tiers = Annotated[
    tuple[str, ...],
    Field(
        description="Who spoke of the statement before it ran: `syntax`, `guard`, `names`, "
        "`binding`, `googlesql`, `dry_run`."
    ),
]


class ProfileItem(Answer):
    """Statistics of a result column; values are plain JSON."""

    name: str
    nulls: int
    distinct: int
    min: object = None
    max: object = None
    mean: float | None = None
    top: tuple[tuple[object, int], ...] = ()


class CheckItem(Answer):
    """A declared check and its evidence."""

    check: str
    passed: bool
    detail: str
    severity: Literal["error", "warning"]


class FindingItem(Answer):
    """Something that a reviewer would raise."""

    rule: str
    severity: Literal["error", "warning", "info"]
    message: str
    line: int | None = None
    column: int | None = None
    hint: str | None = None


class TableItem(Answer):
    """A table that was read and when it changed last."""

    id: str
    updated_at: str | None
    rows: int | None = None


class SourcesItem(Answer):
    """An output column and the columns it is computed from."""

    name: str
    sources: tuple[str, ...]
    resolved: bool


class StageItem(Answer):
    """A stage of the job's query plan."""

    name: str
    status: str
    rows_read: int
    rows_written: int
    slot_ms: int
    steps: tuple[str, ...]


class VerificationAnswer(Answer):
    """What one statement is, costs, returned and looks like.

    A dry run is ``passed`` with ``dry_run`` set when the statement could run. Checks, ``error`` and
    ``hint`` are in the language that ``Accept-Language`` asks for; ``error_lang`` and ``hint_lang``
    name that of a text which is not. Findings, said of SQL to its author, are in English.
    """

    verdict: Literal["passed", "failed", "could_not_run"]
    statement_type: str
    sql: str
    fingerprint: str
    engine: str
    schema_: tuple[ColumnItem, ...] = Field(alias="schema")
    row_count: int | None
    truncated: bool
    sample_rows: tuple[dict[str, object], ...]
    profile: tuple[ProfileItem, ...]
    checks: tuple[CheckItem, ...]
    findings: tuple[FindingItem, ...]
    tables: tuple[TableItem, ...]
    columns: tuple[SourcesItem, ...]
    bytes_scanned: int
    bytes_billed: int
    estimated_bytes: int | None
    cost_usd: str
    cap_bytes: int
    cache_hit: bool
    duration_ms: float
    job_id: str | None
    slot_ms: int | None
    stages: tuple[StageItem, ...]
    computed_at: str | None
    receipt: str | None
    dry_run: bool
    tiers: Tiers
    reason: str | None
    error: str | None
    hint: str | None
    error_lang: str | None = None
    hint_lang: str | None = None


class RunningEvent(Answer):
    """A line of progress: the statement runs, for so many milliseconds by now."""

    event: Literal["running"] = "running"
    elapsed_ms: float


class VerifiedEvent(VerificationAnswer):
    """The last line of progress."""

    event: Literal["done"] = "done"
