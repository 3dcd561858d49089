"""The query parameters of a request: their types, and their values as DuckDB binds them."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.fakes.bigquery.api_errors import ApiError


@dataclass(frozen=True, slots=True)
class BoundParameter:
    """A named parameter; ``type`` is a standard SQL type."""

    name: str
    type: str
    value: Any


def read_parameters(entries: Iterable[dict[str, Any]]) -> tuple[BoundParameter, ...]:
    """The ``queryParameters`` of a query.

    Raises
    ------
    ApiError
        A type is unknown or a value does not fit it: reason ``invalid``.
    """
    found = []
    for entry in entries:
        name = str(entry.get("name", ""))
        kind = _type(name, entry["parameterType"])
        value = _value(name, entry["parameterType"], entry.get("parameterValue") or {})
        found.append(BoundParameter(name, kind, value))
    return tuple(found)


def _type(name: str, wire: dict[str, Any]) -> str:
    kind = str(wire.get("type", "")).upper()
    if kind == "ARRAY":
        return f"ARRAY<{_type(name, wire['arrayType'])}>"
    if kind == "STRUCT":
        parts = (f"{part['name']} {_type(name, part['type'])}" for part in wire["structTypes"])
        return f"STRUCT<{', '.join(parts)}>"
    kind = _ALIASES.get(kind, kind)
    if kind not in _READERS:
        raise ApiError("invalid", f"Invalid value for type: {kind} is not a valid value")
    return kind


def _value(name: str, kind: dict[str, Any], wire: dict[str, Any]) -> Any:
    standard = str(kind["type"]).upper()
    if standard == "ARRAY":
        # No list of values is a NULL array, an empty list an empty one.
        items = wire.get("arrayValues")
        if items is None:
            return None
        return [_value(name, kind["arrayType"], item) for item in items]
    if standard == "STRUCT":
        given = wire.get("structValues") or {}
        types = {part["name"]: part["type"] for part in kind["structTypes"]}
        return {part: _value(name, one, given.get(part) or {}) for part, one in types.items()}
    text = wire.get("value")
    if text is None:
        return None
    if not isinstance(text, str):
        raise ApiError("invalid", f"Query parameter '{name}' must be a string in JSON.")
    standard = _ALIASES.get(standard, standard)
    try:
        return _READERS[standard](text)
    except (ValueError, InvalidOperation, KeyError) as error:
        message = f"Could not parse '{text[:60]}' as {standard} in parameter '{name}'"
        raise ApiError("invalid", message) from error


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.strip().removesuffix(" UTC").replace("Z", "+00:00"))


def _timestamp(text: str) -> dt.datetime:
    utc = text.strip().endswith(" UTC")
    moment = _moment(text)
    return moment.replace(tzinfo=dt.UTC) if utc or moment.tzinfo is None else moment


def _bool(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_ALIASES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "DECIMAL": "NUMERIC"}
_READERS: dict[str, Callable[[str], Any]] = {
    "INT64": int,
    "FLOAT64": float,
    "BOOL": _bool,
    "STRING": str,
    "JSON": str,
    "GEOGRAPHY": str,
    "INTERVAL": str,
    "NUMERIC": Decimal,
    "BIGNUMERIC": Decimal,
    "BYTES": lambda text: base64.b64decode(text, validate=True),
    "DATE": dt.date.fromisoformat,
    "TIME": dt.time.fromisoformat,
    "DATETIME": _moment,
    "TIMESTAMP": _timestamp,
}
