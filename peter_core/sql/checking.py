"""Everything that can be said of a statement without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.errors import SqlError
from peter_core.sql.clashes import type_clashes
from peter_core.sql.guard import guard
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.parameters import unknown_parameter
from peter_core.sql.positions import problem_at
from peter_core.sql.resolution import resolve
from peter_core.sql.schema import Schema
from peter_core.sql.statement import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement


def check_sql(
    sql: str,
    *,
    schema: SchemaMapping | None = None,
    parameters: Mapping[str, str] | None = None,
    allowed_datasets: frozenset[str] | None = None,
) -> tuple[Problem, ...]:
    """What is wrong with a text as a statement; empty when nothing is. Never raises.

    Parameters
    ----------
    sql
        Any text.
    schema
        Table to column to BigQuery type; with it, names and parameter types are checked.
    parameters
        Name to BigQuery type of the declared parameters; ``None`` leaves them unchecked.
    allowed_datasets
        Datasets that may be read, ``None`` for all.

    Returns
    -------
    tuple of Problem
        Rules ``sql-syntax``, ``sql-multiple-statements``, ``sql-limit``, ``sql-refused``,
        ``unknown-table``, ``unknown-column``, ``unknown-parameter`` and ``parameter-type``,
        in the order of the text. A statement that is refused is not looked into further.
    """
    try:
        statement = parse(sql)
    except SqlError as error:
        return error.problems
    refused = guard(statement, allowed_datasets=allowed_datasets)
    if refused:
        return refused
    try:
        return _names_and_types(statement, schema, parameters)
    except RecursionError:
        return (problem_at(sql, None, LIMIT, "The statement is nested too deeply."),)


def _names_and_types(
    statement: Statement, schema: SchemaMapping | None, parameters: Mapping[str, str] | None
) -> tuple[Problem, ...]:
    found: list[Problem] = []
    if parameters is not None:
        declared = {name.lower() for name in parameters}
        found.extend(
            unknown_parameter(name, parameters, statement.text)
            for name in statement.parameters
            if name.lower() not in declared
        )
    if schema is not None:
        names = resolve(statement.text, statement.tree, Schema(schema)).problems
        found.extend(names)
        if not found:
            found.extend(type_clashes(statement, schema, parameters or {}))
    return tuple(sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0)))
