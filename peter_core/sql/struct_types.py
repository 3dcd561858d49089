"""The fields of structs, told from a type's text, as far as a path of names goes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.data_types import data_type
from peter_core.sql.reading import BIGQUERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Columns = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)
def fields_of(kind: str) -> Columns:
    """Names and types of a struct's fields; none for another type."""
    built = data_type(kind) if kind else None
    if built is None or not built.is_type(exp.DType.STRUCT):
        return ()
    return tuple(
        (part.name, part.args["kind"].sql(dialect=BIGQUERY))
        for part in built.expressions
        if isinstance(part, exp.ColumnDef) and part.args.get("kind") is not None
    )


@lru_cache(maxsize=1024)
def element_of(kind: str) -> str:
    """The type of an array's elements; empty for another type."""
    built = data_type(kind) if kind else None
    if built is None or not built.is_type(exp.DType.ARRAY) or not built.expressions:
        return ""
    return str(built.expressions[0].sql(dialect=BIGQUERY))


def type_at(columns: Iterable[tuple[str, str]], path: Sequence[str]) -> str:
    """The type of a column, or of a field within it; empty when the path leads nowhere."""
    kind = ""
    for name in path:
        found = {column.casefold(): type_ for column, type_ in columns}
        kind = found.get(name.casefold(), "")
        columns = fields_of(kind)
    return kind
