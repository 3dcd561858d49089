"""A job as the REST answers show it."""

from __future__ import annotations

import time
from typing import Any

from tests.fakes.bigquery.fields import rest_schema
from tests.fakes.bigquery.jobs import FakeJob


def job_resource(job: FakeJob, *, dry_run: bool = False) -> dict[str, Any]:
    """A ``Job``."""
    reference = {"projectId": job.project, "location": job.location}
    if not dry_run:
        reference["jobId"] = job.id
    state = "DONE" if dry_run or job.done else "RUNNING"
    status: dict[str, Any] = {"state": state}
    if state == "DONE" and job.error is not None:
        status |= {"errorResult": job.error.resource(), "errors": [job.error.resource()]}
    return {
        "kind": "bigquery#job",
        "etag": f"{job.id or 'dry'}-{state}",
        "id": f"{job.project}:{job.location}.{job.id}",
        "selfLink": f"https://bigquery.googleapis.com/bigquery/v2/projects/{job.project}/jobs/"
        f"{job.id}?location={job.location}",
        "user_email": "tests@example.iam.gserviceaccount.com",
        "configuration": {"jobType": "QUERY", **job.configuration},
        "jobReference": reference,
        "statistics": _statistics(job, state, dry_run),
        "status": status,
    }


def _statistics(job: FakeJob, state: str, dry_run: bool) -> dict[str, Any]:
    analysis, created = job.analysis, str(int(job.created * 1000))
    free = job.cache_hit or dry_run
    processed = 0 if job.cache_hit else analysis.bytes
    query: dict[str, Any] = {
        "totalBytesProcessed": str(processed),
        "totalBytesBilled": "0" if dry_run else str(job.billed),
        "cacheHit": job.cache_hit,
        "statementType": analysis.statement_type,
    }
    statistics: dict[str, Any] = {"creationTime": created, "query": query}
    if not job.cache_hit and analysis.references:
        query["referencedTables"] = [dict(one) for one in analysis.references]
    if dry_run:
        query |= {"totalBytesProcessedAccuracy": "PRECISE", "schema": rest_schema(analysis.columns)}
    if dry_run or state == "DONE":
        statistics["totalBytesProcessed"] = str(processed)
    if dry_run:
        return statistics
    statistics["startTime"] = created
    if state == "DONE":
        statistics["endTime"] = str(int(time.time() * 1000))
        slot_ms = 0 if free or job.error else 10 + analysis.bytes // 10**6
        query["totalSlotMs"] = statistics["totalSlotMs"] = str(slot_ms)
        if not free and not job.error:
            query |= {"billingTier": 1, "queryPlan": _plan(job, slot_ms)}
    return statistics


def _plan(job: FakeJob, slot_ms: int) -> list[dict[str, Any]]:
    rows = job.pages.total_rows if job.pages is not None else 0
    read = sum(one.rows for one in job.analysis.sources)
    names = [one.id for one in job.analysis.sources]
    steps = [{"kind": "READ", "substeps": [f"FROM {name}"]} for name in names]
    stages = [
        _stage("0", "S00: Input", read, rows, slot_ms - slot_ms // 2, steps),
        _stage("1", "S01: Output", rows, rows, slot_ms // 2, [{"kind": "WRITE", "substeps": []}]),
    ]
    return stages if names else stages[1:]


def _stage(
    id_: str, name: str, read: int, written: int, slot_ms: int, steps: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "status": "COMPLETE",
        "recordsRead": str(read),
        "recordsWritten": str(written),
        "slotMs": str(slot_ms),
        "waitMsAvg": "0",
        "readMsAvg": "1",
        "computeMsAvg": "1",
        "writeMsAvg": "1",
        "shuffleOutputBytes": "0",
        "shuffleOutputBytesSpilled": "0",
        "parallelInputs": "1",
        "completedParallelInputs": "1",
        "steps": steps,
    }
