"""A billed job from its insert to its rows, and how it is given up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from peter_core.engine.bigquery.jobs import BilledJob

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, QueryJob, QueryJobConfig

    from peter_core.engine.bigquery.dry_runs import DryRun
    from peter_core.engine.bigquery.pages import Rows
    from peter_core.engine.bigquery.requests import Request
    from peter_core.engine.bigquery.storage import StorageReader
    from peter_core.engine.port import Job

_CANCEL_S = 0.15


class JobRun:
    """One run of a job; ``gone`` is set when nothing more is asked of BigQuery for it."""

    def __init__(
        self,
        request: Request,
        client: Client,
        *,
        id: str,
        location: str | None,
        storage: StorageReader | None,
    ) -> None:
        self.request = request
        self._storage = storage
        self.gone = threading.Event()
        self._billed = BilledJob(client, request, id=id, location=location)

    def go(self, job: Job, planned: DryRun, config: QueryJobConfig) -> tuple[QueryJob, Rows, int]:
        """Everything a job needs, on one thread."""
        self._billed.start(job.statement.text, config)
        done = self._billed.wait()
        rows, total = self._billed.read(
            planned.columns,
            max_rows=job.max_rows,
            max_bytes=job.max_result_bytes,
            storage=self._storage,
        )
        return done, rows, total

    def leave(self) -> None:
        """Cancel what may still run, without making the caller wait for it."""
        self.request.stop()
        if not self._billed.may_run:
            self.gone.set()
            return

        def cancel() -> None:
            try:
                self._billed.cancel()
            finally:
                self.gone.set()

        threading.Thread(target=cancel, name="peter-bigquery-cancel", daemon=True).start()
        self.gone.wait(_CANCEL_S)
