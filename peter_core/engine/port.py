"""What Peter asks of an engine, and what it answers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from peter_core.errors import QueryCancelled

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    from peter_core.sql.parameters import Parameter
    from peter_core.sql.statement import Statement

Mode = Literal["NULLABLE", "REQUIRED", "REPEATED"]
TableKind = Literal["table", "view", "materialized_view", "external", "snapshot"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column as BigQuery would describe it: ``type`` is a standard SQL type, upper case.

    A repeated column has the element's type and mode ``REPEATED``; a struct is spelled out,
    ``STRUCT<a INT64, b STRING>``.
    """

    name: str
    type: str
    mode: Mode = "NULLABLE"


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What free metadata says of a table.

    ``id`` is ``project.dataset.table``. ``column_bytes`` is the logical size of each column, by
    BigQuery's data-size rules. ``updated_at`` is UTC: of a view, when it or a table under it last
    changed; ``None`` when it cannot be told (a streaming buffer, an external table, a wildcard).
    ``view_sql`` is the query of a view and ``sources`` the tables under it, down to real ones.
    """

    id: str
    columns: tuple[Column, ...]
    rows: int | None = None
    bytes: int | None = None
    updated_at: dt.datetime | None = None
    column_bytes: dict[str, int] | None = None
    partition_column: str | None = None
    kind: TableKind = "table"
    clustering: tuple[str, ...] = ()
    view_sql: str | None = None
    sources: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, str]:
        """Column name to BigQuery type, ``ARRAY<...>`` for repeated columns."""
        return {c.name: f"ARRAY<{c.type}>" if c.mode == "REPEATED" else c.type
                for c in self.columns}  # fmt: skip


def view_queries(tables: Iterable[TableInfo]) -> dict[str, str]:
    """The queries of the views among tables, by id."""
    return {table.id: table.view_sql for table in tables if table.view_sql is not None}


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Statistics of one result column; values are plain JSON values, ``None`` where undefined."""

    name: str
    nulls: int
    distinct: int
    min: object = None
    max: object = None
    mean: float | None = None
    top: tuple[tuple[object, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a job's query plan; rows are counts, ``slot_ms`` is slot time."""

    name: str
    status: str
    rows_read: int
    rows_written: int
    slot_ms: int
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a statement would read, before it runs.

    ``bytes`` is what is scanned; ``billed_bytes`` adds BigQuery's minimum of 10 MB a table and
    its rounding; ``exact`` is whether the engine promises the figure (BigQuery's dry run does;
    the embedded engine computes it from column sizes).
    """

    bytes: int
    billed_bytes: int
    exact: bool
    tables: tuple[TableInfo, ...]
    columns: tuple[Column, ...]


class CancelToken:
    """One caller's wish to stop; an engine hangs its own stop on it.

    Safe from any thread. ``cancel`` runs each callback once.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask to stop."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Run ``callback`` at cancel, now if it is too late; returns how to take it back."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def raise_if_cancelled(self) -> None:
        """Raise ``QueryCancelled`` when somebody asked to stop."""
        if self.cancelled:
            raise QueryCancelled("The query was cancelled.")

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one guarded statement.

    ``max_bytes`` caps the billed bytes, ``timeout_s`` the seconds, ``max_rows`` the rows and
    ``max_result_bytes`` the bytes kept of the result (more are counted, not kept). ``user`` is
    who asked, for limits a user; only its hash leaves Peter, as a label.
    """

    statement: Statement
    parameters: tuple[Parameter, ...] = ()
    max_bytes: int = 10**9
    timeout_s: float = 60.0
    max_rows: int = 100_000
    max_result_bytes: int = 256 * 2**20
    user: str = ""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What a job gave.

    ``table`` holds at most ``max_rows`` rows, ``row_count`` all of them. ``bytes_billed`` is zero
    on the embedded engine, ``slot_ms`` the slot time of a BigQuery job. ``engine_cache_hit`` is
    whether BigQuery answered from its own cache, which bills nothing.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    row_count: int
    truncated: bool
    bytes_scanned: int
    bytes_billed: int
    duration_ms: float
    job_id: str | None = None
    tables: tuple[TableInfo, ...] = ()
    slot_ms: int | None = None
    stages: tuple[Stage, ...] = ()
    engine_cache_hit: bool = False


class Engine(Protocol):
    """Runs guarded statements. Every method may be called from any thread."""

    name: str
    """``duckdb`` or ``bigquery``."""
    project: str
    """The project of table names that give none."""
    location: str
    """Where jobs run: a BigQuery location, or ``local``."""

    def tables(self) -> tuple[TableInfo, ...]:
        """Every table the engine may read."""
        ...

    def table(self, name: str) -> TableInfo:
        """The table of a one, two or three part name.

        Raises
        ------
        TableNotFound
            With the nearest names as a hint.
        """
        ...

    def dry_run(self, job: Job) -> Estimate:
        """What the job would read, and its columns, without running it.

        Raises
        ------
        SqlError
            A table or column does not exist, or types do not fit; with problems.
        """
        ...

    def run(self, job: Job, cancel: CancelToken | None = None) -> Result:
        """Run the job.

        Raises
        ------
        BytesCapExceeded, QueryFailed, QueryTimeout, QueryCancelled, EngineUnavailable, Overloaded
        """
        ...

    def profile(
        self, result: Result, job: Job, cancel: CancelToken | None = None
    ) -> tuple[ColumnProfile, ...] | None:
        """Statistics over every row of a truncated result, under the job's cap.

        ``None`` where the engine keeps no more of a result than it gave.
        """
        ...

    def ready(self) -> dict[str, Any]:
        """Facts for a readiness probe; raises ``EngineUnavailable`` when it cannot serve."""
        ...

    def close(self) -> None:
        """Stop every worker and connection."""
        ...
