"""Statistics of a result that BigQuery keeps, computed by BigQuery."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from peter_core.engine.port import ColumnProfile
from peter_core.engine.values import json_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from peter_core.engine.port import Column

MOST_COLUMNS = 120
_TOP_VALUES = 5
_LOW_CARDINALITY = 50
_LONGEST_TEXT = 200
_NUMBERS = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
_ORDERED = _NUMBERS | {"STRING", "BYTES", "BOOL", "DATE", "TIME", "DATETIME", "TIMESTAMP"}
_AS_TEXT = {"GEOGRAPHY": "ST_ASTEXT({0})", "INTERVAL": "CAST({0} AS STRING)"}


def profile_sql(table: str, columns: Sequence[Column]) -> str:
    """One row of aggregates over every row of a table; distinct counts are approximate."""
    parts = [part for i, column in enumerate(columns) for part in _aggregates(i, column)]
    return f"SELECT {', '.join(parts)} FROM `{table}`"  # noqa: S608 - names are BigQuery's own


def profiles_of(row: Mapping[str, Any], columns: Sequence[Column]) -> tuple[ColumnProfile, ...]:
    """The profiles in the row that ``profile_sql`` gives, as plain JSON values."""
    return tuple(_profile(i, column, row) for i, column in enumerate(columns))


def _aggregates(i: int, column: Column) -> Iterator[str]:
    name, kind = f"`{column.name}`", column.type.partition("(")[0]
    repeated = column.mode == "REPEATED"
    yield f"COUNTIF({name} IS NULL) AS n{i}"
    if repeated or kind not in _ORDERED:
        text = _AS_TEXT.get(kind, "TO_JSON_STRING({0})") if not repeated else "TO_JSON_STRING({0})"
        value = text.format(name)
        yield f"APPROX_COUNT_DISTINCT(IF({name} IS NULL, NULL, {value})) AS d{i}"
        return
    yield f"APPROX_COUNT_DISTINCT({name}) AS d{i}"
    value = f"IF(IS_NAN({name}), NULL, {name})" if kind == "FLOAT64" else name
    for word, letter in (("MIN", "l"), ("MAX", "h")):
        bound = f"{word}({value})"
        if kind in ("STRING", "BYTES"):
            bound = f"SUBSTR({bound}, 1, {_LONGEST_TEXT + 1})"
        yield f"{bound} AS {letter}{i}"
    if kind in _NUMBERS:
        yield f"AVG(CAST({value} AS FLOAT64)) AS m{i}"
    if kind in ("STRING", "BOOL"):
        # One more than is shown: NULL is counted as a value too.
        yield f"TO_JSON_STRING(APPROX_TOP_COUNT({name}, {_TOP_VALUES + 1})) AS t{i}"


def _profile(i: int, column: Column, row: Mapping[str, Any]) -> ColumnProfile:
    distinct = int(row.get(f"d{i}") or 0)
    mean = row.get(f"m{i}")
    return ColumnProfile(
        column.name,
        nulls=int(row.get(f"n{i}") or 0),
        distinct=distinct,
        min=_clip(json_value(row.get(f"l{i}"), column.type)),
        max=_clip(json_value(row.get(f"h{i}"), column.type)),
        mean=float(mean) if mean is not None and math.isfinite(mean) else None,
        top=_top(row.get(f"t{i}")) if distinct <= _LOW_CARDINALITY else (),
    )


def _top(text: str | None) -> tuple[tuple[object, int], ...]:
    entries = json.loads(text) if text else ()
    known = [(_clip(e["value"]), int(e["count"])) for e in entries if e["value"] is not None]
    return tuple(sorted(known, key=lambda pair: (-pair[1], str(pair[0])))[:_TOP_VALUES])


def _clip(value: object) -> object:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[: _LONGEST_TEXT - 1] + "…"
    return value
