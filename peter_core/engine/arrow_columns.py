"""Arrow columns with the types BigQuery's columns have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.engine.port import Column
from peter_core.errors import QueryFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


def column_of(name: str, kind: str) -> Column:
    """A column of a BigQuery type; ``ARRAY<...>`` becomes mode ``REPEATED``."""
    if kind.startswith("ARRAY<"):
        return Column(name, kind[6:-1], "REPEATED")
    return Column(name, kind)


def arrow_type(kind: str) -> pa.DataType | None:
    """The Arrow type of a BigQuery type, ``None`` for one that is not known."""
    import pyarrow as pa

    if kind.startswith("ARRAY<"):
        element = arrow_type(kind[6:-1])
        return None if element is None else pa.list_(element)
    if kind.startswith("STRUCT<"):
        return _struct(kind[7:-1])
    simple = {
        "INT64": pa.int64(), "FLOAT64": pa.float64(), "BOOL": pa.bool_(),
        "STRING": pa.string(), "JSON": pa.string(), "GEOGRAPHY": pa.string(),
        "BYTES": pa.binary(), "DATE": pa.date32(), "TIME": pa.time64("us"),
        "DATETIME": pa.timestamp("us"), "TIMESTAMP": pa.timestamp("us", tz="UTC"),
        "NUMERIC": pa.decimal128(38, 9), "BIGNUMERIC": pa.decimal256(76, 38),
        "INTERVAL": pa.month_day_nano_interval(),
    }  # fmt: skip
    return simple.get(kind.partition("(")[0])


def typed_columns(
    table: pa.Table, declared: Sequence[Column], found: Sequence[str]
) -> tuple[pa.Table, tuple[Column, ...]]:
    """The table with BigQuery's names and types, and its columns.

    Parameters
    ----------
    declared
        What the statement promises. Where there is no promise, or the data cannot keep it, the
        type that was found holds; so it does for STRING, which also stands for "not known".
    found
        The BigQuery types of what the engine gave, in order.

    Raises
    ------
    QueryFailed
        A whole number does not fit INT64.
    """
    import pyarrow as pa

    promises: Sequence[Column | None] = declared
    if len(declared) != len(found):
        promises = [None] * len(found)
    arrays, columns = [], []
    for name, data, promise, actual in zip(
        table.column_names, table.columns, promises, found, strict=True
    ):
        found_column = column_of(name, actual)
        column, array = _typed(data, promise or found_column, found_column)
        columns.append(column)
        arrays.append(array)
    return pa.table(arrays, names=[column.name for column in columns]), tuple(columns)


def _typed(
    data: pa.ChunkedArray, promise: Column, actual: Column
) -> tuple[Column, pa.ChunkedArray]:
    import pyarrow as pa

    corrected = Column(promise.name, actual.type, actual.mode)
    unknown = promise.type == "STRING" and actual.type not in ("STRING", "JSON")
    for column in (corrected,) if unknown else (promise, corrected):
        target = arrow_type(f"ARRAY<{column.type}>" if column.mode == "REPEATED" else column.type)
        if target is None:
            continue
        if data.type == target:
            return column, data
        try:
            return column, data.cast(target)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            whole = pa.types.is_decimal(data.type) or pa.types.is_unsigned_integer(data.type)
            if column.type == "INT64" and column.mode != "REPEATED" and whole:
                raise QueryFailed(
                    f"A value of the column {column.name!r} does not fit INT64.",
                    hint="Cast to NUMERIC or FLOAT64 before it grows so large.",
                ) from error
    return Column(promise.name, "STRING"), data.cast(pa.string())


def _struct(text: str) -> pa.DataType | None:
    import pyarrow as pa

    fields = []
    for position, part in enumerate(_split(text), 1):
        name, _, kind = part.partition(" ")
        if not kind or name.startswith(("ARRAY<", "STRUCT<")):
            name, kind = f"field{position}", part
        inner = arrow_type(kind)
        if inner is None:
            return None
        fields.append(pa.field(name.strip("`"), inner))
    return pa.struct(fields)


def _split(text: str) -> list[str]:
    """The parts between commas that are inside no bracket."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]
