"""BigQuery's SQL over a folder of files, run by DuckDB in child processes."""

from __future__ import annotations

import difflib
import os
import threading
import time
import weakref
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from peter_core.billing import MINIMUM_BYTES, billed_bytes, bytes_text
from peter_core.engine import duckdb_errors
from peter_core.engine.arrow_columns import typed_columns
from peter_core.engine.binding import Binder
from peter_core.engine.folder_database import FolderDatabase
from peter_core.engine.port import Estimate, Result
from peter_core.engine.worker_parameters import parameters_to_wire
from peter_core.engine.worker_pool import WorkerCrashError, WorkerPool
from peter_core.engine.worker_process import WorkerError, WorkerStartError
from peter_core.errors import BytesCapExceeded, SqlError, TableNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from peter_core.dashboard.problems import Problem
    from peter_core.engine.folder_catalog import Catalog, Unreadable
    from peter_core.engine.port import CancelToken, Column, Job, TableInfo
    from peter_core.engine.worker_process import Answer
    from peter_core.sql.statement import Statement

_PREPARED_KEPT = 512
_NAMED = 5
"""Tables that are named where none is near what was written."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """One state of the folder: its database and what it holds, by ``project.dataset.table``."""

    catalog: Catalog
    infos: dict[str, TableInfo]
    unreadable: dict[str, Unreadable]
    schema: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement checked and priced against one state of the folder, and its translation."""

    sql: str
    estimate: Estimate


class DuckDBEngine:
    """An ``Engine`` over ``<folder>/data/<dataset>/<table>.{parquet,csv,tsv,json,ndjson,jsonl}``.

    Parameters
    ----------
    folder
        The workspace; ``.peter/engine`` in it holds the imported database.
    project
        The project of table names that give none.
    default_dataset
        The dataset of table names that give none; without it they are refused, as in BigQuery.
    memory_limit_bytes
        Memory of one query; one that needs more fails.
    workers
        Queries that run at the same time; others wait their turn.
    """

    name = "duckdb"
    location = "local"

    def __init__(
        self,
        folder: Path,
        *,
        project: str = "local",
        default_dataset: str | None = None,
        memory_limit_bytes: int = 1 << 30,
        workers: int = 2,
    ) -> None:
        self.project = project
        self._default_dataset = default_dataset
        self._memory_limit_bytes = memory_limit_bytes
        self._database = FolderDatabase(folder.absolute())
        self._pool = WorkerPool(
            workers=workers,
            memory_limit_bytes=memory_limit_bytes,
            threads=max(1, min(4, os.cpu_count() or 1)),
        )
        self.binder = Binder(self._pool, lambda: self._database.path(self._tables().catalog))
        """Binds statements in this engine's workers."""
        self._known: _Tables | None = None
        self._prepared: OrderedDict[tuple[object, ...], _Prepared] = OrderedDict()
        self._lock = threading.Lock()
        _ENGINES.add(self)

    def tables(self) -> tuple[TableInfo, ...]:
        """Every table that could be read: those of the default dataset, then all others, by name.

        A name without a dataset means the first table that has it.
        """
        return tuple(self._tables().infos.values())

    def table(self, name: str) -> TableInfo:
        """The table of a one, two or three part name.

        Raises
        ------
        TableNotFound
            With the nearest names, or with why the table's file could not be read.
        """
        tables = self._tables()
        ids = self._resolve(name, tables.infos)
        if len(ids) == 1:
            return tables.infos[ids[0]]
        if ids:
            raise TableNotFound(
                f"More than one table is called {name}: {', '.join(ids)}.",
                hint="Name the dataset too.",
            )
        for id in self._resolve(name, tables.unreadable):
            message, hint = _cannot_be_read(id, tables.unreadable[id])
            raise TableNotFound(message, hint=hint)
        short = {id.removeprefix(f"{self.project}."): id for id in tables.infos}
        near = difflib.get_close_matches(
            name.removeprefix(f"{self.project}."), short, n=3, cutoff=0.75
        )
        raise TableNotFound(
            f"There is no table called {name}.",
            hint=f"Did you mean {' or '.join(near)}?" if near else None,
        )

    def dry_run(self, job: Job) -> Estimate:
        """What the job would read, from the sizes of the columns it names; nothing runs.

        Raises
        ------
        SqlError
            With problems, when the statement does not fit the tables.
        """
        tables = self._tables()
        self._pool.warm(self._database.path(tables.catalog))
        return self._prepare(job, tables).estimate

    def run(self, job: Job, cancel: CancelToken | None = None) -> Result:
        """Run the job in a worker process, which is killed at the deadline.

        Raises
        ------
        SqlError, BytesCapExceeded, QueryFailed, QueryTimeout, QueryCancelled, EngineUnavailable
        """
        started = time.monotonic()
        deadline = started + job.timeout_s
        if cancel is not None:
            cancel.raise_if_cancelled()
        tables = self._tables(deadline, cancel)
        prepared = self._prepare(job, tables)
        _hold_cap(prepared.estimate, job.max_bytes)
        try:
            answer = self._execute(prepared, job, tables, deadline, cancel)
        except WorkerStartError as error:
            self._give_up(tables, str(error))
            tables = self._tables(deadline, cancel)
            prepared = self._prepare(job, tables)
            answer = self._execute_again(prepared, job, tables, deadline, cancel)
        table, columns = typed_columns(answer.table, prepared.estimate.columns, answer.types)
        return Result(
            table=table,
            columns=columns,
            row_count=answer.row_count,
            truncated=answer.truncated,
            bytes_scanned=prepared.estimate.bytes,
            bytes_billed=0,
            duration_ms=(time.monotonic() - started) * 1000,
            tables=prepared.estimate.tables,
        )

    def profile(self, result: Result, job: Job, cancel: CancelToken | None = None) -> None:
        """The worker keeps nothing of a result it has given: always ``None``."""

    def ready(self) -> dict[str, Any]:
        """How many tables there are, which files could not be read, and what the workers do."""
        tables = self._tables()
        self._pool.warm(self._database.path(tables.catalog))
        return {
            "engine": self.name,
            "tables": len(tables.infos),
            "unreadable": {
                id: duckdb_errors.plain(bad.reason) for id, bad in tables.unreadable.items()
            },
            **self._pool.facts(),
        }

    def close(self) -> None:
        """End every child process; what runs ends with ``EngineUnavailable``."""
        self._pool.close()
        self._database.close()

    def _tables(self, deadline: float | None = None, cancel: CancelToken | None = None) -> _Tables:
        catalog = self._database.current(deadline, cancel)
        known = self._known
        if known is None or known.catalog is not catalog:
            infos = [table.info(self.project) for table in catalog.tables]
            infos.sort(key=lambda info: (not self._is_default(info.id), info.id))
            known = self._known = _Tables(
                catalog=catalog,
                infos={info.id: info for info in infos},
                unreadable={f"{self.project}.{u.source.name}": u for u in catalog.unreadable},
                schema={info.id: info.schema for info in infos},
            )
        return known

    def _is_default(self, id: str) -> bool:
        return id.startswith(f"{self.project}.{self._default_dataset}.")

    def _resolve(self, name: str, ids: dict[str, Any]) -> list[str]:
        parts = name.replace("`", "").split(".")
        if len(parts) == 1 and self._default_dataset is not None:
            parts.insert(0, self._default_dataset)
        if len(parts) == 1:
            return [id for id in ids if id.rpartition(".")[2] == parts[0]]
        full = ".".join(parts) if len(parts) > 2 else f"{self.project}.{'.'.join(parts)}"
        return [full] if full in ids else []

    def _prepare(self, job: Job, tables: _Tables) -> _Prepared:
        types = tuple((p.name, p.type) for p in job.parameters)
        key = (tables.catalog.database, job.statement.text, types)
        with self._lock:
            found = self._prepared.get(key)
            if found is not None:
                self._prepared.move_to_end(key)
                return found
        made = self._translate(job, tables)
        with self._lock:
            self._prepared[key] = made
            while len(self._prepared) > _PREPARED_KEPT:
                self._prepared.popitem(last=False)
        return made

    def _translate(self, job: Job, tables: _Tables) -> _Prepared:
        from peter_core.engine.bare_names import bare_names
        from peter_core.sql.checking import check_sql
        from peter_core.sql.columns import used_columns
        from peter_core.sql.dialect import to_duckdb

        statement, parameters = job.statement, job.parameters
        declared = {parameter.name: parameter.type for parameter in parameters}
        problems = check_sql(statement.text, schema=tables.schema, parameters=declared)
        self._stop_at(statement, problems, tables)
        bare = bare_names(statement, tables.infos, self._is_default, self._default_dataset)
        self._stop_at(statement, bare, tables)
        translation = to_duckdb(statement, schema=tables.schema, parameters=parameters)
        self._stop_at(statement, translation.problems, tables)
        used = used_columns(statement, tables.schema)
        # Whoever looks for a bare name among the tables finds the default dataset's first.
        used = {id: used[id] for id in sorted(used, key=lambda id: not self._is_default(id))}
        return _Prepared(translation.sql, _estimate(used, translation.columns, tables))

    def _stop_at(self, statement: Statement, problems: Sequence[Problem], tables: _Tables) -> None:
        errors = [problem for problem in problems if problem.is_error]
        if not errors:
            return
        told = tuple(self._with_reason(statement, problem, tables) for problem in errors)
        raise SqlError(told[0].message, hint=told[0].hint, problems=told)

    def _with_reason(self, statement: Statement, problem: Problem, tables: _Tables) -> Problem:
        """An unknown table says why its file could not be read, else which tables there are."""
        if problem.rule != "unknown-table":
            return problem
        for name in statement.tables:
            for id in self._resolve(name, tables.unreadable):
                if name in problem.message or id in problem.message:
                    message, hint = _cannot_be_read(id, tables.unreadable[id])
                    return replace(problem, message=message, hint=hint)
        return replace(problem, hint=problem.hint or self._tables_there(tables))

    def _tables_there(self, tables: _Tables) -> str:
        if not tables.infos:
            return "There are no tables; they belong in data/<dataset>/<table>.parquet or .csv."
        names = [f"`{id.removeprefix(f'{self.project}.')}`" for id in tables.infos]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"Tables that are there: {', '.join(names[:_NAMED])}{more}."

    def _execute(
        self,
        prepared: _Prepared,
        job: Job,
        tables: _Tables,
        deadline: float,
        cancel: CancelToken | None,
    ) -> Answer:
        try:
            return self._pool.execute(
                prepared.sql,
                database=self._database.path(tables.catalog),
                deadline=deadline,
                parameters=parameters_to_wire(job.parameters),
                max_rows=job.max_rows,
                cancel=cancel,
            )
        except WorkerError as error:
            limit = self._memory_limit_bytes
            raise duckdb_errors.statement_error(error, memory_limit_bytes=limit) from None
        except WorkerCrashError as crash:
            limit = self._memory_limit_bytes
            raise duckdb_errors.crash_error(crash, memory_limit_bytes=limit) from None

    def _give_up(self, tables: _Tables, complaint: str) -> None:
        """Another process replaced the database meanwhile, or it is damaged."""
        if duckdb_errors.is_damage(complaint):
            self._database.discard(tables.catalog)
        else:
            self._database.forget()

    def _execute_again(
        self,
        prepared: _Prepared,
        job: Job,
        tables: _Tables,
        deadline: float,
        cancel: CancelToken | None,
    ) -> Answer:
        try:
            return self._execute(prepared, job, tables, deadline, cancel)
        except WorkerStartError as error:
            raise duckdb_errors.start_error(str(error)) from error


def _estimate(
    used: dict[str, frozenset[str]], columns: tuple[Column, ...], tables: _Tables
) -> Estimate:
    read = {}
    for id, names in used.items():
        sizes = tables.infos[id].column_bytes or {}
        wanted = {name.casefold() for name in names}
        read[id] = sum(size for name, size in sizes.items() if name.casefold() in wanted)
    return Estimate(
        bytes=sum(read.values()),
        billed_bytes=billed_bytes(read),
        exact=False,
        tables=tuple(tables.infos[id] for id in used),
        columns=columns,
    )


def _hold_cap(estimate: Estimate, max_bytes: int) -> None:
    if estimate.billed_bytes <= max_bytes:
        return
    raise BytesCapExceeded(
        f"The query would bill {bytes_text(estimate.billed_bytes)}, and its cap is "
        f"{bytes_text(max_bytes)}.",
        hint="Name fewer columns or raise the cap; BigQuery bills at least "
        f"{bytes_text(MINIMUM_BYTES)} for each table it reads.",
    )


def _cannot_be_read(id: str, bad: Unreadable) -> tuple[str, str]:
    reason = duckdb_errors.plain(bad.reason)
    return (
        f"The table {id} cannot be used, because data/{bad.source.path} could not be read: "
        f"{reason}",
        "Mend or remove the file; the other tables are not affected.",
    )


_ENGINES: weakref.WeakSet[DuckDBEngine] = weakref.WeakSet()


def _free_locks() -> None:
    for engine in list(_ENGINES):
        engine._lock = threading.Lock()


os.register_at_fork(after_in_child=_free_locks)
