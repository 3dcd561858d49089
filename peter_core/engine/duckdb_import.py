"""The child process that reads a folder's files into one DuckDB database.

Started as ``python -P -m peter_core.engine.duckdb_import`` with a JSON request on standard input
(``ImportRequest``). It writes a new database, then makes it the current one; killed at any moment
it leaves the old one as it was. Each file's name goes to standard output before it is read, so
that whoever started it knows which file ended it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peter_core.engine import worker_limits as limits
from peter_core.engine.arrow_columns import column_of
from peter_core.engine.csv_files import csv_fault, csv_options
from peter_core.engine.duckdb_types import (
    BigQueryTypeError,
    bigquery_types,
    bytes_expression,
    quoted,
    stored_expression,
)
from peter_core.engine.folder import READERS, Source
from peter_core.engine.folder_catalog import (
    Catalog,
    CatalogTable,
    Unreadable,
    read_catalog,
    write_catalog,
)
from peter_core.engine.json_files import json_fault

if TYPE_CHECKING:
    import duckdb

_MEMORY_LIMIT = "2GiB"
_NO_PARQUET = re.compile("too small to be a Parquet file|No magic bytes found")
_JSON_OPTIONS = ", sample_size = -1, maximum_object_size = 67108864"


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import: ``skip`` names files (by path) that are not to be opened, and why."""

    state: str
    data: str
    sources: tuple[Source, ...]
    skip: dict[str, str]
    parent: int

    def to_json(self) -> str:
        """The request as the child reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ImportRequest:
        """Read what ``to_json`` wrote."""
        tree: dict[str, Any] = json.loads(text)
        tree["sources"] = tuple(Source(**source) for source in tree["sources"])
        return cls(**tree)


def main() -> int:
    """Import, and print what went wrong with the whole of it to standard error."""
    request = ImportRequest.from_json(sys.stdin.read())
    limits.die_with_parent(request.parent)
    limits.forbid_privileges()
    try:
        import_folder(request)
    except Exception as error:
        lines = str(error).splitlines() or [type(error).__name__]
        sys.stderr.write(f"{lines[0]}\n")
        return 1
    return 0


def import_folder(request: ImportRequest) -> Catalog:
    """Build a database of the request's files and make it the current one."""
    import duckdb

    state = Path(request.state)
    _remove_leftovers(state, keep=None)
    previous = read_catalog(state, duckdb.__version__)
    # No dataset can have this name, so `dataset.table` always means a schema of this database.
    name = f"peter-{uuid.uuid4().hex}.duckdb"
    os.chdir(request.data if Path(request.data).is_dir() else state)
    connection = duckdb.connect(
        state / name,
        config={
            "memory_limit": _MEMORY_LIMIT,
            "temp_directory": str(state / f"{name}.tmp"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    try:
        _execute(connection, "SET TimeZone = 'UTC'")
        catalog = _Import(connection, request, state, previous).run(name)
        _execute(connection, "CHECKPOINT")
    finally:
        connection.close()
    write_catalog(state, catalog)
    _remove_leftovers(state, keep=name)
    return catalog


class UnreadableFileError(Exception):
    """A file is not what its name says."""


class _Import:
    """One pass over the files: unchanged tables are copied from the previous database."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        request: ImportRequest,
        state: Path,
        previous: Catalog | None,
    ) -> None:
        self._connection = connection
        self._request = request
        self._old = {table.source: table for table in previous.tables} if previous else {}
        if previous and any(source in self._old for source in request.sources):
            self._attach(state / previous.database)

    def _attach(self, database: Path) -> None:
        import duckdb

        path = str(database).replace("'", "''")
        try:
            _execute(self._connection, f"ATTACH '{path}' AS previous (READ_ONLY)")
        except duckdb.Error:  # damaged: every file is read again
            self._old = {}

    def run(self, database: str) -> Catalog:
        import duckdb

        tables: list[CatalogTable] = []
        unreadable: list[Unreadable] = []
        for source in self._request.sources:
            reason = source.problem or self._request.skip.get(source.path)
            if reason is None:
                try:
                    tables.append(self._table(source))
                    continue
                except (duckdb.Error, BigQueryTypeError, UnreadableFileError, OSError) as error:
                    reason = _reason(source, error)
                    if "No space left" in reason:
                        raise
            unreadable.append(Unreadable(source, reason))
        return Catalog(database, duckdb.__version__, tuple(tables), tuple(unreadable))

    def _table(self, source: Source) -> CatalogTable:
        target = f"{quoted(source.dataset)}.{quoted(source.table)}"
        _execute(self._connection, f"CREATE SCHEMA IF NOT EXISTS {quoted(source.dataset)}")
        if source in self._old and self._copy(target):
            return self._old[source]
        sys.stdout.write(f"{source.path}\n")
        sys.stdout.flush()
        return self._read(source, target)

    def _copy(self, target: str) -> bool:
        import duckdb

        try:
            _execute(self._connection, f"CREATE TABLE {target} AS FROM previous.{target}")
        except duckdb.Error:  # damaged there: the file is read again
            return False
        return True

    def _read(self, source: Source, target: str) -> CatalogTable:
        file = _table_function(source)
        relation = self._connection.sql(f"FROM {file}")
        types = bigquery_types(relation.columns, relation.types)
        selected = ", ".join(map(stored_expression, relation.columns, relation.types))
        create = f"CREATE TABLE {target} AS SELECT {selected} FROM {file}"  # noqa: S608 - quoted
        _execute(self._connection, create)
        rows, sizes = self._measure(target)
        columns = tuple(map(column_of, relation.columns, types))
        return CatalogTable(source, columns, rows, sizes)

    def _measure(self, target: str) -> tuple[int, dict[str, int]]:
        table = self._connection.sql(f"FROM {target}")
        sums = (
            f"coalesce(sum({bytes_expression(quoted(name), kind)}), 0)::BIGINT"
            for name, kind in zip(table.columns, table.types, strict=True)
        )
        row = self._connection.execute(
            f"SELECT count(*), {', '.join(sums)} FROM {target}"  # noqa: S608 - names are quoted
        ).fetchone()
        if row is None:  # an aggregate always has its row
            raise BigQueryTypeError("The table has no columns.")
        return row[0], dict(zip(table.columns, row[1:], strict=True))


def _execute(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    connection.execute(sql).fetchall()


def _table_function(source: Source) -> str:
    """The call that reads a file; its path is relative, so that no folder's name is a pattern."""
    reader = READERS[Path(source.path).suffix.lower()]
    options = ""
    if reader == "read_csv":
        options = csv_options(Path(source.path))
    elif reader == "read_json":
        fault = json_fault(Path(source.path))
        if fault is not None:
            raise UnreadableFileError(fault)
        options = _JSON_OPTIONS
    return f"{reader}('{source.path}'{options})"


def _reason(source: Source, error: Exception) -> str:
    if source.path.lower().endswith((".csv", ".tsv")):
        with contextlib.suppress(OSError):
            fault = csv_fault(Path(source.path))
            if fault is not None:
                return fault
    text = str(error).strip().splitlines()
    if text and _NO_PARQUET.search(text[0]):
        return "it is no Parquet file, or it was cut short"
    return text[0][:500] if text else type(error).__name__


def _remove_leftovers(state: Path, *, keep: str | None) -> None:
    """Remove what killed imports left and, once there is a new database, the old one.

    A process that has the old one open keeps it until it closes it.
    """
    current = keep
    if current is None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            text = (state / "catalog.json").read_text(encoding="utf-8")
            current = str(json.loads(text)["database"])
    for path in state.glob("peter-*"):
        if path.name != current:
            _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            for child in path.iterdir():
                child.unlink()
            path.rmdir()
        else:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
