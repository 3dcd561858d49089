"""Everything that can be said of a statement without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.errors import TokenError

from peter_core.errors import SqlError
from peter_core.sql.arguments import argument_problems
from peter_core.sql.checked import checked
from peter_core.sql.guard import guard
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.parameters import unknown_parameter
from peter_core.sql.positions import problem_at
from peter_core.sql.reading import tokenize
from peter_core.sql.schema import Schema
from peter_core.sql.statement import parse
from peter_core.sql.syntax import RULE as SYNTAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement

_UNCLEAR = ("Something is missing after", "The statement cannot be read at")


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
        Table to column to BigQuery type; with it, names and the types of columns are checked.
    parameters
        Name to BigQuery type of the declared parameters; ``None`` leaves them unchecked.
    allowed_datasets
        Datasets that may be read, ``None`` for all.

    Returns
    -------
    tuple of Problem
        Rules ``sql-syntax``, ``sql-multiple-statements``, ``sql-limit``, ``sql-refused``,
        ``unknown-table``, ``unknown-column``, ``ambiguous-column``, ``unknown-parameter``,
        ``parameter-type``, ``argument-count``, ``type-mismatch``, ``column-count``,
        ``not-grouped``, ``aggregate-not-allowed`` and ``window-not-allowed``, in the order of the
        text. A statement that is refused is not looked into further, and types and groups are
        looked at only when every name exists.
    """
    try:
        statement = parse(sql)
    except SqlError as error:
        return _wrong_count(sql, error.problems) or error.problems
    refused = guard(statement, allowed_datasets=allowed_datasets)
    if refused:
        return refused
    try:
        return _names_and_types(statement, schema, parameters)
    except RecursionError:
        return (problem_at(sql, None, LIMIT, "The statement is nested too deeply."),)


def _wrong_count(sql: str, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The call whose missing or surplus arguments stopped the parser, if that is what did."""
    (problem, *_) = problems
    if problem.rule != SYNTAX or not problem.message.startswith(_UNCLEAR):
        return ()
    try:
        found = list(argument_problems(sql, tokenize(sql)))
    except TokenError:
        return ()
    place = (problem.line or 0, problem.column or 0)
    before = [one for one in found if (one.line or 0, one.column or 0) <= place]
    return tuple(before[-1:])


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
    found.extend(argument_problems(statement.text, tokenize(statement.text)))
    known = Schema(schema) if schema is not None else None
    found.extend(
        checked(statement.text, statement.tree, known, parameters or {}, quiet=bool(found))
    )
    return tuple(sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0)))
