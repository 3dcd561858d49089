"""Typed parameters as JSON, and back as values DuckDB binds."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from peter_core.sql.parameters import Parameter

Wire: TypeAlias = "str | int | float | bool | list[Wire] | None"


def parameters_to_wire(parameters: Iterable[Parameter]) -> list[dict[str, object]]:
    """Name, BigQuery type and JSON value of each parameter."""
    return [
        {"name": p.name, "type": p.type, "value": _to_wire(p.value)} for p in parameters
    ]  # fmt: skip


def _to_wire(value: object) -> Wire:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple):
        return [_to_wire(item) for item in value]
    return str(value)


def parameters_from_wire(wire: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Python values by name, as DuckDB's prepared statements take them.

    Raises
    ------
    ValueError
        When a value does not fit its type.
    """
    values: dict[str, object] = {}
    for item in wire:
        name, kind = str(item["name"]), str(item["type"]).upper()
        try:
            values[name] = _from_wire(kind, item["value"])
        except (TypeError, ValueError, InvalidOperation) as error:
            raise ValueError(f"The parameter @{name} is no {kind}.") from error
    return values


def _from_wire(kind: str, value: object) -> object:
    if value is None:
        return None
    if kind.startswith("ARRAY<"):
        if not isinstance(value, list):
            raise TypeError(kind)
        return [_from_wire(kind[6:-1], item) for item in value]
    read = _READERS.get(kind.partition("(")[0])
    return value if read is None else read(value)


def _moment(value: object) -> dt.datetime:
    return dt.datetime.fromisoformat(str(value))


def _timestamp(value: object) -> dt.datetime:
    moment = _moment(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_READERS: dict[str, Callable[[object], object]] = {
    "DATE": lambda value: dt.date.fromisoformat(str(value)),
    "DATETIME": _moment,
    "TIMESTAMP": _timestamp,
    "TIME": lambda value: dt.time.fromisoformat(str(value)),
    "NUMERIC": lambda value: Decimal(str(value)),
    "BIGNUMERIC": lambda value: Decimal(str(value)),
    "INT64": lambda value: int(str(value)),
    "FLOAT64": lambda value: float(str(value)),
    "BYTES": lambda value: base64.b64decode(str(value), validate=True),
}
