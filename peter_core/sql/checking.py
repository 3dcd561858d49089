"""Everything that can be said of a statement without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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

Tier = Literal["syntax", "guard", "names", "binding", "googlesql", "dry_run"]
TIERS: tuple[Tier, ...] = ("syntax", "guard", "names", "binding", "googlesql", "dry_run")
"""Who may speak of a statement before it runs, the nearest first."""

_UNCLEAR = ("Something is missing after", "The statement cannot be read at")


@dataclass(frozen=True, slots=True)
class StatementCheck:
    """What is wrong with a statement, and who was asked.

    ``tiers`` are those that spoke, in their order: ``syntax``, ``guard``, ``names`` (with a
    schema: names and types), ``binding`` (the embedded engine over empty tables), ``googlesql``
    (GoogleSQL's own analyzer) and ``dry_run``. One that is not named was not asked, could not
    answer, or had nothing to look at because an earlier one found errors.
    """

    problems: tuple[Problem, ...]
    tiers: tuple[Tier, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong but warnings."""
        return not any(problem.is_error for problem in self.problems)


def check_sql(
    sql: str,
    *,
    schema: SchemaMapping | None = None,
    parameters: Mapping[str, str] | None = None,
    allowed_datasets: frozenset[str] | None = None,
    allow_information_schema: bool = False,
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
    allow_information_schema
        Whether ``INFORMATION_SCHEMA`` may be read.

    Returns
    -------
    tuple of Problem
        Rules ``sql-syntax``, ``sql-multiple-statements``, ``sql-limit``, ``sql-refused``,
        ``unknown-table``, ``unknown-column``, ``ambiguous-column``, ``unknown-parameter``,
        ``parameter-type``, ``argument-count``, ``type-mismatch``, ``column-count``,
        ``not-grouped``, ``aggregate-not-allowed``, ``window-not-allowed`` and
        ``duplicate-column``, in the order of the text. A statement that is refused is not looked
        into further, and types and groups are looked at only when every name exists.
    """
    return check_statement(
        sql,
        schema=schema,
        parameters=parameters,
        allowed_datasets=allowed_datasets,
        allow_information_schema=allow_information_schema,
    ).problems


def check_statement(
    sql: str,
    *,
    schema: SchemaMapping | None = None,
    parameters: Mapping[str, str] | None = None,
    allowed_datasets: frozenset[str] | None = None,
    allow_information_schema: bool = False,
) -> StatementCheck:
    """What `check_sql` says, with the tiers that were asked. Never raises."""
    try:
        statement = parse(sql)
    except SqlError as error:
        return StatementCheck(_wrong_count(sql, error.problems) or error.problems, ("syntax",))
    refused = guard(
        statement,
        allowed_datasets=allowed_datasets,
        allow_information_schema=allow_information_schema,
    )
    if refused:
        return StatementCheck(refused, ("syntax", "guard"))
    tiers: tuple[Tier, ...] = ("syntax", "guard")
    if schema is not None:
        tiers = (*tiers, "names")
    try:
        return StatementCheck(_names_and_types(statement, schema, parameters), tiers)
    except RecursionError:
        too_deep = problem_at(sql, None, LIMIT, "The statement is nested too deeply.")
        return StatementCheck((too_deep,), tiers)


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
