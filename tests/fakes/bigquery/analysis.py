"""What BigQuery says of a statement before it runs it: a dry run's facts, or its refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from peter_core.billing import billed_bytes
from peter_core.dashboard.problems import Problem
from peter_core.engine.port import Column
from peter_core.errors import SqlError
from peter_core.sql.checking import check_sql
from peter_core.sql.columns import used_columns
from peter_core.sql.dialect import to_duckdb
from peter_core.sql.repeated import RULE as DUPLICATE_COLUMN
from peter_core.sql.statement import Statement, parse
from tests.fakes.bigquery.api_errors import ApiError
from tests.fakes.bigquery.parameters import BoundParameter
from tests.fakes.bigquery.statement_types import statement_type
from tests.fakes.bigquery.tables import StoredTable
from tests.fakes.bigquery.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Analysis:
    """A statement BigQuery would run; ``sql`` is its translation, empty when it is no query.

    ``bytes_by_table`` is by ``project.dataset.table``; ``references`` are ``TableReference``s.
    """

    statement_type: str
    sql: str = ""
    columns: tuple[Column, ...] = ()
    references: tuple[Mapping[str, str], ...] = ()
    bytes_by_table: Mapping[str, int] | None = None
    volatile: bool = False
    sources: tuple[StoredTable, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes that are read."""
        return sum((self.bytes_by_table or {}).values())

    @property
    def billed(self) -> int:
        """Bytes that are billed: at least 10 MB a table, a whole number of MB."""
        return billed_bytes(self.bytes_by_table or {})


def analyse(
    warehouse: Warehouse,
    text: str,
    parameters: tuple[BoundParameter, ...],
    default_dataset: str | None,
    location: str,
) -> Analysis:
    """Read one statement against the tables.

    Raises
    ------
    ApiError
        ``invalidQuery`` with the place, ``notFound``, ``accessDenied``.
    """
    try:
        statement = parse(text)
    except SqlError as error:
        return Analysis(_type_of_unread(text, error.problems[0]))
    if statement.kind != "SELECT":
        return Analysis(statement_type(text) or statement.kind)
    found = {name: _named(warehouse, name, default_dataset, location) for name in statement.tables}
    schema = warehouse.schema(default_dataset)
    types = {one.name: one.type for one in parameters}
    problems = check_sql(text, schema=schema, parameters=types)
    # DuckDB knows no projects, and a wildcard of two parts finds its shards without one only.
    placed = {id_.split(".", id_.count(".") - 1)[-1]: kinds for id_, kinds in schema.items()}
    translation = to_duckdb(statement, schema=placed, parameters=types)
    for problem in (*problems, *translation.problems):
        # Columns of one name are told below, in the service's own words.
        if problem.severity == "error" and problem.rule != DUPLICATE_COLUMN:
            raise _refusal(problem)
    _hold_filters(statement, found)
    names = [one.name.lower() for one in translation.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = "Duplicate column names in the result are not supported. Found duplicate(s): "
        raise ApiError("invalidQuery", message + ", ".join(twice), location="query")
    used = _used(warehouse, statement, found, schema)
    return Analysis(
        statement_type="SELECT",
        sql=translation.sql,
        columns=translation.columns,
        references=tuple(_references(warehouse, found, default_dataset)),
        bytes_by_table={id_: warehouse.tables[id_].bytes_of(names) for id_, names in used.items()},
        volatile=bool(statement.volatile),
        sources=tuple(warehouse.tables[id_] for id_ in used),
    )


def _named(
    warehouse: Warehouse, name: str, default_dataset: str | None, location: str
) -> list[StoredTable]:
    if "." not in name and default_dataset is None:
        message = f'Table "{name}" must be qualified with a dataset (e.g. dataset.table).'
        raise ApiError("invalid", message)
    tables = warehouse.find(name, default_dataset)
    project, dataset, table = warehouse.parts(name, default_dataset)
    if not tables:
        known = any((t.project, t.dataset) == (project, dataset) for t in warehouse.tables.values())
        what = f"Table {project}:{dataset}.{table}" if known else f"Dataset {project}:{dataset}"
        raise ApiError("notFound", f"Not found: {what} was not found in location {location}")
    for one in tables:
        if one.spec.denied:
            message = (
                f"Access Denied: Table {one.legacy_id}: User does not have permission to query "
                f"table {one.legacy_id}, or perhaps it does not exist."
            )
            raise ApiError("accessDenied", message)
    return tables


def _hold_filters(statement: Statement, found: Mapping[str, list[StoredTable]]) -> None:
    """A table that must be filtered is, by the name of its partition column in any condition."""
    conditions = [*statement.tree.find_all(exp.Where), *statement.tree.find_all(exp.Join)]
    named = {c.name.lower() for part in conditions for c in part.find_all(exp.Column)}
    for one in (table for tables in found.values() for table in tables):
        column = one.spec.partition_column
        if column is not None and one.spec.needs_filter and column.lower() not in named:
            message = (
                f"Cannot query over table '{one.id}' without a filter over column(s) '{column}' "
                "that can be used for partition elimination"
            )
            raise ApiError("invalidQuery", message, location="query")


def _used(
    warehouse: Warehouse,
    statement: Statement,
    found: Mapping[str, list[StoredTable]],
    schema: Mapping[str, Mapping[str, str]],
) -> dict[str, frozenset[str]]:
    """The columns read of each real table: shards of a wildcard each, views by what they read."""
    read: dict[str, frozenset[str]] = {}
    columns = used_columns(statement, schema)
    for tables in found.values():
        shared = frozenset().union(*(columns.get(one.id, frozenset()) for one in tables))
        for one in tables:
            if one.spec.sql is None:
                read[one.id] = read.get(one.id, frozenset()) | shared
                continue
            inner = parse(one.spec.sql)
            named = {name: warehouse.find(name, one.dataset) for name in inner.tables}
            for id_, names in _used(warehouse, inner, named, schema).items():
                read[id_] = read.get(id_, frozenset()) | names
    return read


def _references(
    warehouse: Warehouse, found: Mapping[str, list[StoredTable]], default_dataset: str | None
) -> list[Mapping[str, str]]:
    """What ``referencedTables`` lists: a wildcard as itself, a view as the tables under it."""
    references: list[Mapping[str, str]] = []
    for name, tables in found.items():
        if name.endswith("*"):
            project, dataset, table = warehouse.parts(name, default_dataset)
            references.append({"projectId": project, "datasetId": dataset, "tableId": table})
            continue
        for one in tables:
            if one.spec.sql is None:
                references.append(one.reference)
                continue
            inner = parse(one.spec.sql).tables
            named = {base: warehouse.find(base, one.dataset) for base in inner}
            references.extend(_references(warehouse, named, one.dataset))
    return [one for i, one in enumerate(references) if one not in references[:i]]


def _type_of_unread(text: str, problem: Problem) -> str:
    if problem.rule == "sql-multiple-statements":
        return "SCRIPT"
    kind = statement_type(text)
    if kind is None:
        raise _syntax(problem)
    return kind


def _syntax(problem: Problem) -> ApiError:
    message = f"Syntax error: {problem.message.rstrip('.')}{_place(problem)}"
    return ApiError("invalidQuery", message, location="query")


def _refusal(problem: Problem) -> ApiError:
    quoted = problem.message.split("`")
    name = quoted[1] if len(quoted) > 1 else ""
    if problem.rule == "unknown-column":
        near = (problem.hint or "").split("`")
        hint = f"; Did you mean {near[1]}?" if len(near) > 1 else ""
        message = f"Unrecognized name: {name}{hint}{_place(problem)}"
    elif problem.rule == "unknown-parameter":
        name = problem.message.rpartition("@")[2].rstrip(".")
        message = f"Query parameter '{name}' not found{_place(problem)}"
    elif problem.rule == "sql-untranslatable":
        raise ApiError("notImplemented", problem.message, status=501)
    else:
        message = f"{problem.message.rstrip('.')}{_place(problem)}"
    return ApiError("invalidQuery", message, location="query")


def _place(problem: Problem) -> str:
    return f" at [{problem.line or 1}:{problem.column or 1}]"


def bound(parameters: tuple[BoundParameter, ...]) -> dict[str, Any]:
    """Values by name."""
    return {one.name: one.value for one in parameters}
