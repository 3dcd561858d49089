"""The tables in DuckDB, and the statements that read them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from peter_core.engine.arrow_columns import typed_columns
from peter_core.engine.duckdb_types import bigquery_types, bytes_expression, stored_expression
from peter_core.engine.port import Column
from tests.fakes.bigquery.fields import column, duckdb_type, quoted
from tests.fakes.bigquery.tables import FakeTable, StoredTable

_VIEWS = ("VIEW", "MATERIALIZED_VIEW")


class Warehouse:
    """Every table by ``project.dataset.table``. DuckDB knows no projects: datasets are unique."""

    def __init__(self, project: str, tables: Mapping[str, FakeTable | Any]) -> None:
        self.project = project
        self.tables: dict[str, StoredTable] = {}
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'").fetchall()
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._offered: dict[str, FakeTable] = {}
        specs = {
            name: one if isinstance(one, FakeTable) else FakeTable(one)
            for name, one in tables.items()
        }
        for name, spec in specs.items():
            if spec.type not in _VIEWS:
                self.add(name, spec)
        for name, spec in specs.items():
            if spec.type in _VIEWS:
                self.add(name, spec)

    def close(self) -> None:
        """Free the database."""
        self._connection.close()

    def schema(self, default_dataset: str | None = None) -> dict[str, dict[str, str]]:
        """Column types of every table, those of the default dataset first."""
        stored = sorted(self.tables.values(), key=lambda one: one.dataset != default_dataset)
        return {one.id: _schema(one.columns) for one in stored}

    def find(self, name: str, default_dataset: str | None = None) -> list[StoredTable]:
        """The table of a dotted name, or all that a wildcard stands for."""
        project, dataset, table = self.parts(name, default_dataset)
        if not table.endswith("*"):
            id_ = f"{project}.{dataset}.{table}"
            with self._lock:
                offered = self._offered.pop(id_, None)
                if offered is not None:
                    self._add(id_, offered)
            found = self.tables.get(id_)
            return [] if found is None else [found]
        return [
            one
            for one in self.tables.values()
            if (one.project, one.dataset) == (project, dataset) and one.name.startswith(table[:-1])
        ]

    def parts(self, name: str, default_dataset: str | None = None) -> tuple[str, str, str]:
        """Project, dataset and table of a dotted name."""
        parts = name.replace("`", "").split(".")
        if len(parts) == 1:
            parts = [default_dataset or "", *parts]
        return (".".join(parts[:-2]) or self.project, parts[-2], parts[-1])

    def add(self, name: str, spec: FakeTable) -> StoredTable:
        """Keep a table; its rows are loaded, its view is checked."""
        with self._lock:
            return self._add(name, spec)

    def offer_result(
        self, dataset: str, name: str, table: pa.Table, columns: Sequence[Column]
    ) -> None:
        """Keep the result of a job under its destination's name; loaded when it is first read."""
        kinds = _schema(columns)
        if len(kinds) == table.num_columns:
            self._offered[f"{self.project}.{dataset}.{name}"] = FakeTable(table, schema=kinds)

    def rows_of(self, stored: StoredTable) -> pa.Table:
        """All rows of a table."""
        cursor = self._cursor()
        try:
            place = f"{quoted(stored.dataset)}.{quoted(stored.name)}"
            return cursor.sql(f"SELECT * FROM {place}").to_arrow_table()
        finally:
            cursor.close()

    def run(
        self,
        sql: str,
        declared: Sequence[Column],
        values: Mapping[str, Any],
        default_dataset: str | None,
    ) -> tuple[pa.Table, tuple[Column, ...]]:
        """The rows of a translated query with BigQuery's types.

        Raises
        ------
        duckdb.Error, QueryFailed
        """
        cursor = self._cursor()
        try:
            if default_dataset:
                cursor.execute(f"SET schema = '{quoted(default_dataset)}'").fetchall()
            statement = duckdb.extract_statements(sql)[0]
            folded = {name.lower(): value for name, value in values.items()}
            used = {name: folded[name.lower()] for name in statement.named_parameters}
            relation = cursor.sql(statement, params=used)
            types = bigquery_types(relation.columns, relation.types)
            return typed_columns(relation.to_arrow_table(), declared, types)
        finally:
            cursor.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            return self._connection.cursor()

    def _add(self, name: str, spec: FakeTable) -> StoredTable:
        project, dataset, table = self.parts(name)
        stored = StoredTable(project, dataset, table, spec)
        cursor = self._cursor()
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(dataset)}").fetchall()
        if stored.id in self.tables:
            what = "VIEW" if self.tables[stored.id].spec.type in _VIEWS else "TABLE"
            place = f"{quoted(dataset)}.{quoted(table)}"
            cursor.execute(f"DROP {what} {place}").fetchall()
        (self._add_view if spec.type in _VIEWS else self._add_rows)(cursor, stored)
        # Another dictionary: readers go over the one they have.
        self.tables = {**self.tables, stored.id: stored}
        return stored

    def _add_rows(self, cursor: duckdb.DuckDBPyConnection, stored: StoredTable) -> None:
        place = f"{quoted(stored.dataset)}.{quoted(stored.name)}"
        rows, schema = stored.spec.rows, stored.spec.schema
        if rows is None or (schema is not None and isinstance(rows, list)):
            assert schema is not None, f"{stored.id} has neither rows nor a schema"
            _create(cursor, place, schema)
            for row in rows or ():
                marks = ", ".join("?" for _ in schema)
                values = [row.get(name) for name in schema]
                cursor.execute(f"INSERT INTO {place} VALUES ({marks})", values).fetchall()
        else:
            arrow = pa.Table.from_pylist(rows) if isinstance(rows, list) else rows
            source = (
                cursor.from_arrow(arrow) if isinstance(arrow, pa.Table) else cursor.from_df(arrow)
            )
            self._create_from(cursor, place, source, schema)
        self._measure(cursor, place, stored, schema)

    def _create_from(
        self,
        cursor: duckdb.DuckDBPyConnection,
        place: str,
        source: duckdb.DuckDBPyRelation,
        schema: Mapping[str, str] | None,
    ) -> None:
        if schema is None:
            kinds = zip(source.columns, source.types, strict=True)
            source = source.project(
                ", ".join(stored_expression(name, kind) for name, kind in kinds)
            )
            source.create(place)
            return
        _create(cursor, place, schema)
        casts = (f"CAST({quoted(name)} AS {duckdb_type(kind)})" for name, kind in schema.items())
        source.project(", ".join(casts)).insert_into(place)

    def _measure(
        self,
        cursor: duckdb.DuckDBPyConnection,
        place: str,
        stored: StoredTable,
        schema: Mapping[str, str] | None,
    ) -> None:
        table = cursor.sql(f"SELECT * FROM {place}")
        kinds = schema or dict(
            zip(table.columns, bigquery_types(table.columns, table.types), strict=True)
        )
        stored.columns = tuple(
            _required(column(name, kind), stored.spec.required) for name, kind in kinds.items()
        )
        sizes = [
            f"coalesce(sum({bytes_expression(quoted(name), kind)}), 0)"
            for name, kind in zip(table.columns, table.types, strict=True)
        ]
        found = cursor.execute(f"SELECT count(*), {', '.join(sizes)} FROM {place}").fetchone()
        assert found is not None
        stored.rows = int(found[0])
        stored.column_bytes = dict(zip(kinds, (int(size) for size in found[1:]), strict=True))

    def _add_view(self, cursor: duckdb.DuckDBPyConnection, stored: StoredTable) -> None:
        from peter_core.sql.dialect import to_duckdb

        assert stored.spec.sql is not None, f"the view {stored.id} has no sql"
        translation = to_duckdb(stored.spec.sql, schema=self.schema())
        assert not translation.problems, f"the view {stored.id}: {translation.problems}"
        place = f"{quoted(stored.dataset)}.{quoted(stored.name)}"
        cursor.execute(f"CREATE VIEW {place} AS {translation.sql}").fetchall()
        stored.columns = translation.columns


def _create(cursor: duckdb.DuckDBPyConnection, place: str, schema: Mapping[str, str]) -> None:
    columns = (f"{quoted(name)} {duckdb_type(kind)}" for name, kind in schema.items())
    cursor.execute(f"CREATE TABLE {place} ({', '.join(columns)})").fetchall()


def _required(one: Column, required: frozenset[str]) -> Column:
    return Column(one.name, one.type, "REQUIRED") if one.name in required else one


def _schema(columns: Sequence[Column]) -> dict[str, str]:
    return {
        one.name: f"ARRAY<{one.type}>" if one.mode == "REPEATED" else one.type for one in columns
    }
