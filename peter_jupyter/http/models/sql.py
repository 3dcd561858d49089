"""Statements of a person's own: what is asked, and whether one may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from peter_core.dashboard.queries import Check
from peter_core.dashboard.values import parse_size
from peter_core.errors import SqlError
from peter_core.sql.statement import parse
from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.shapes import Answer, Body
from peter_jupyter.http.models.verification import Tiers

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
