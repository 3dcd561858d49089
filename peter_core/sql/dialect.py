"""BigQuery SQL as DuckDB SQL with the same meaning, or a problem that names what has none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from peter_core.errors import SqlError
from peter_core.sql.duckdb_nodes import Untranslatable
from peter_core.sql.guard import guard
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.lowering import lowered
from peter_core.sql.positions import Span, problem_at, span_of
from peter_core.sql.rewriting import rewrite
from peter_core.sql.statement import Statement, parse
from peter_core.sql.tables import table_uses
from peter_core.sql.typed import TypedCache, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.engine.port import Column
    from peter_core.sql.parameters import Parameter
    from peter_core.sql.schema import SchemaMapping

RULE = "sql-untranslatable"
_CACHE = TypedCache(256)
_SYSTEM_TABLES = ("duckdb_", "pragma_", "sqlite_", "pg_")
_SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema", "system"})


@dataclass(frozen=True, slots=True)
class Translation:
    """DuckDB SQL with ``$name`` parameters; empty when ``problems`` say why there is none.

    ``columns`` are the names and BigQuery types of the result.
    """

    sql: str
    problems: tuple[Problem, ...] = ()
    columns: tuple[Column, ...] = ()


def to_duckdb(
    sql: str | Statement,
    *,
    schema: SchemaMapping | None = None,
    parameters: Iterable[Parameter] | Mapping[str, str] | None = None,
) -> Translation:
    """Translate one guarded query.

    Tables lose their project: ``"dataset"."table"``. The session must run with
    ``TimeZone = 'UTC'``.

    Parameters
    ----------
    sql
        A BigQuery statement, as text or parsed.
    schema
        Table to column to BigQuery type. The more is known, the closer the meaning.
    parameters
        Bound parameters, or name to BigQuery type.

    Returns
    -------
    Translation
        Problems have rule ``sql-untranslatable``, or those of the parser and the guard, or with
        a schema ``unknown-table`` and ``unknown-column``.
    """
    try:
        statement = parse(sql) if isinstance(sql, str) else sql
    except SqlError as error:
        return Translation("", error.problems)
    refused = guard(statement)
    if refused:
        return Translation("", refused)
    types = _types(parameters)
    key = (
        statement.text,
        None if schema is None else _schema_key(schema),
        tuple(types.items()),
    )
    kept = _CACHE.get(key)
    if isinstance(kept, Translation):
        return kept
    translation = _system_table(statement) or _translate(statement, schema, types)
    _CACHE.put(key, translation)
    return translation


def _schema_key(schema: SchemaMapping) -> tuple[object, ...]:
    return tuple((name, tuple(columns.items())) for name, columns in schema.items())


def _system_table(statement: Statement) -> Translation | None:
    """Names that DuckDB answers with its own catalog, whatever tables there are."""
    for use in table_uses(statement.tree):
        parts = use.name.lower().split(".")
        if parts[-1].startswith(_SYSTEM_TABLES) or _SYSTEM_SCHEMAS.intersection(parts[:-1]):
            what = f"The system table `{use.name}`"
            return Translation("", (_problem(statement, use.node, what),))
    return None


def _types(parameters: Iterable[Parameter] | Mapping[str, str] | None) -> dict[str, str]:
    if parameters is None:
        return {}
    if hasattr(parameters, "items"):
        return dict(parameters.items())
    return {one.name: one.type for one in parameters}


def _translate(
    statement: Statement, schema: SchemaMapping | None, types: Mapping[str, str]
) -> Translation:
    try:
        found = typed(lowered(statement), schema or {}, types)
        if found.problems and (schema is not None or found.failed == LIMIT):
            return Translation("", found.problems)
        names = [column.name for column in found.columns]
        tree = rewrite(found.tree, names, schema or {})
        sql = tree.sql(
            dialect="duckdb", comments=False, unsupported_level=ErrorLevel.IGNORE, normalize=False
        )
    except Untranslatable as error:
        return Translation("", tuple(_problem(statement, node, name) for node, name in error.found))
    except RecursionError:
        return Translation("", (_whole(statement, "It is nested too deeply."),))
    except (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
        return Translation(
            "", (_whole(statement, f"The translator failed: {type(error).__name__}."),)
        )
    return Translation(sql, (), found.columns)


def _problem(statement: Statement, node: exp.Expr, name: str) -> Problem:
    return problem_at(
        statement.text,
        _span(statement, node, name),
        RULE,
        f"{name} has no translation for the embedded engine.",
        hint="Run the query on BigQuery, or write it another way.",
    )


def _span(statement: Statement, node: exp.Expr, name: str) -> Span | None:
    """Where the part stands; the parser keeps no place for a few functions, so they are sought."""
    if node.meta_get("start") is None and isinstance(node, exp.Func):
        written = re.search(
            rf"\b({re.escape(name.split()[0])})\s*\(", statement.text, re.IGNORECASE
        )
        if written is not None:
            return Span(written.start(), written.end(1))
    return span_of(node)


def _whole(statement: Statement, why: str) -> Problem:
    return problem_at(
        statement.text,
        None,
        RULE,
        f"The statement has no translation for the embedded engine. {why}",
        hint="Run the query on BigQuery, or write it in smaller steps.",
    )
