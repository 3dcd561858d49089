"""What BigQuery says of a statement before it runs, asked once for a while."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.billing import MINIMUM_BYTES, billed_bytes
from peter_core.engine.bigquery.errors import dry_run_error
from peter_core.engine.bigquery.failures import ApiFailure
from peter_core.engine.bigquery.parameters import query_parameters
from peter_core.engine.bigquery.requests import NO_RETRY
from peter_core.engine.bigquery.types import columns_of
from peter_core.errors import SqlRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.cloud.bigquery import Client, QueryJob, QueryJobConfig

    from peter_core.engine.bigquery.requests import Request
    from peter_core.engine.port import Column, Job

KEPT = 512
FRESH_S = 300.0
"""Seconds a dry run counts for the same text and parameters."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """BigQuery's own reading of a statement.

    ``tables`` are the ``project.dataset.table`` it will read, tables under views among them.
    """

    bytes: int
    billed_bytes: int
    columns: tuple[Column, ...]
    tables: tuple[str, ...]
    location: str | None
    at: float


class DryRuns:
    """The last dry runs; safe from any thread.

    Parameters
    ----------
    default_dataset
        ``project.dataset`` of table names that give none.
    allowed
        Whether a table may be read by a job.
    """

    def __init__(
        self,
        client: Client,
        *,
        location: str | None,
        default_dataset: str | None,
        allowed: Callable[[str, Job], bool],
    ) -> None:
        self._client = client
        self._location = location
        self._default_dataset = default_dataset
        self._allowed = allowed
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], DryRun] = OrderedDict()

    def recent(self, job: Job, *, left: str | None = None) -> DryRun | None:
        """The dry run of the same text and parameters, when it was made just now."""
        key = _key(job, left)
        with self._lock:
            found = self._kept.get(key)
            if found is None or time.monotonic() - found.at > FRESH_S:
                return None
            self._kept.move_to_end(key)
            return found

    def ask(self, request: Request, job: Job, *, left: str | None = None) -> DryRun:
        """The dry run of the job's own text; free, and nothing runs.

        ``left`` is the table of an earlier result, allowed beside the allowed datasets.

        Raises
        ------
        SqlError
            BigQuery does not accept the statement; with its place.
        SqlRefused
            It is no ``SELECT``, or reads outside the allowed datasets.
        EngineError, WorkStopped
        """
        text = job.statement.text
        config = self.config(job)
        config.dry_run = True
        # A dry run that may use the cache says zero bytes where the cache would answer.
        config.use_query_cache = False
        try:
            answer = request.call(
                lambda timeout: self._client.query(
                    text, job_config=config, location=self._location,
                    retry=NO_RETRY, job_retry=None, timeout=timeout,
                )
            )  # fmt: skip
        except ApiFailure as error:
            raise dry_run_error(error.failure, text) from error
        made = _read(answer)
        self._hold(answer.statement_type, made, job, left)
        with self._lock:
            self._kept[_key(job, left)] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def probe(self, timeout: float) -> None:
        """Ask for the dry run of a statement without tables, which takes what any query takes."""
        from google.cloud.bigquery import QueryJobConfig

        self._client.query(
            "SELECT 1", job_config=QueryJobConfig(dry_run=True, use_legacy_sql=False),
            location=self._location, retry=NO_RETRY, job_retry=None, timeout=timeout,
        )  # fmt: skip

    def config(self, job: Job) -> QueryJobConfig:
        """What a dry run and a run of a job have in common: its dialect, names and parameters."""
        from google.cloud.bigquery import QueryJobConfig

        config = QueryJobConfig()
        config.use_legacy_sql = False
        config.query_parameters = query_parameters(job.parameters)
        if self._default_dataset is not None:
            config.default_dataset = self._default_dataset
        return config

    def _hold(self, statement_type: str | None, made: DryRun, job: Job, left: str | None) -> None:
        if statement_type != "SELECT":
            raise SqlRefused(
                f"BigQuery reads the statement as {statement_type or 'no query'}, and only a "
                "single SELECT may run.",
                hint="A query starts with SELECT or WITH.",
            )
        tables = (*job.statement.tables, *made.tables)
        outside = [t for t in tables if t != left and not self._allowed(t, job)]
        if outside:
            raise SqlRefused(
                f"The statement reads {outside[0]}, which is outside the datasets Peter may read.",
                hint="Whoever runs Peter can add its dataset to the allowed ones.",
            )


def _read(answer: QueryJob) -> DryRun:
    references = answer.referenced_tables or ()
    total = int(answer.total_bytes_processed or 0)
    tables = tuple(dict.fromkeys(f"{r.project}.{r.dataset_id}.{r.table_id}" for r in references))
    return DryRun(
        bytes=total,
        billed_bytes=_billed(total, len(tables)),
        columns=columns_of(answer.schema or ()),
        tables=tables,
        location=answer.location,
        at=time.monotonic(),
    )


def _billed(total: int, tables: int) -> int:
    """At least 10 MB for every table, since the dry run tells only the sum."""
    if not total:
        return 0
    return billed_bytes({"all": max(total, MINIMUM_BYTES * max(1, tables))})


def _key(job: Job, left: str | None) -> tuple[object, ...]:
    return (left, job.statement.text, *((p.name, p.type, repr(p.value)) for p in job.parameters))
