"""Queries and the checks of their results."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from peter_core.dashboard.values import Age, Column, Model, Name, Scalar, Size, Text, missing_part


def _bound(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a bound is a number, or a date as text")
    return value


Bound = Annotated[int | float | str, BeforeValidator(_bound)]


def _require_bounds(low: float | str | None, high: float | str | None) -> None:
    if low is None and high is None:
        raise ValueError("this check needs 'min' or 'max'")
    if low is None or high is None:
        return
    if isinstance(low, str) != isinstance(high, str):
        raise ValueError("'min' and 'max' must both be numbers or both be texts")
    if low > high:  # type: ignore[operator]
        raise ValueError("'min' must not be more than 'max'")


class RowsCheck(Model):
    """How many rows the result may have."""

    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _bounded(self) -> RowsCheck:
        _require_bounds(self.min, self.max)
        return self


class AcceptedCheck(Model):
    """The only values a column may hold (nulls pass)."""

    column: Column
    values: tuple[Scalar, ...] = Field(min_length=1)


class RangeCheck(Model):
    """The bounds of a column, both included (nulls pass)."""

    column: Column
    min: Bound | None = None
    max: Bound | None = None

    @model_validator(mode="after")
    def _bounded(self) -> RangeCheck:
        _require_bounds(self.min, self.max)
        return self


class MaxAgeCheck(Model):
    """The newest value of a date or timestamp column is at most this old."""

    column: Column
    age: Age


class EqualsCheck(Model):
    """An aggregate of a column equals the same aggregate of another query's column."""

    query: Name
    column: Column
    aggregate: Literal["sum", "mean", "min", "max", "count"] = "sum"
    tolerance: float = Field(default=0.0, ge=0, strict=False)


class Check(Model):
    """Exactly one kind of check, and how severe a failure is."""

    rows: RowsCheck | None = None
    not_null: tuple[Column, ...] | None = Field(default=None, min_length=1)
    unique: tuple[Column, ...] | None = Field(default=None, min_length=1)
    accepted: AcceptedCheck | None = None
    range: RangeCheck | None = None
    max_age: MaxAgeCheck | None = None
    equals: EqualsCheck | None = None
    severity: Literal["error", "warning"] = "error"

    @property
    def kind(self) -> str:
        """The one check that is set: ``rows``, ``not_null``, ..."""
        return next(name for name in CHECK_KINDS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_kind(self) -> Check:
        if sum(getattr(self, name) is not None for name in CHECK_KINDS) != 1:
            raise ValueError(f"a check is exactly one of {', '.join(CHECK_KINDS)}")
        return self


CHECK_KINDS = ("rows", "not_null", "unique", "accepted", "range", "max_age", "equals")


def _relative(value: str) -> str:
    parts = value.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(c in value for c in "\\:\0\n\r"):
        raise ValueError("a file is a path inside the dashboard's folder, such as sql/daily.sql")
    return value


class Query(Model):
    """One BigQuery statement, written here (``sql``) or beside the document (``file``)."""

    description: Text | None = None
    sql: Annotated[str, StringConstraints(min_length=1)] | None = None
    file: Annotated[str, StringConstraints(max_length=300), AfterValidator(_relative)] | None = None
    max_bytes: Size | None = None
    ttl: Age | None = None
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Query:
        if self.sql is None and self.file is None:
            raise missing_part("a query needs 'sql' or 'file'")
        if self.sql is not None and self.file is not None:
            raise ValueError("a query has either 'sql' or 'file', not both")
        return self
