"""Query jobs: their ids, states, results and bills."""

from __future__ import annotations

import copy
import hashlib
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import duckdb

from peter_core.errors import PeterError
from tests.fakes.bigquery.analysis import Analysis, analyse, bound
from tests.fakes.bigquery.api_errors import ApiError, ErrorProto
from tests.fakes.bigquery.cells import as_stored
from tests.fakes.bigquery.faults import Fault
from tests.fakes.bigquery.parameters import BoundParameter, read_parameters
from tests.fakes.bigquery.results import EndlessPages, Pages, TablePages
from tests.fakes.bigquery.warehouse import Warehouse

RESULTS_DATASET = "_9f2c7d"
_STOPPED = "Job execution was cancelled"


@dataclass(slots=True, eq=False)
class FakeJob:
    """One query job; ``ends_at`` is of ``time.monotonic``."""

    id: str
    project: str
    location: str
    configuration: dict[str, Any]
    analysis: Analysis
    created: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    ends_at: float = float("inf")
    hidden_until: float = 0.0
    pages: Pages | None = None
    error: ErrorProto | None = None
    cache_hit: bool = False
    cancelled: bool = False
    timed_out: bool = False

    @property
    def sql(self) -> str:
        """The statement as it was sent."""
        return str(self.configuration["query"]["query"])

    @property
    def result(self) -> str:
        """The table that keeps the result for a day."""
        return f"anon{hashlib.sha256(self.id.encode()).hexdigest()[:40]}"

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return time.monotonic() >= self.ends_at

    @property
    def billed(self) -> int:
        """Bytes billed: none when it failed or was answered from the cache."""
        stopped = self.cancelled or self.timed_out
        if self.cache_hit or (self.error is not None and not stopped):
            return 0
        return self.analysis.billed


class Jobs:
    """Every job of a fake. Safe from any thread."""

    def __init__(self, warehouse: Warehouse, *, location: str, job_seconds: float) -> None:
        self._warehouse = warehouse
        self._location = location
        self._job_seconds = job_seconds
        self._changed = threading.Condition()
        self._jobs: dict[str, FakeJob] = {}
        self._cached: dict[str, Pages] = {}
        self.closed = False

    def pages_of(self, dataset: str, table: str) -> Pages | None:
        """The result that is kept under a destination's name."""
        if dataset != RESULTS_DATASET:
            return None
        with self._changed:
            return next((one.pages for one in self._jobs.values() if one.result == table), None)

    def all(self) -> list[FakeJob]:
        """Every job in the order of creation, dry runs left out."""
        with self._changed:
            return list(self._jobs.values())

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def dry_run(self, project: str, configuration: dict[str, Any]) -> FakeJob:
        """A job that is not kept."""
        analysis, _ = self._analyse(configuration)
        job = FakeJob("", project, self._location, configuration, analysis)
        query = configuration["query"]
        # What the cache would answer reads nothing, unless the dry run may not use it either.
        job.cache_hit = (
            query.get("useQueryCache", True)
            and not analysis.volatile
            and self._cache_key(query, analysis) in self._cached
        )
        return job

    def insert(
        self, project: str, job_id: str | None, configuration: dict[str, Any], fault: Fault | None
    ) -> FakeJob:
        """Create a job and run it.

        Raises
        ------
        ApiError
            ``duplicate`` when the id is taken, and what is wrong with the statement.
        """
        job_id = job_id or f"job_{uuid.uuid4().hex}"
        analysis, parameters = self._analyse(configuration)
        job = FakeJob(job_id, project, self._location, copy.deepcopy(configuration), analysis)
        with self._changed:
            if job_id in self._jobs:
                raise ApiError(
                    "duplicate", f"Already Exists: Job {project}:{self._location}.{job_id}"
                )
            self._jobs[job_id] = job
        self._run(job, parameters, fault)
        return job

    def get(self, job_id: str, location: str | None = None) -> FakeJob:
        """The job of an id.

        Raises
        ------
        ApiError
            ``notFound``, also when another location is asked.
        """
        with self._changed:
            job = self._jobs.get(job_id)
            elsewhere = location is not None and location.upper() != self._location.upper()
            if job is None or elsewhere or time.monotonic() < job.hidden_until:
                where = f"{self._warehouse.project}:{location or self._location}.{job_id}"
                raise ApiError("notFound", f"Not found: Job {where}")
            self._hold_timeout(job)
            return job

    def wait(self, job: FakeJob, seconds: float) -> bool:
        """Whether the job has ended, after waiting for it."""
        until = time.monotonic() + seconds
        with self._changed:
            while not job.done and not self.closed:
                self._hold_timeout(job)
                left = min(until, job.ends_at) - time.monotonic()
                if time.monotonic() >= until:
                    break
                self._changed.wait(min(max(left, 0.001), 0.05))
            return job.done

    def cancel(self, job_id: str) -> FakeJob:
        """Stop a job; one that has ended stays as it is."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                where = f"{self._warehouse.project}:{self._location}.{job_id}"
                raise ApiError("notFound", f"Not found: Job {where}")
            if not job.done:
                _stop(job, f"{_STOPPED}: User requested cancellation")
                job.cancelled = True
                self._changed.notify_all()
            return job

    def _analyse(
        self, configuration: dict[str, Any]
    ) -> tuple[Analysis, tuple[BoundParameter, ...]]:
        query = configuration["query"]
        if query.get("useLegacySql", True):
            raise ApiError("invalidQuery", "Legacy SQL is not understood here.", location="query")
        parameters = read_parameters(query.get("queryParameters") or ())
        default = (query.get("defaultDataset") or {}).get("datasetId")
        text = str(query.get("query", ""))
        return analyse(self._warehouse, text, parameters, default, self._location), parameters

    def _run(
        self, job: FakeJob, parameters: tuple[BoundParameter, ...], fault: Fault | None
    ) -> None:
        self._answer(job, parameters)
        with self._changed:
            if not job.cancelled:
                job.ends_at = job.began + self._job_seconds
                self._suffer(job, fault)
            self._changed.notify_all()

    def _suffer(self, job: FakeJob, fault: Fault | None) -> None:
        kind = fault.kind if fault is not None else None
        if fault is None:
            return
        if kind == "stay_running":
            job.ends_at = float("inf")
        elif kind == "run_for":
            job.ends_at = job.began + fault.seconds
        elif kind == "lose_job":
            job.hidden_until = job.began + (fault.seconds or float("inf"))
        elif kind == "job_error":
            job.error = ErrorProto(fault.reason, fault.text)
        elif kind == "cancel_elsewhere":
            _stop(job, f"{_STOPPED}: User requested cancellation")
            job.cancelled = True
        elif kind == "endless":
            job.pages = EndlessPages(job.analysis.columns, fault.rows, fault.row_bytes)

    def _answer(self, job: FakeJob, parameters: tuple[BoundParameter, ...]) -> None:
        query, analysis = job.configuration["query"], job.analysis
        cap = job.configuration["query"].get("maximumBytesBilled")
        key = self._cache_key(query, analysis)
        pages = self._cached.get(key)
        if query.get("useQueryCache", True) and pages is not None and not analysis.volatile:
            job.pages, job.cache_hit = pages, True
        elif cap is not None and int(cap) < analysis.billed:
            job.error = ErrorProto(
                "bytesBilledLimitExceeded",
                f"Query exceeded limit for bytes billed: {cap}. {analysis.billed} or higher "
                "required.",
            )
        elif analysis.sql:
            self._compute(job, parameters)
            if job.pages is not None:
                self._cached[key] = job.pages
        self._name_destination(job)

    def _compute(self, job: FakeJob, parameters: tuple[BoundParameter, ...]) -> None:
        default = (job.configuration["query"].get("defaultDataset") or {}).get("datasetId")
        try:
            table, columns = self._warehouse.run(
                job.analysis.sql, job.analysis.columns, bound(parameters), default
            )
        except (duckdb.Error, PeterError, ValueError) as error:
            text = str(error).splitlines()[0].partition(" Error: ")
            job.error = ErrorProto("invalidQuery", text[2] or text[0], "query")
        else:
            job.pages = TablePages(as_stored(table, columns), columns)

    def _name_destination(self, job: FakeJob) -> None:
        """Where the result is kept for a day; a query may read it from there."""
        name = job.result
        job.configuration["query"]["destinationTable"] = {
            "projectId": job.project, "datasetId": RESULTS_DATASET, "tableId": name,
        }  # fmt: skip
        if isinstance(job.pages, TablePages) and job.pages.table.num_columns:
            self._warehouse.offer_result(RESULTS_DATASET, name, job.pages.table, job.pages.columns)

    def _cache_key(self, query: dict[str, Any], analysis: Analysis) -> str:
        states = [f"{one.id}@{one.spec.modified.isoformat()}" for one in analysis.sources]
        asked = {name: query.get(name) for name in ("query", "queryParameters", "defaultDataset")}
        return json.dumps([asked, states], sort_keys=True)

    def _hold_timeout(self, job: FakeJob) -> None:
        limit = job.configuration.get("jobTimeoutMs")
        if limit is None or job.done:
            return
        if time.monotonic() >= job.began + int(limit) / 1000:
            _stop(job, f"{_STOPPED}: Job timed out after {int(limit) / 1000:g}s")
            job.timed_out = True
            self._changed.notify_all()


def _stop(job: FakeJob, message: str) -> None:
    job.error = ErrorProto("stopped", message)
    job.ends_at = time.monotonic()
