"""BigQuery's schema fields as columns with standard SQL types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.engine.port import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.cloud.bigquery import SchemaField

    from peter_core.engine.port import Mode

_STANDARD = {
    "INTEGER": "INT64", "INT": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL",
    "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC",
}  # fmt: skip
_MODES: dict[str, Mode] = {"REQUIRED": "REQUIRED", "REPEATED": "REPEATED"}


def columns_of(fields: Iterable[SchemaField]) -> tuple[Column, ...]:
    """The columns of a table or a result."""
    return tuple(Column(field.name, element_type_of(field), _mode(field)) for field in fields)


def element_type_of(field: SchemaField) -> str:
    """The standard SQL type of a field, of its elements where it is repeated."""
    name = str(field.field_type).upper()
    if name in ("RECORD", "STRUCT"):
        return f"STRUCT<{', '.join(f'{part.name} {_full_type(part)}' for part in field.fields)}>"
    if name == "RANGE":
        element = field.range_element_type
        return f"RANGE<{element.element_type}>" if element else "RANGE"
    return _STANDARD.get(name, name)


def _mode(field: SchemaField) -> Mode:
    return _MODES.get((field.mode or "").upper(), "NULLABLE")


def _full_type(field: SchemaField) -> str:
    kind = element_type_of(field)
    return f"ARRAY<{kind}>" if _mode(field) == "REPEATED" else kind
