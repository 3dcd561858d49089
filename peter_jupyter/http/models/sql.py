"""Statements of a person's own: what is asked, and the verification payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from peter_core.dashboard.queries import Check
from peter_core.dashboard.values import parse_size
from peter_core.errors import SqlError
from peter_core.sql.statement import parse
from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.plan import ColumnItem
from peter_jupyter.http.models.shapes import Answer, Body

if TYPE_CHECKING:
    from peter_core.sql.checking import StatementCheck as Found


def _bytes(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


Bytes = Annotated[
    int,
    BeforeValidator(_bytes, json_schema_input_type=int | str),
    Field(gt=0, strict=True, description="Bytes, or a size such as `1GB`."),
]
Scalar = str | int | float | bool | None


Tiers = Annotated[
    tuple[str, ...],
    Field(
        description="Who spoke of the statement before it ran: `syntax`, `guard`, `names`, "
        "`binding`, `googlesql`, `dry_run`."
    ),
]


class TypedValue(Body):
    """A parameter's value with its BigQuery type: ``{"type": "DATE", "value": "2013-06-01"}``."""

    type: str = Field(max_length=100)
    value: Scalar | list[Scalar] = None


class StatementBody(Body):
    """A statement and its parameters; a plain value's type is told from the value."""

    sql: str = Field(min_length=1)
    parameters: dict[str, Scalar | list[Scalar] | TypedValue] = Field(default={}, max_length=200)
    max_bytes: Bytes | None = None

    @property
    def values(self) -> dict[str, object]:
        """The parameters' values by name."""
        return {
            name: given.value if isinstance(given, TypedValue) else given
            for name, given in self.parameters.items()
        }

    @property
    def declared(self) -> dict[str, str]:
        """The types that were given, by name."""
        return {
            name: given.type
            for name, given in self.parameters.items()
            if isinstance(given, TypedValue)
        }


class RunBody(StatementBody):
    """A statement to run under its cap."""

    sample_rows: int = Field(default=20, ge=0, le=100)
    checks: tuple[Check, ...] = Field(default=(), max_length=50)
    timeout_s: float | None = Field(default=None, gt=0)


class CheckBody(Body):
    """A statement to look at without running it."""

    sql: str = Field(min_length=1)
    mode: Literal["offline", "warehouse"] = "offline"


class StatementCheck(Answer):
    """Whether a statement may run, and what it names."""

    valid: bool
    mode: Literal["offline", "warehouse"]
    problems: tuple[ProblemItem, ...]
    tiers: Tiers
    statement_type: str | None
    tables: tuple[str, ...]
    parameters: tuple[str, ...]

    @classmethod
    def of(cls, sql: str, found: Found, mode: Literal["offline", "warehouse"]) -> StatementCheck:
        """What was found, with what the statement names where it can be read."""
        try:
            statement = parse(sql)
        except SqlError:
            statement = None
        return cls(
            valid=found.valid,
            mode=mode,
            problems=tuple(ProblemItem.model_validate(problem) for problem in found.problems),
            tiers=found.tiers,
            statement_type=statement.kind if statement else None,
            tables=statement.tables if statement else (),
            parameters=statement.parameters if statement else (),
        )


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

    A dry run is ``passed`` with ``dry_run`` set when the statement could run.
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


class RunningEvent(Answer):
    """A line of progress: the statement runs, for so many milliseconds by now."""

    event: Literal["running"] = "running"
    elapsed_ms: float


class VerifiedEvent(VerificationAnswer):
    """The last line of progress."""

    event: Literal["done"] = "done"
