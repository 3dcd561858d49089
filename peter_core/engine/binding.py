"""The tier "binding": a statement's translation bound by DuckDB over tables without rows.

It needs a schema and a worker, no data, so that it works with the tables of any engine. What it
alone complains of may be a gap of the translation, hence a warning.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from peter_core.engine.duckdb_errors import plain
from peter_core.engine.worker_pool import WorkerCrashError, WorkerPool
from peter_core.engine.worker_process import WorkerError, WorkerStartError
from peter_core.errors import EngineError
from peter_core.sql.dialect import to_duckdb
from peter_core.sql.duckdb_types import duckdb_type
from peter_core.sql.positions import Span, problem_at
from peter_core.sql.reading import tokenize
from peter_core.sql.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement

RULE = "binding"
# A warm worker needs milliseconds; one that has to start needs most of this on a busy machine.
_SECONDS = 10.0
_MOST_TABLES = 200
_HINT = "BigQuery may accept it; the embedded engine will not run it as it stands."
_KINDS = frozenset({"BinderException", "CatalogException", "ParserException"})
_NO_MATCH = re.compile(r"No function matches the given name and argument types '(.+?)\((.*?)\)'\.")
_COMPARE = re.compile(r"Cannot compare values of type (\S+) and (?:type )?(\S+?)[ .]")
_COLUMN = re.compile(r'(?:Referenced column|column|Column) "([^"]+)"')
_UNGROUPED = re.compile(r'column "([^"]+)" must appear in the GROUP BY')
_SIGN = re.compile(r"[^\w\s]+\Z")


class Binder:
    """Binds statements in the workers of a pool; safe from any thread.

    Parameters
    ----------
    pool
        Workers, as the embedded engine has them.
    database
        Which database a worker is opened on when none is warm.
    """

    def __init__(self, pool: WorkerPool, database: Callable[[], Path]) -> None:
        self._pool = pool
        self._database = database

    @classmethod
    def of_its_own(cls) -> Binder:
        """A binder with one worker on no data, for engines that have none; ``close`` it."""
        pool = WorkerPool(workers=1, memory_limit_bytes=256 * 2**20, threads=1)
        return cls(pool, lambda: Path(":memory:"))

    def bind(
        self, statement: Statement, schema: SchemaMapping, parameters: Mapping[str, str]
    ) -> tuple[Problem, ...] | None:
        """What does not bind: nothing or one warning, ``None`` where that cannot be told.

        It cannot for a statement without translation, two tables of one name in different
        projects, a column type that DuckDB lacks, and when no worker answers within 10 seconds.
        """
        translated = to_duckdb(statement, schema=schema, parameters=parameters)
        tables = _empty_tables(statement, schema)
        if not translated.sql or tables is None:
            return None
        request = {"sql": translated.sql, "tables": tables}
        try:
            self._pool.bind(
                request, database=self._database(), deadline=time.monotonic() + _SECONDS
            )
        except WorkerError as error:
            return (_complaint(statement, error.message),) if error.kind in _KINDS else None
        except (EngineError, WorkerStartError, WorkerCrashError):
            return None
        return ()

    def close(self) -> None:
        """End the workers."""
        self._pool.close()


def _empty_tables(
    statement: Statement, schema: SchemaMapping
) -> list[tuple[str, str, list[tuple[str, str]]]] | None:
    """Dataset, table and typed columns of each table that is read."""
    known = Schema(schema)
    ids: dict[str, None] = {}
    for name in statement.tables:
        if name.endswith("*"):
            prefix = name.rpartition(".")[2][:-1]
            ids |= dict.fromkeys(i for i in schema if i.rpartition(".")[2].startswith(prefix))
        elif (table := known.find(name)) is not None:
            ids[table.id] = None
    made: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for id_ in ids:
        *path, table_name = id_.replace("`", "").split(".")
        columns = [(column, duckdb_type(kind)) for column, kind in schema[id_].items()]
        place = (path[-1] if path else "", table_name)
        if place in made or not columns or any(kind is None for _, kind in columns):
            return None
        made[place] = [(column, kind) for column, kind in columns if kind is not None]
    if len(made) > _MOST_TABLES:
        return None
    return [(dataset, table, columns) for (dataset, table), columns in made.items()]


def _complaint(statement: Statement, told: str) -> Problem:
    """DuckDB's complaint in BigQuery's words, at the part it names where that is one place."""
    text = plain(told)
    named, message = "", "The statement fits its tables' names, but not all of its types."
    if found := _UNGROUPED.search(told):
        named = found[1]
        message = f"`{named}` is neither grouped nor aggregated."
    elif found := _NO_MATCH.search(text):
        named, types = found[1], found[2]
        message = _no_match(statement, named, types)
    elif found := _COMPARE.search(text):
        message = f"A value of type {found[1]} is compared with one of type {found[2]}."
    elif (found := _COLUMN.search(told)) and "not found" in told:
        named = found[1]
        message = f"The column `{named}` cannot be found where it is used."
    span = _only_place(statement.text, named)
    return problem_at(statement.text, span, RULE, message, hint=_HINT, severity="warning")


def _no_match(statement: Statement, name: str, types: str) -> str:
    if _SIGN.match(name):
        return f"`{name}` cannot be used between {' and '.join(types.split(', '))}."
    if _only_place(statement.text, name) is None:
        return "A function is given arguments of types it does not take."
    return f"{name.upper()} takes no arguments of the types ({types})."


def _only_place(text: str, name: str) -> Span | None:
    """Where a name or a sign stands, when it stands in one place only."""
    places = [
        Span(token.start, token.end + 1)
        for token in tokenize(text)
        if name and token.text.casefold() == name.casefold()
    ]
    return places[0] if len(places) == 1 else None
