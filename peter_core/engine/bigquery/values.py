"""Cells of BigQuery's REST answers as Arrow arrays.

Every scalar travels as text
(https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults); Arrow's own casts
read it, column by column.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from peter_core.engine.arrow_columns import arrow_type
from peter_core.engine.values import struct_fields
from peter_core.errors import EngineError, QueryFailed

if TYPE_CHECKING:
    import pyarrow as pa

    from peter_core.engine.port import Column

_INTERVAL = re.compile(
    r"(?P<month_sign>-?)(?P<years>\d+)-(?P<months>\d+) (?P<days>-?\d+) "
    r"(?P<clock_sign>-?)(?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+)(?:\.(?P<fraction>\d+))?"
)


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of a result; a type that Arrow has no name for is text."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, _arrow_type(_full(column))) for column in columns])


def record_batch(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> pa.RecordBatch:
    """A page of rows, ``{"f": [{"v": "1"}, …]}`` each.

    Raises
    ------
    QueryFailed
        A value does not fit the type of its column.
    EngineError
        The page is none.
    """
    import pyarrow as pa

    arrays = []
    for position, column in enumerate(columns):
        values = _cells(rows, position)
        try:
            arrays.append(_array(_full(column), values))
        except (pa.ArrowException, ValueError, TypeError, KeyError, InvalidOperation) as error:
            raise QueryFailed(
                f"The values of the column {column.name!r} cannot be read as {column.type}.",
                hint="Cast the column to STRING, or round it to what its type can hold.",
            ) from error
    return pa.record_batch(arrays, schema=schema_of(columns))


def _cells(rows: Sequence[Mapping[str, Any]], position: int) -> list[Any]:
    try:
        return [row["f"][position]["v"] for row in rows]
    except (KeyError, IndexError, TypeError) as error:
        raise EngineError("BigQuery sent a page of rows that cannot be read.") from error


def _full(column: Column) -> str:
    return f"ARRAY<{column.type}>" if column.mode == "REPEATED" else column.type


def _arrow_type(kind: str) -> pa.DataType:
    import pyarrow as pa

    found = arrow_type(kind)
    if found is None:
        found = pa.list_(pa.string()) if kind.startswith("ARRAY<") else pa.string()
    return found


def _array(kind: str, values: list[Any]) -> pa.Array:
    """The Arrow array of cells of one type; it never copies what Arrow can cast."""
    import pyarrow as pa

    target = _arrow_type(kind)
    if kind.startswith("ARRAY<"):
        return _list_array(kind[6:-1], values, target)
    if kind.startswith("STRUCT<"):
        return _struct_array(kind, values, target)
    read = _READERS.get(kind.partition("(")[0])
    if read is not None:
        return pa.array([None if value is None else read(value) for value in values], target)
    if kind == "TIMESTAMP":
        return _timestamps(values).cast(target)
    texts = pa.array(values, pa.string())
    return texts if target == pa.string() else texts.cast(target)


def _list_array(element: str, values: list[Any], target: pa.DataType) -> pa.Array:
    import pyarrow as pa

    flat: list[Any] = []
    offsets = [0]
    for value in values:
        flat.extend(cell["v"] for cell in value or ())
        offsets.append(len(flat))
    items = _array(element, flat)
    mask = [value is None for value in values]
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()),
        items,
        type=target,
        mask=pa.array(mask) if any(mask) else None,
    )


def _struct_array(kind: str, values: list[Any], target: pa.DataType) -> pa.Array:
    import pyarrow as pa

    kinds = list(struct_fields(kind).values())
    if len(kinds) != target.num_fields:
        raise ValueError(f"{kind} has fields without names.")
    parts = []
    for position, field_kind in enumerate(kinds):
        cells = [None if value is None else value["f"][position]["v"] for value in values]
        parts.append(_array(field_kind, cells))
    mask = pa.array([value is None for value in values], pa.bool_())
    return pa.StructArray.from_arrays(parts, fields=list(target), mask=mask)


def _timestamps(values: list[Any]) -> pa.Array:
    """Microseconds; without ``useInt64Timestamp`` BigQuery writes seconds, ``1.4E9``."""
    import pyarrow as pa

    texts = pa.array(values, pa.string())
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else _micros(v) for v in values], pa.int64())


def _micros(seconds: str) -> int:
    return int((Decimal(seconds) * 1_000_000).to_integral_value())


def _interval(text: str) -> tuple[int, int, int]:
    """Months, days and nanoseconds of ``Y-M D H:M:S.F``."""
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise ValueError("An INTERVAL such as 1-2 3 4:5:6 is expected.")
    months = int(match["years"]) * 12 + int(match["months"])
    seconds = (int(match["hours"]) * 60 + int(match["minutes"])) * 60 + int(match["seconds"])
    nanos = seconds * 10**9 + int((match["fraction"] or "0").ljust(9, "0")[:9])
    return (
        -months if match["month_sign"] else months,
        int(match["days"]),
        -nanos if match["clock_sign"] else nanos,
    )


_READERS: dict[str, Callable[[Any], object]] = {
    "BYTES": base64.b64decode,
    "TIME": dt.time.fromisoformat,
    "INTERVAL": _interval,
}
