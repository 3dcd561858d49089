"""BigQuery's types as the fields of a REST schema, and as the types DuckDB keeps them in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peter_core.engine.port import Column

# REST schemas go on using the names of legacy SQL.
_LEGACY = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
_DUCKDB = {
    "INT64": "BIGINT", "FLOAT64": "DOUBLE", "BOOL": "BOOLEAN", "STRING": "VARCHAR",
    "BYTES": "BLOB", "DATE": "DATE", "TIME": "TIME", "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMPTZ", "NUMERIC": "DECIMAL(38,9)", "BIGNUMERIC": "DECIMAL(38,18)",
    "INTERVAL": "INTERVAL", "JSON": "JSON", "GEOGRAPHY": "VARCHAR",
}  # fmt: skip


def rest_schema(columns: Iterable[Column]) -> dict[str, Any]:
    """A ``TableSchema``."""
    return {"fields": [rest_field(one.name, one.type, one.mode) for one in columns]}


def rest_field(name: str, kind: str, mode: str = "NULLABLE") -> dict[str, Any]:
    """A ``TableFieldSchema``; ``kind`` is a standard SQL type."""
    if kind.startswith("ARRAY<"):
        return rest_field(name, kind[6:-1], "REPEATED")
    field: dict[str, Any] = {"name": name, "type": _LEGACY.get(kind, kind), "mode": mode}
    if kind.startswith("STRUCT<"):
        parts = struct_parts(kind)
        field |= {"type": "RECORD", "fields": [rest_field(part, inner) for part, inner in parts]}
    elif "(" in kind:
        name_of, _, sizes = kind.rstrip(")").partition("(")
        precision, _, scale = sizes.partition(",")
        key = "precision" if name_of in ("NUMERIC", "BIGNUMERIC") else "maxLength"
        field |= {"type": name_of, key: precision.strip()}
        if scale:
            field["scale"] = scale.strip()
    return field


def column(name: str, kind: str) -> Column:
    """A column of a standard SQL type; ``ARRAY<...>`` becomes ``REPEATED``."""
    if kind.startswith("ARRAY<"):
        return Column(name, kind[6:-1], "REPEATED")
    return Column(name, kind)


def duckdb_type(kind: str) -> str:
    """The DuckDB type that keeps values of a standard SQL type."""
    if kind.startswith("ARRAY<"):
        return f"{duckdb_type(kind[6:-1])}[]"
    if kind.startswith("STRUCT<"):
        parts = struct_parts(kind)
        return f"STRUCT({', '.join(f'{quoted(name)} {duckdb_type(k)}' for name, k in parts)})"
    return _DUCKDB[kind.partition("(")[0]]


def struct_parts(kind: str) -> list[tuple[str, str]]:
    """Name and type of each field of ``STRUCT<...>``; fields without one get ``_field_N``."""
    parts = []
    for position, part in enumerate(_split(kind[7:-1]), 1):
        name, _, inner = part.partition(" ")
        if not inner or name.startswith(("ARRAY<", "STRUCT<")):
            name, inner = f"_field_{position}", part
        parts.append((name.strip("`"), inner.strip()))
    return parts


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]
