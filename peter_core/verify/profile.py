"""Statistics of a result, column by column, from the rows that were fetched anyway."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from peter_core.engine.port import ColumnProfile
from peter_core.engine.values import element_type, json_value, plain_column, python_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from peter_core.engine.port import Column

TOP_VALUES = 5
LOW_CARDINALITY = 50
LONGEST_TEXT = 200
"""Characters kept of a text in a profile; a megabyte of text is no statistic."""


def profile_table(table: pa.Table, columns: Sequence[Column]) -> tuple[ColumnProfile, ...]:
    """The profile of every column of a result, in its order.

    ``distinct`` is exact and does not count nulls; ``min``, ``max`` and ``mean`` leave out nulls
    and NaN, and a mean of infinities is undefined. ``top`` is of strings and booleans with at most
    50 distinct values. No type of column makes it fail.

    Parameters
    ----------
    columns
        The result's columns, in the table's order; missing ones are told by their Arrow type.
    """
    return tuple(_profile(name, kind, data) for name, kind, data in typed_columns(table, columns))


def typed_columns(
    table: pa.Table, columns: Sequence[Column]
) -> Iterator[tuple[str, str, pa.ChunkedArray]]:
    """Name, BigQuery element type (empty when unknown) and plain Arrow data of each column."""
    for i, name in enumerate(table.column_names):
        kind = element_type(columns[i].type) if i < len(columns) else ""
        yield name, kind, plain_column(table.column(i))


def bounds(data: pa.ChunkedArray) -> tuple[object, object]:
    """The least and the greatest value of plain data without nulls and NaN, ``None`` where none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        ends = pc.min_max(_without_nan(data))
    except pa.ArrowNotImplementedError:
        return None, None
    low, high = python_values(pa.chunked_array([pa.array([ends["min"], ends["max"]], data.type)]))
    return low, high


def has_nan(data: pa.ChunkedArray) -> bool:
    """Whether a column of floats holds a NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pa.types.is_floating(data.type) and bool(pc.any(pc.is_nan(data)).as_py())


def _profile(name: str, kind: str, data: pa.ChunkedArray) -> ColumnProfile:
    import pyarrow as pa

    is_ = pa.types
    nulls = data.null_count
    if is_.is_null(data.type):
        return ColumnProfile(name, nulls=nulls, distinct=0)
    if is_.is_nested(data.type) or is_.is_interval(data.type):
        return ColumnProfile(name, nulls=nulls, distinct=_distinct_by_hand(data))
    distinct = _distinct(data)
    low, high = bounds(data)
    numeric = is_.is_integer(data.type) or is_.is_floating(data.type) or is_.is_decimal(data.type)
    return ColumnProfile(
        name,
        nulls=nulls,
        distinct=distinct,
        min=_clip(json_value(low, kind)),
        max=_clip(json_value(high, kind)),
        mean=_mean(data) if numeric else None,
        top=_top(data, distinct),
    )


def _distinct(data: pa.ChunkedArray) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return int(pc.count_distinct(data).as_py())
    except pa.ArrowNotImplementedError:
        return _distinct_by_hand(data)


def _distinct_by_hand(data: pa.ChunkedArray) -> int:
    return len({repr(value) for value in python_values(data) if value is not None})


def _without_nan(data: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return data.filter(pc.invert(pc.is_nan(data))) if has_nan(data) else data


def _mean(data: pa.ChunkedArray) -> float | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(data.type):
        # Exact: doubles lose the small rest of large numbers that cancel out, an int64 overflows.
        total = pc.sum(data.cast(pa.decimal128(38, 0))).as_py()
        return None if total is None else float(total / (len(data) - data.null_count))
    # As doubles: a decimal mean keeps the column's few digits.
    mean = pc.mean(_without_nan(data.cast(pa.float64(), safe=False))).as_py()
    return mean if mean is not None and math.isfinite(mean) else None


def _top(data: pa.ChunkedArray, distinct: int) -> tuple[tuple[object, int], ...]:
    import pyarrow as pa

    text = pa.types.is_string(data.type) or pa.types.is_large_string(data.type)
    if not (text or pa.types.is_boolean(data.type)) or not 0 < distinct <= LOW_CARDINALITY:
        return ()
    counts = Counter(
        {entry["values"]: entry["counts"] for entry in data.drop_null().value_counts().to_pylist()}
    )
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple((_clip(value), count) for value, count in ranked[:TOP_VALUES])


def _clip(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[: LONGEST_TEXT - 1] + "…"
    return value
