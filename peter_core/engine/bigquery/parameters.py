"""Typed parameters as BigQuery's REST interface takes them."""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from peter_core.engine.values import json_value, struct_fields
from peter_core.errors import InvalidRequest

if TYPE_CHECKING:
    from peter_core.sql.parameters import Parameter

_SCALARS = frozenset(
    {"INT64", "FLOAT64", "BOOL", "STRING", "BYTES", "DATE", "TIME", "DATETIME", "TIMESTAMP",
     "NUMERIC", "BIGNUMERIC", "JSON", "INTERVAL", "GEOGRAPHY"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A ``QueryParameter`` resource, with the one method the client asks of its own."""

    resource: dict[str, Any]

    def to_api_repr(self) -> dict[str, Any]:
        """The resource
        (https://cloud.google.com/bigquery/docs/reference/rest/v2/QueryParameter)."""
        return self.resource


def query_parameters(parameters: Iterable[Parameter]) -> list[QueryParameter]:
    """The parameters of a job, every value as the text BigQuery reads for its type.

    Raises
    ------
    InvalidRequest
        A type is not BigQuery's, or a value does not fit it.
    """
    return [QueryParameter(_resource(parameter)) for parameter in parameters]


def _resource(parameter: Parameter) -> dict[str, Any]:
    try:
        return {
            "name": parameter.name,
            "parameterType": type_resource(parameter.type),
            "parameterValue": value_resource(parameter.type, parameter.value),
        }
    except (TypeError, ValueError) as error:
        raise InvalidRequest(
            f"The parameter @{parameter.name} cannot be bound as {parameter.type}.",
            hint=str(error) or None,
        ) from error


def type_resource(kind: str) -> dict[str, Any]:
    """The ``QueryParameterType`` of a standard SQL type.

    Raises
    ------
    ValueError
        BigQuery has no parameter of that type.
    """
    name = kind.strip()
    if name.startswith("ARRAY<") and name.endswith(">"):
        element = name[6:-1].strip()
        if element.startswith("ARRAY<"):
            raise ValueError("An array cannot hold arrays; put a STRUCT between them.")
        return {"type": "ARRAY", "arrayType": type_resource(element)}
    if name.startswith("STRUCT<"):
        fields = struct_fields(name)
        if not fields:
            raise ValueError("The fields of a STRUCT parameter need names.")
        types = [{"name": n, "type": type_resource(t)} for n, t in fields.items()]
        return {"type": "STRUCT", "structTypes": types}
    base = name.partition("(")[0]
    if base not in _SCALARS:
        raise ValueError(f"BigQuery has no parameters of type {name}.")
    return {"type": base}


def value_resource(kind: str, value: object) -> dict[str, Any]:
    """The ``QueryParameterValue`` of a value.

    ``{}`` is NULL for every type: for an array it says NULL where ``arrayValues: []`` says empty.

    Raises
    ------
    TypeError, ValueError
        The value does not fit the type.
    """
    name = kind.strip()
    if value is None:
        return {}
    if name.startswith("ARRAY<"):
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise TypeError("A list of values is expected.")
        element = name[6:-1].strip()
        return {"arrayValues": [value_resource(element, item) for item in value]}
    if name.startswith("STRUCT<"):
        return {"structValues": _struct(struct_fields(name), value)}
    return {"value": _text(name.partition("(")[0], value)}


def _struct(fields: Mapping[str, str], value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        unknown = [name for name in value if name not in fields]
        if unknown:
            raise ValueError(f"The STRUCT has no field {unknown[0]!r}.")
        return {name: value_resource(kind, value.get(name)) for name, kind in fields.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        pairs = zip(fields.items(), value, strict=True)
        return {name: value_resource(kind, item) for (name, kind), item in pairs}
    raise TypeError("A STRUCT is given by its fields' names, or by their order.")


def _text(kind: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dt.datetime):
        return _moment(kind, value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if kind == "INTERVAL":
        return str(json_value(value, kind))
    raise TypeError(f"A {type(value).__name__} is no {kind}.")


def _moment(kind: str, value: dt.datetime) -> str:
    if kind == "TIMESTAMP":
        utc = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
        return utc.isoformat(sep=" ")
    if value.tzinfo is not None:
        raise ValueError(f"A {kind} has no time zone.")
    return value.isoformat(sep="T")
