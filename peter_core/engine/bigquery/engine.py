"""BigQuery itself, by its real client."""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from peter_core.engine.bigquery.catalog import Catalog
from peter_core.engine.bigquery.client import make_client, make_read_client
from peter_core.engine.bigquery.dry_runs import DryRun, DryRuns
from peter_core.engine.bigquery.errors import run_error
from peter_core.engine.bigquery.failures import ApiFailure
from peter_core.engine.bigquery.jobs import left_by, new_job_id, stages_of
from peter_core.engine.bigquery.labels import job_labels
from peter_core.engine.bigquery.profile import MOST_COLUMNS, profile_sql, profiles_of
from peter_core.engine.bigquery.queue import JobQueue
from peter_core.engine.bigquery.reach import Reach
from peter_core.engine.bigquery.requests import NO_RETRY
from peter_core.engine.bigquery.runs import JobRun
from peter_core.engine.bigquery.sources import distinct, sources_of
from peter_core.engine.bigquery.storage import StorageReader
from peter_core.engine.port import Estimate, Result, TableInfo
from peter_core.errors import (
    EngineError,
    EngineUnavailable,
    PeterError,
    QueryCancelled,
    SqlError,
)
from peter_core.sql.statement import parse

if TYPE_CHECKING:
    from pathlib import Path

    from google.cloud.bigquery import Client, QueryJob, QueryJobConfig

    from peter_core.engine.bigquery.pages import Rows
    from peter_core.engine.port import CancelToken, ColumnProfile, Job

_CLOSE_S = 2.0
_NEAREST_S = 1.0
_READY_S = 2.0
_READY_FOR_S = 5.0


class BigQueryEngine:
    """An ``Engine`` over a project's BigQuery.

    Every job is preceded by a free dry run of the same text: BigQuery itself must call it a
    ``SELECT`` that reads allowed datasets only. A table elsewhere is allowed where a view of an
    allowed dataset, named by the statement, reads it; whether the view may, BigQuery decides.

    Parameters
    ----------
    project
        Where jobs run and are billed, and the project of table names that give none.
    location
        Where jobs run; ``None`` leaves it to BigQuery, by the tables.
    default_dataset
        The dataset of table names that give none.
    datasets
        The only datasets that may be read, ``dataset`` or ``project.dataset``; ``None`` for all
        of the project's.
    credentials_file
        The key file of a service account; ``None`` for the application-default credentials.
    api_endpoint
        Another address of BigQuery's interface; one without TLS is given no credentials.
    storage_read
        Read large results through the Storage Read API.
    table_ttl_s, dataset_ttl_s
        Seconds that what is known of tables and of datasets counts.
    project_jobs, user_jobs, queue
        Jobs that run at once, those of one user among them, and jobs that may wait.
    user_salt
        The key under which users are hashed into labels.
    client
        A client to use in place of an own one; it is not closed.
    storage_client
        A client of the Storage Read API to use in place of an own one.
    """

    name = "bigquery"

    def __init__(
        self,
        project: str,
        *,
        location: str | None = None,
        default_dataset: str | None = None,
        datasets: frozenset[str] | None = None,
        credentials_file: Path | None = None,
        api_endpoint: str | None = None,
        storage_read: bool = False,
        table_ttl_s: float = 900.0,
        dataset_ttl_s: float = 3600.0,
        project_jobs: int = 20,
        user_jobs: int = 4,
        queue: int = 100,
        user_salt: bytes = b"",
        client: Client | None = None,
        storage_client: Any = None,
    ) -> None:
        self.project = project
        self.location = location or "auto"
        self._own_client = client is None
        self._client = client or make_client(
            project, location=location, credentials_file=credentials_file,
            api_endpoint=api_endpoint, connections=project_jobs + 12,
        )  # fmt: skip
        self._storage: StorageReader | None = None
        if storage_read:
            self._storage = StorageReader(
                project, lambda: make_read_client(credentials_file), client=storage_client
            )
        self._user_salt = user_salt
        self._dry_runs = DryRuns(
            self._client,
            location=location,
            default_dataset=f"{project}.{default_dataset}" if default_dataset else None,
            allowed=self._allows,
        )
        self._reach = Reach(self._dry_runs.probe)
        self._catalog = Catalog(
            self._client, self._reach, project=project, default_dataset=default_dataset,
            datasets=datasets, table_ttl_s=table_ttl_s, dataset_ttl_s=dataset_ttl_s,
        )  # fmt: skip
        self._queue = JobQueue(project_jobs=project_jobs, user_jobs=user_jobs, waiting=queue)
        self._running: weakref.WeakSet[JobRun] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        self._ready_until = 0.0

    def tables(self) -> tuple[TableInfo, ...]:
        """Every table of the allowed datasets, by name.

        In a warehouse of more than sixty tables those that were not looked at yet come without
        columns, sizes and ages: ``table`` tells them.
        """
        return self._catalog.tables()

    def table(self, name: str) -> TableInfo:
        """The table of a one, two or three part name.

        Raises
        ------
        TableNotFound
            With the nearest names.
        EngineError
            BigQuery cannot be asked, and the table was never seen.
        """
        return self._catalog.table(name)

    def refresh(self, name: str) -> TableInfo:
        """The table as it is now: one free call, for a view one more for each table under it.

        Raises
        ------
        TableNotFound, EngineError
        """
        return self._catalog.table(name, renew=True)

    def dry_run(self, job: Job) -> Estimate:
        """What the job would read, by BigQuery's own dry run, which is free.

        Raises
        ------
        SqlError, SqlRefused, QueryTimeout, EngineError
        """
        self._check_open()
        deadline = time.monotonic() + job.timeout_s
        made = self._dry_run(job, deadline, None)
        tables = sources_of(self._catalog, job, deadline)
        if any(name not in tables for name in job.statement.tables):
            raise EngineUnavailable(
                "BigQuery did not tell of the statement's tables in time.",
                hint="Try again in a few seconds.",
            )
        return Estimate(
            bytes=made.bytes,
            billed_bytes=made.billed_bytes,
            # Of these the dry run tells a bound: clustering may spare blocks of the table, and
            # the size of external data is not known.
            exact=not any(info.clustering or info.kind == "external" for info in tables.values()),
            tables=distinct(tables),
            columns=made.columns,
        )

    def run(self, job: Job, cancel: CancelToken | None = None) -> Result:
        """Run the job: exactly one billed job of BigQuery, cancelled when nobody waits any more.

        Raises
        ------
        SqlError, SqlRefused, BytesCapExceeded, QueryFailed, QueryTimeout, QueryCancelled,
        TableNotFound, EngineUnavailable, Overloaded
        """
        return self._result(job, cancel)

    def profile(
        self, result: Result, job: Job, cancel: CancelToken | None = None
    ) -> tuple[ColumnProfile, ...] | None:
        """Statistics over every row of a truncated result, by a query on what the job left.

        ``None`` when the result is whole, is kept by BigQuery no more, or would cost more than
        the job's cap.

        Raises
        ------
        QueryCancelled
        """
        if not result.truncated or result.job_id is None or len(result.columns) > MOST_COLUMNS:
            return None
        try:
            asked = self._profile_job(result, job, cancel)
            if asked is None:
                return None
            answer = self._result(asked[0], cancel, left=asked[1])
        except QueryCancelled:
            raise
        except (PeterError, ApiFailure):
            return None
        rows = answer.table.to_pylist()
        return profiles_of(rows[0], result.columns) if rows else None

    def ready(self) -> dict[str, Any]:
        """Jobs that run and wait, after a free call has shown that BigQuery answers.

        Raises
        ------
        EngineUnavailable
        """
        self._check_open()
        if time.monotonic() >= self._ready_until:
            self._ask_ready()
            self._ready_until = time.monotonic() + _READY_FOR_S
        return {
            "engine": self.name,
            "project": self.project,
            "location": self.location,
            **self._queue.facts(),
        }

    def close(self) -> None:
        """Cancel what runs, which ends with ``EngineUnavailable``, and take no more."""
        self._closed = True
        self._reach.close()
        self._queue.close()
        with self._lock:
            running = list(self._running)
        for run in running:
            run.request.close()
        end = time.monotonic() + _CLOSE_S
        for run in running:
            run.gone.wait(max(0.0, end - time.monotonic()))
        if self._storage is not None:
            self._storage.close()
        if self._own_client:
            self._client.close()  # type: ignore[no-untyped-call]

    def _result(self, job: Job, cancel: CancelToken | None, *, left: str | None = None) -> Result:
        self._check_open()
        began = time.monotonic()
        deadline = began + job.timeout_s
        if cancel is not None:
            cancel.raise_if_cancelled()
        planned = self._dry_run(job, deadline, cancel, left=left)
        tables = sources_of(self._catalog, job, deadline, cancel) if left is None else {}
        with self._queue.turn(job.user, deadline, cancel):
            done, rows, total = self._run(job, planned, deadline, cancel)
        table = rows.table()
        return Result(
            table=table,
            columns=rows.columns,
            row_count=total,
            truncated=table.num_rows < total,
            bytes_scanned=int(done.total_bytes_processed or 0),
            bytes_billed=int(done.total_bytes_billed or 0),
            duration_ms=(time.monotonic() - began) * 1000,
            job_id=done.job_id,
            tables=distinct(tables),
            slot_ms=None if done.slot_millis is None else int(done.slot_millis),
            stages=stages_of(done),
            engine_cache_hit=bool(done.cache_hit),
        )

    def _dry_run(
        self, job: Job, deadline: float, cancel: CancelToken | None, *, left: str | None = None
    ) -> DryRun:
        """``left`` is the table of an earlier result, which the job may read beside the others."""
        recent = self._dry_runs.recent(job, left=left)
        if recent is not None:
            return recent
        request = self._reach.request(deadline)
        try:
            return request.run(lambda: self._dry_runs.ask(request, job, left=left), cancel)
        except SqlError as error:
            raise self._with_nearest(error, deadline) from error

    def _with_nearest(self, error: SqlError, deadline: float) -> SqlError:
        request = self._reach.request(min(deadline, time.monotonic() + _NEAREST_S))
        try:
            return request.run(lambda: self._catalog.with_nearest(error, request.remaining()))
        except EngineError:
            return error

    def _profile_job(
        self, result: Result, job: Job, cancel: CancelToken | None
    ) -> tuple[Job, str] | None:
        """The job that profiles a result, and the result's table; ``None`` over the cap."""
        request = self._reach.request(time.monotonic() + job.timeout_s)
        known = self._dry_runs.recent(job)
        location = known.location if known is not None else None
        left = request.run(
            lambda: left_by(self._client, request, str(result.job_id), location), cancel
        )
        if left is None:
            return None
        statement = parse(profile_sql(left, result.columns))
        asked = replace(job, statement=statement, parameters=(), max_rows=1)
        planned = self._dry_run(asked, request.deadline, cancel, left=left)
        return (asked, left) if planned.billed_bytes <= job.max_bytes else None

    def _run(
        self, job: Job, planned: DryRun, deadline: float, cancel: CancelToken | None
    ) -> tuple[QueryJob, Rows, int]:
        run = JobRun(
            self._reach.request(deadline),
            self._client,
            id=new_job_id(job.statement.fingerprint),
            location=planned.location,
            storage=self._storage,
        )
        with self._lock:
            self._check_open()
            self._running.add(run)
        config = self._config(job, run.request.remaining())
        try:
            return run.request.run(lambda: run.go(job, planned, config), cancel)
        except ApiFailure as error:
            raise run_error(
                error.failure, max_bytes=job.max_bytes, timeout_s=job.timeout_s
            ) from error
        finally:
            run.leave()

    def _config(self, job: Job, seconds: float) -> QueryJobConfig:
        config = self._dry_runs.config(job)
        config.maximum_bytes_billed = job.max_bytes
        config.job_timeout_ms = max(1, int(seconds * 1000))
        config.use_query_cache = True
        config.labels = job_labels(job.labels, user=job.user, salt=self._user_salt)
        return config

    def _allows(self, table: str, job: Job) -> bool:
        """By its dataset, or by a view of an allowed dataset that the statement names."""
        return self._catalog.allows_name(table) or any(
            self._catalog.allows_name(name)
            and any(below.id == table for below in self._catalog.under(name))
            for name in job.statement.tables
        )

    def _ask_ready(self) -> None:
        try:
            self._catalog.ask(
                lambda timeout: next(
                    iter(
                        self._client.list_datasets(
                            self.project, max_results=1, retry=NO_RETRY, timeout=timeout
                        )
                    ),
                    None,
                ),
                _READY_S,
            )
        except EngineUnavailable:
            raise
        except PeterError as error:
            raise EngineUnavailable(error.message, hint=error.hint) from error

    def _check_open(self) -> None:
        if self._closed:
            raise EngineUnavailable("The engine is closed.")
