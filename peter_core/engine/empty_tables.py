"""Binding a statement in a worker: names and types resolved by DuckDB over tables without rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import duckdb

_MEMORY_BYTES = 128 * 2**20


class EmptyTables:
    """A database in memory that holds tables only while a statement is bound against them.

    ``prepare`` gives its connection what the worker's own has, such as functions.
    """

    def __init__(self, prepare: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        self._prepare = prepare
        self._connection: duckdb.DuckDBPyConnection | None = None

    def bind(self, request: dict[str, Any], statement: duckdb.Statement) -> dict[str, object]:
        """Bind one SELECT; nothing of it is computed, not even its constants.

        ``request`` holds ``tables``: the dataset (or an empty text), the table and its columns
        as pairs of name and DuckDB type. Gives nothing but the fact that it binds.

        Raises
        ------
        duckdb.Error
            What does not fit.
        """
        cursor = self._open().cursor()
        try:
            cursor.execute("BEGIN")
            try:
                for dataset, table, columns in request["tables"]:
                    _create(cursor, dataset, table, columns)
                # PREPARE and EXPLAIN would fold constants: repeat('a', 4000000000) is one.
                nulls = dict.fromkeys(statement.named_parameters)
                cursor.execute(f"DESCRIBE {request['sql']}", nulls or None)
            finally:
                cursor.execute("ROLLBACK")
        finally:
            cursor.close()
        return {}

    def _open(self) -> duckdb.DuckDBPyConnection:
        from peter_core.engine.duckdb_lockdown import IN_MEMORY, open_locked

        if self._connection is None:
            opened = open_locked(IN_MEMORY, memory_limit_bytes=_MEMORY_BYTES, threads=1)
            self._prepare(opened)
            self._connection = opened
        return self._connection


def _create(
    cursor: duckdb.DuckDBPyConnection, dataset: str, table: str, columns: Iterable[list[str]]
) -> None:
    from peter_core.engine.duckdb_types import quoted

    name = quoted(table)
    if dataset:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(dataset)}")
        name = f"{quoted(dataset)}.{name}"
    listed = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns)
    cursor.execute(f"CREATE TABLE {name} ({listed})")
