"""A query's result as the views read it: columns of Python values with their BigQuery types."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from peter_core.engine.values import json_value, python_values
from peter_core.plan.formats import NUMERIC_TYPES, TEMPORAL_TYPES, Formatter, formatter
from peter_core.plan.moments import milliseconds, wall_clock
from peter_core.plan.views.problem import Undrawable
from peter_core.plan.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from peter_core.dashboard.model import Dashboard, Format
    from peter_core.engine.port import Column

MAX_POINTS = 2_000
"""Points drawn a series, and rows a table carries."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name in the result, its BigQuery type and its values in row order."""

    name: str
    type: str
    values: list[object]

    @property
    def title(self) -> str:
        """The name for people: ``dep_delay`` is ``Dep delay``."""
        words = self.name.replace("_", " ").strip()
        return words[:1].upper() + words[1:] if words else self.name

    @property
    def is_number(self) -> bool:
        """Whether the values can be measured."""
        return self.type in NUMERIC_TYPES

    @property
    def is_temporal(self) -> bool:
        """Whether the values are days or moments."""
        return self.type in TEMPORAL_TYPES

    def formatter(self, chosen: Format | None, dashboard: Dashboard) -> Formatter:
        """How the values read, fitted to them."""
        written = formatter(chosen, self.type, dashboard=dashboard, name=self.name)
        return written.fitted(self.values)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a chart is compared with: rows of another period, its name and its distance."""

    frame: Frame | None = None
    label: str | None = None
    shift_days: int | None = None


class Frame:
    """The rows of a result, read column by column as they are needed."""

    def __init__(self, table: pa.Table, columns: Sequence[Column]) -> None:
        self._table = table
        self._types = {c.name: f"ARRAY<{c.type}>" if c.mode == "REPEATED" else c.type
                       for c in columns}  # fmt: skip
        self._read: dict[str, Field] = {}
        self.rows: int = table.num_rows
        self.names: tuple[str, ...] = tuple(dict.fromkeys(table.column_names))

    def field(self, name: str) -> Field:
        """The column of that name; BigQuery does not tell cases apart.

        Raises
        ------
        Undrawable
            When the result has no such column.
        """
        found = name if name in self.names else self._ignoring_case(name)
        if found not in self._read:
            index = self._table.column_names.index(found)
            column = self._table.column(index)
            type_ = self._types.get(found) or _arrow_type(column.type)
            values = python_values(column)
            if type_ == "INT64":
                values = [int(v) if isinstance(v, Decimal) else v for v in values]
            self._read[found] = Field(found, type_, values)
        return self._read[found]

    def number(self, name: str) -> Field:
        """The column of that name, which must hold numbers.

        Raises
        ------
        Undrawable
            When there is no such column, or it holds no numbers.
        """
        field = self.field(name)
        if not field.is_number:
            raise Undrawable(
                "not_a_number",
                say("Column is not a number"),
                say(
                    "Column {name} has type {type}; a measure needs a number.",
                    name=repr(field.name),
                    type=field.type,
                ),
                say("Choose a numeric column, or convert it in the query."),
            )
        return field

    def _ignoring_case(self, name: str) -> str:
        found = next((n for n in self.names if n.casefold() == name.casefold()), None)
        if found is None:
            near = difflib.get_close_matches(name, self.names, n=1)
            said = "The result has no column {name}."
            if near:
                said = "The result has no column {name}. Did you mean {near}?"
            raise Undrawable(
                "column_missing",
                say("Column not found"),
                say(said, name=repr(name), near=repr(near[0] if near else "")),
                say("Its columns are {names}.", names=", ".join(self.names[:20])),
            )
        return found


def measure(value: object) -> float | None:
    """A number as a place on a scale; ``None`` for a null, NaN and the infinities."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def instant(value: object, zone: str) -> int | float | None:
    """A day or moment as milliseconds of the wall clock in ``zone``."""
    return milliseconds(wall_clock(value, zone)) if isinstance(value, dt.date) else None


def cell(value: object, field_type: str, zone: str) -> object:
    """A value as the artifact carries it: moments in milliseconds, no NaN."""
    if isinstance(value, dt.date) and field_type in TEMPORAL_TYPES:
        return instant(value, zone)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return json_value(value, field_type)


def compact_number(value: float) -> int | float:
    """Whole numbers without ``.0`` and the rest at 12 digits: what a plot can show."""
    if value == int(value) and abs(value) < 2**53:
        return int(value)
    return float(f"{value:.12g}")


def _arrow_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    is_ = pa.types
    tests = (
        (is_.is_boolean, "BOOL"), (is_.is_integer, "INT64"), (is_.is_floating, "FLOAT64"),
        (is_.is_decimal, "NUMERIC"), (is_.is_date, "DATE"), (is_.is_time, "TIME"),
    )  # fmt: skip
    if is_.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "DATETIME"
    return next((name for test, name in tests if test(kind)), "STRING")
