"""The columns of a statement: what it gives, what it reads, and which comes from which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.relations import ColumnRef
from peter_core.sql.resolution import resolve
from peter_core.sql.schema import Schema
from peter_core.sql.statement import Statement, parse
from peter_core.sql.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peter_core.engine.port import Column
    from peter_core.sql.parameters import Parameter
    from peter_core.sql.schema import SchemaMapping

__all__ = ["ColumnRef", "SqlLineage", "output_columns", "sql_lineage", "used_columns"]


@dataclass(frozen=True, slots=True)
class SqlLineage:
    """Where the outputs of a statement come from.

    ``tables`` are the tables it reads; ``columns`` the sources of each output column;
    ``side_inputs`` the columns that filter, join, group, order or window without being shown;
    ``unresolved`` the output columns with a source that could not be told.
    """

    tables: tuple[str, ...]
    columns: dict[str, tuple[ColumnRef, ...]]
    side_inputs: tuple[ColumnRef, ...]
    unresolved: tuple[str, ...]


def sql_lineage(
    sql: str, *, schema: SchemaMapping | None = None, views: Mapping[str, str] | None = None
) -> SqlLineage:
    """Column lineage of a statement, also of one that the guard would refuse.

    Parameters
    ----------
    sql
        A query, or a statement around one (``CREATE TABLE ... AS``, ``INSERT ... SELECT``).
    schema
        Table to column to BigQuery type. Without it, stars stay unresolved.
    views
        View to its query. Sources, side inputs and tables are then those under the views, down
        to tables that are none; a view whose query cannot be read counts as a table.

    Raises
    ------
    SqlError
        The text cannot be read.
    """
    return _lineage(sql, _frozen(schema), tuple(views.items()) if views else ())


@lru_cache(maxsize=512)
def _lineage(
    sql: str, frozen: FrozenSchema | None, queries: tuple[tuple[str, str], ...]
) -> SqlLineage:
    statement = parse(sql)
    schema = frozen.schema() if frozen else None
    views = Views(dict(queries)) if queries else None
    names = views.under(statement.tables) if views else statement.tables
    query = _query_of(statement.tree)
    if query is None:
        return SqlLineage(names, {}, (), ())
    found = resolve(statement.text, query, schema, views)
    columns: dict[str, tuple[ColumnRef, ...]] = {}
    for one in found.relation.fields:
        columns[one.name] = tuple(sorted({*columns.get(one.name, ()), *one.value.sources}))
    return SqlLineage(
        tables=_table_ids(names, schema),
        columns=columns,
        side_inputs=tuple(sorted(found.side_inputs)),
        unresolved=tuple(one.name for one in found.relation.fields if not one.value.known),
    )


def used_columns(statement: Statement, schema: SchemaMapping) -> dict[str, frozenset[str]]:
    """The columns each table is read for, by the table's name in the schema.

    A column that only an unused part of a subquery names does not count. When something could
    not be told apart, the table counts whole.
    """
    known = Schema(schema)
    found = resolve(statement.text, statement.tree, known)
    used: dict[str, set[str]] = {}
    for name in statement.tables:
        table = known.find(name)
        if table is not None:
            used[table.id] = set()
    sources = set(found.side_inputs)
    for one in found.relation.fields:
        sources |= one.value.sources
    for source in sources:
        used.setdefault(source.table, set()).add(source.column)
    if any(not one.value.known for one in found.relation.fields):
        for id_ in used:
            table = known.find(id_)
            used[id_] |= {name for name, _ in table.columns.values()} if table else set()
    return {id_: frozenset(columns) for id_, columns in used.items()}


def output_columns(
    statement: Statement,
    schema: SchemaMapping,
    parameters: Iterable[Parameter] = (),
) -> tuple[Column, ...]:
    """Names and BigQuery types of the result, as BigQuery would give them.

    A type that cannot be told is ``STRING`` for want of a better one; the run corrects it.
    """
    from peter_core.sql.typed import typed

    types = typed(statement, schema, {p.name: p.type for p in parameters})
    return types.columns


@dataclass(frozen=True, slots=True)
class FrozenSchema:
    """A schema that can be a cache key."""

    tables: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    def schema(self) -> Schema:
        """The schema itself."""
        return Schema({name: dict(columns) for name, columns in self.tables})


def _frozen(schema: SchemaMapping | None) -> FrozenSchema | None:
    if schema is None:
        return None
    return FrozenSchema(tuple((name, tuple(columns.items())) for name, columns in schema.items()))


def _query_of(tree: exp.Expr) -> exp.Expr | None:
    if isinstance(tree, exp.Query):
        return tree
    inner = tree.args.get("expression")
    return inner if isinstance(inner, exp.Query) else None


def _table_ids(names: Iterable[str], schema: Schema | None) -> tuple[str, ...]:
    ids = []
    for name in names:
        table = schema.find(name) if schema else None
        ids.append(table.id if table else name)
    return tuple(dict.fromkeys(ids))
