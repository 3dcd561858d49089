"""One billed job: inserted once whatever happens, awaited, read, cancelled once."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from peter_core.engine.bigquery.failures import ApiFailure, Failure, failure_of, job_failure
from peter_core.engine.bigquery.pages import FIRST_ROWS, Rows, page_rows
from peter_core.engine.bigquery.requests import CALL_S, NO_RETRY
from peter_core.engine.bigquery.types import columns_of
from peter_core.engine.port import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.cloud.bigquery import Client, QueryJob, QueryJobConfig

    from peter_core.engine.bigquery.requests import Request
    from peter_core.engine.bigquery.storage import StorageReader
    from peter_core.engine.port import Column

T = TypeVar("T")

LOST_S = 3.0
"""Seconds a job may be unknown to BigQuery after it was accepted."""
_LOST_PAUSE_S = 0.15
_CANCEL_S = 5.0
_SOONEST_S = 0.05
_LATEST_S = 1.0


def new_job_id(fingerprint: str) -> str:
    """An id that no other run has, and that tells the statement."""
    return f"peter_{fingerprint[:16]}_{secrets.token_hex(12)}"


class BilledJob:
    """A job under one id.

    An insert whose outcome is unknown is tried again with the same id, so that BigQuery itself
    refuses a second job; the first one is then adopted.
    """

    def __init__(self, client: Client, request: Request, *, id: str, location: str | None) -> None:
        self.id = id
        self.location = location
        self._client = client
        self._request = request
        self._job: QueryJob | None = None
        self._begun = False
        self._cancelled = False
        self._cancelling = threading.Lock()

    @property
    def may_run(self) -> bool:
        """Whether BigQuery may be running it."""
        return self._begun and (self._job is None or self._job.state != "DONE")

    def start(self, sql: str, config: QueryJobConfig) -> None:
        """Insert the job.

        Raises
        ------
        ApiFailure, WorkStopped
        """

        def insert(timeout: float) -> QueryJob:
            return self._client.query(
                sql, job_config=config, job_id=self.id, location=self.location,
                retry=NO_RETRY, job_retry=None, timeout=timeout,
            )  # fmt: skip

        self._request.insist()
        self._begun = True
        try:
            self._job = self._request.call(insert)
        except ApiFailure as error:
            if error.failure.reason != "duplicate":
                self._begun = error.failure.retryable  # a refusal leaves no job behind
                raise
            self._job = self._adopt()
        self.location = self._job.location or self.location
        if self._request.stopped:
            # The cancel of whoever stopped waiting may have come before the job.
            self.cancel()

    def wait(self) -> QueryJob:
        """The job, done.

        Raises
        ------
        ApiFailure, WorkStopped
        """
        job = self._started()
        began = time.monotonic()
        while job.state != "DONE":
            pause = 0.1 * (time.monotonic() - began)
            self._request.pause(min(max(pause, _SOONEST_S), _LATEST_S))
            self._known(lambda timeout: job.reload(retry=NO_RETRY, timeout=timeout))
        if job.error_result:
            raise ApiFailure(job_failure(dict(job.error_result)))
        return job

    def _first_page(self, job: QueryJob, size: int) -> tuple[Any, list[Any]]:
        """The result's iterator, with its schema and true row count, and its first rows."""

        def read() -> tuple[Any, list[Any]]:
            found = job.result(page_size=size, retry=NO_RETRY, job_retry=None, timeout=CALL_S)
            if not found.total_rows:
                return found, []
            page = next(iter(found.pages), None)
            return found, list(page.raw_page.get("rows", ())) if page is not None else []

        # The client gives this call two minutes, whatever it is told.
        return self._request.call(lambda _: self._request.held(read))

    def read(
        self,
        columns: Sequence[Column],
        *,
        max_rows: int,
        max_bytes: int,
        storage: StorageReader | None = None,
    ) -> tuple[Rows, int]:
        """The rows up to the caps, and how many there are; a failed page is asked for again.

        ``columns`` are what the dry run promised; what the job gave holds. More than one page
        comes from ``storage``, where it is given and works.

        Raises
        ------
        ApiFailure, WorkStopped, QueryFailed
        """
        from google.cloud.bigquery import Table

        job = self._started()
        size = max(1, min(page_rows(len(columns)), max_rows, FIRST_ROWS))
        found, first = self._first_page(job, size)
        given = columns_of(found.schema or ()) or columns
        rows = Rows(given, max_rows=max_rows, max_bytes=max_bytes)
        rows.add_page(first)
        del first
        total = int(found.total_rows or 0)
        table = Table(job.destination, schema=found.schema) if job.destination else None
        if storage is not None and table is not None and not rows.full and rows.read < total:
            whole = storage.read(
                self._request, table.reference, given, max_rows=max_rows, max_bytes=max_bytes
            )
            rows = whole or rows
        while not rows.full and rows.read < total and table is not None:
            page = self._request.call(lambda timeout: self._page(table, rows, timeout))
            if not page:
                raise ApiFailure(Failure("transport"))
            rows.add_page(page)
        return rows, total

    def cancel(self) -> None:
        """Ask BigQuery to stop the job, once; says nothing when that cannot be done."""
        with self._cancelling:
            if self._cancelled or not self.may_run:
                return
            for attempt in range(3):
                if self._ask_to_cancel():
                    return
                time.sleep(0.1 * 2**attempt)

    def _ask_to_cancel(self) -> bool:
        """Whether another try would be idle."""
        try:
            self._client.cancel_job(
                self.id, location=self.location, retry=NO_RETRY, timeout=_CANCEL_S
            )
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            return not failure.retryable
        self._cancelled = True
        return True

    def _page(self, table: Any, rows: Rows, timeout: float) -> list[dict[str, Any]]:
        found = self._client.list_rows(
            table, start_index=rows.read, page_size=rows.page_rows, retry=NO_RETRY, timeout=timeout
        )
        page = next(iter(found.pages), None)
        return list(page.raw_page.get("rows", ())) if page is not None else []

    def _adopt(self) -> QueryJob:
        """The job that an earlier try of the insert made."""
        return self._known(self._get)

    def _get(self, timeout: float) -> QueryJob:
        from google.cloud.bigquery import QueryJob

        found = self._client.get_job(
            self.id, location=self.location, retry=NO_RETRY, timeout=timeout
        )
        if not isinstance(found, QueryJob):
            raise ApiFailure(Failure("jobLost"))
        return found

    def _known(self, ask: Callable[[float], T]) -> T:
        """A call about the job, made again while BigQuery does not know the job yet."""
        until: float | None = None
        while True:
            try:
                return self._request.call(ask)
            except ApiFailure as error:
                if error.failure.reason != "notFound":
                    raise
                now = time.monotonic()
                until = until or now + min(LOST_S, self._request.remaining() / 2)
                if now >= until:
                    raise ApiFailure(Failure("jobLost")) from error
            self._request.pause(_LOST_PAUSE_S)

    def _started(self) -> QueryJob:
        if self._job is None:
            raise RuntimeError("the job was not started")
        return self._job


def left_by(client: Client, request: Request, id: str, location: str | None) -> str | None:
    """The table in which BigQuery keeps a job's result for a day, ``None`` when it is not told.

    Raises
    ------
    ApiFailure, WorkStopped
    """
    job = request.call(
        lambda timeout: client.get_job(id, location=location, retry=NO_RETRY, timeout=timeout)
    )
    table = getattr(job, "destination", None)
    return f"{table.project}.{table.dataset_id}.{table.table_id}" if table is not None else None


def stages_of(job: QueryJob) -> tuple[Stage, ...]:
    """The stages of a finished job's query plan."""
    return tuple(
        Stage(
            name=str(entry.name or ""),
            status=str(entry.status or ""),
            rows_read=int(entry.records_read or 0),
            rows_written=int(entry.records_written or 0),
            slot_ms=int(entry.slot_ms or 0),
            steps=tuple(
                f"{step.kind} {', '.join(step.substeps or ())}".strip() for step in entry.steps
            ),
        )
        for entry in job.query_plan or ()
    )
