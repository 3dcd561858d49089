"""DuckDB's types as BigQuery's, and the logical size of a value.

Sizes follow BigQuery's data-size rules
(https://cloud.google.com/bigquery/pricing#data-size-calculation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb.sqltypes import DuckDBPyType

_BIGQUERY = {
    "BOOLEAN": "BOOL",
    "TINYINT": "INT64", "SMALLINT": "INT64", "INTEGER": "INT64", "BIGINT": "INT64",
    "UTINYINT": "INT64", "USMALLINT": "INT64", "UINTEGER": "INT64", "UBIGINT": "INT64",
    # What DuckDB's SUM and COUNT of INT64 give.
    "HUGEINT": "INT64", "UHUGEINT": "INT64",
    "FLOAT": "FLOAT64", "DOUBLE": "FLOAT64",
    "VARCHAR": "STRING", "UUID": "STRING", "JSON": "JSON", "BLOB": "BYTES",
    "DATE": "DATE", "TIME": "TIME", "INTERVAL": "INTERVAL",
    "TIMESTAMP": "DATETIME", "TIMESTAMP_S": "DATETIME", "TIMESTAMP_MS": "DATETIME",
    "TIMESTAMP_NS": "DATETIME", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    '"NULL"': "INT64",
}  # fmt: skip

_DUCKDB = {
    "BOOL": "BOOLEAN", "INT64": "BIGINT", "FLOAT64": "DOUBLE", "STRING": "VARCHAR",
    "JSON": "JSON", "BYTES": "BLOB", "DATE": "DATE", "TIME": "TIME", "INTERVAL": "INTERVAL",
    "DATETIME": "TIMESTAMP", "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip

_FIXED_BYTES = {
    "BOOL": 1, "INT64": 8, "FLOAT64": 8, "DATE": 8, "TIME": 8, "DATETIME": 8, "TIMESTAMP": 8,
    "INTERVAL": 16, "NUMERIC": 16, "BIGNUMERIC": 32,
}  # fmt: skip


class BigQueryTypeError(ValueError):
    """A column has a type BigQuery has not."""


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def bigquery_type(kind: DuckDBPyType) -> str:
    """The BigQuery type of a DuckDB type, ``ARRAY<...>`` and ``STRUCT<...>`` spelled out.

    What BigQuery has no name for, and text can stand for, is a STRING.

    Raises
    ------
    BigQueryTypeError
        A list of lists.
    """
    name = kind.id
    if name in ("list", "array"):
        element = bigquery_type(_element(kind))
        if element.startswith("ARRAY<"):
            raise BigQueryTypeError("is a list of lists, which BigQuery has not")
        return f"ARRAY<{element}>"
    if name in ("struct", "tuple", "map"):
        fields = (f"{field} {bigquery_type(part)}".strip() for field, part in _fields(kind))
        struct = f"STRUCT<{', '.join(fields)}>"
        return f"ARRAY<{struct}>" if name == "map" else struct
    if name == "decimal":
        return _decimal(kind)
    return _BIGQUERY.get(str(kind), "STRING")


def bigquery_types(names: Sequence[str], kinds: Sequence[DuckDBPyType]) -> list[str]:
    """The BigQuery type of each column.

    Raises
    ------
    BigQueryTypeError
        Naming the column.
    """
    types = []
    for name, kind in zip(names, kinds, strict=True):
        try:
            types.append(bigquery_type(kind))
        except BigQueryTypeError as error:
            raise BigQueryTypeError(f"The column {name!r} {error}.") from error
    return types


def stored_type(kind: DuckDBPyType) -> str:
    """The DuckDB type in which a column of type ``kind`` is kept."""
    name = kind.id
    if name in ("list", "array"):
        return f"{stored_type(_element(kind))}[]"
    if name in ("struct", "tuple", "map"):
        fields = (f"{quoted(field)} {stored_type(part)}" for field, part in _fields(kind))
        return f"STRUCT({', '.join(fields)})" + ("[]" if name == "map" else "")
    return str(kind) if name == "decimal" else _DUCKDB[_BIGQUERY.get(str(kind), "STRING")]


def stored_expression(column: str, kind: DuckDBPyType) -> str:
    """SQL that reads a source column as the type it is kept in."""
    source = quoted(column)
    if kind.id == "map":
        source = f"map_entries({source})"
    return f"CAST({source} AS {stored_type(kind)}) AS {quoted(column)}"


def bytes_expression(value: str, kind: DuckDBPyType, depth: int = 0) -> str:
    """SQL for the logical bytes of one value; a null has none."""
    if kind.id in ("list", "array"):
        item = f"item{depth}"
        size = bytes_expression(item, _element(kind), depth + 1)
        return f"coalesce(list_sum(list_transform({value}, lambda {item}: {size})), 0)"
    if kind.id in ("struct", "tuple"):
        parts = (
            bytes_expression(f"struct_extract({value}, '{_text(field)}')", part, depth)
            for field, part in _fields(kind)
        )
        return f"({' + '.join(parts)})"
    name = bigquery_type(kind)
    if name in _FIXED_BYTES:
        return f"(CASE WHEN {value} IS NULL THEN 0 ELSE {_FIXED_BYTES[name]} END)"
    length = "octet_length" if name == "BYTES" else "strlen"
    return f"coalesce(2 + {length}({value}), 0)"


def _element(kind: DuckDBPyType) -> DuckDBPyType:
    return kind.children[0][1]  # type: ignore[return-value]


def _fields(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return [
        (name or f"field{position}", part)  # type: ignore[misc]
        for position, (name, part) in enumerate(kind.children, 1)
    ]


def _decimal(kind: DuckDBPyType) -> str:
    facts = dict(kind.children)
    precision, scale = int(str(facts["precision"])), int(str(facts["scale"]))
    return "NUMERIC" if scale <= 9 and precision - scale <= 29 else "BIGNUMERIC"


def _text(name: str) -> str:
    return name.replace("'", "''")
