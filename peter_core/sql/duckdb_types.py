"""The type in which DuckDB holds a column of a BigQuery type."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from peter_core.sql.data_types import data_type

_WITHOUT = (exp.DType.UNKNOWN, exp.DType.USERDEFINED, exp.DType.RANGE)


@lru_cache(maxsize=4096)
def duckdb_type(kind: str) -> str | None:
    """DuckDB's name of a BigQuery type; ``None`` for a text that names none it has.

    GEOGRAPHY is text, as the translation has it.
    """
    built = data_type(kind)
    if built is None:
        return None
    parts = list(built.find_all(exp.DataType))
    if any(part.this in _WITHOUT for part in parts):
        return None
    shown = built.copy()
    for part in shown.find_all(exp.DataType):
        if part.this is exp.DType.GEOGRAPHY:
            part.set("this", exp.DType.VARCHAR)
    return shown.sql("duckdb")
