"""The operations of BigQuery's REST API that the fake answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.bigquery.api_errors import ApiError
from tests.fakes.bigquery.faults import Fault
from tests.fakes.bigquery.fields import rest_schema
from tests.fakes.bigquery.job_resources import job_resource
from tests.fakes.bigquery.jobs import RESULTS_DATASET, FakeJob, Jobs
from tests.fakes.bigquery.results import TablePages, page
from tests.fakes.bigquery.tables import StoredTable, dataset_entry, list_entry, table_resource
from tests.fakes.bigquery.warehouse import Warehouse

_PREFIX = "/bigquery/v2/projects/(?P<project>[^/]+)"
_ROUTES = [
    (re.compile(_PREFIX + path + "$"), method, operation)
    for path, method, operation in (
        ("/jobs", "POST", "jobs.insert"),
        ("/jobs/(?P<job>[^/]+)", "GET", "jobs.get"),
        ("/jobs/(?P<job>[^/]+)/cancel", "POST", "jobs.cancel"),
        ("/queries/(?P<job>[^/]+)", "GET", "jobs.getQueryResults"),
        ("/queries", "POST", "jobs.query"),
        ("/datasets", "GET", "datasets.list"),
        ("/datasets/(?P<dataset>[^/]+)", "GET", "datasets.get"),
        ("/datasets/(?P<dataset>[^/]+)/tables", "GET", "tables.list"),
        ("/datasets/(?P<dataset>[^/]+)/tables/(?P<table>[^/]+)", "GET", "tables.get"),
        ("/datasets/(?P<dataset>[^/]+)/tables/(?P<table>[^/]+)/data", "GET", "tabledata.list"),
    )
]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood."""

    operation: str
    path: str
    names: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]

    @property
    def later_page(self) -> bool:
        """Whether rows are asked for that are not the first ones."""
        begins = "pageToken" in self.query or int(self.query.get("startIndex", 0)) > 0
        return begins and self.operation in ("jobs.getQueryResults", "tabledata.list")


def read_call(method: str, target: str, body: dict[str, Any]) -> Call:
    """Which operation a request means; an unknown one is ``unknown``."""
    split = urlsplit(target)
    query = dict(parse_qsl(split.query))
    for pattern, verb, operation in _ROUTES:
        match = pattern.match(split.path)
        if match and verb == method:
            dry = operation == "jobs.insert" and body.get("configuration", {}).get("dryRun")
            dry = dry or (operation == "jobs.query" and body.get("dryRun"))
            names = {name: unquote(value) for name, value in match.groupdict().items()}
            return Call("jobs.dryRun" if dry else operation, split.path, names, query, body)
    return Call("unknown", split.path, {}, query, body)


class Api:
    """Answers calls."""

    def __init__(
        self, warehouse: Warehouse, jobs: Jobs, *, location: str, page_rows: int, page_bytes: int
    ) -> None:
        self._warehouse = warehouse
        self._jobs = jobs
        self._location = location
        self._page_rows = page_rows
        self._page_bytes = page_bytes
        self._answers: dict[str, Callable[[Call, Fault | None], dict[str, Any]]] = {
            "jobs.dryRun": self._dry_run,
            "jobs.insert": self._insert,
            "jobs.get": self._get,
            "jobs.cancel": self._cancel,
            "jobs.getQueryResults": self._results,
            "jobs.query": self._query,
            "datasets.list": self._datasets,
            "datasets.get": self._dataset,
            "tables.list": self._tables,
            "tables.get": self._table,
            "tabledata.list": self._data,
        }

    def answer(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        """The body of the answer.

        Raises
        ------
        ApiError
        """
        handler = self._answers.get(call.operation)
        if handler is None:
            raise ApiError("notFound", f"No operation at {call.path}", status=404)
        return _selected(handler(call, fault), call.query.get("fields"))

    def _dry_run(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        if "configuration" in call.body:
            configuration = call.body["configuration"]
            return job_resource(
                self._jobs.dry_run(call.names["project"], configuration), dry_run=True
            )
        job = self._jobs.dry_run(call.names["project"], _configured(call.body))
        return {
            "kind": "bigquery#queryResponse",
            "jobReference": {"projectId": job.project, "location": job.location},
            "jobComplete": True,
            "schema": rest_schema(job.analysis.columns),
            "totalRows": "0",
            "totalBytesProcessed": str(job.analysis.bytes),
            "cacheHit": False,
        }

    def _insert(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        reference = call.body.get("jobReference") or {}
        configuration = call.body["configuration"]
        if "query" not in configuration:
            raise ApiError("invalid", "Only query jobs are understood here.")
        job = self._jobs.insert(call.names["project"], reference.get("jobId"), configuration, fault)
        return job_resource(job)

    def _get(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        return job_resource(self._jobs.get(call.names["job"], call.query.get("location")))

    def _cancel(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        job = self._jobs.cancel(call.names["job"])
        return {"kind": "bigquery#jobCancelResponse", "job": job_resource(job)}

    def _results(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        job = self._jobs.get(call.names["job"], call.query.get("location"))
        seconds = min(int(call.query.get("timeoutMs", 10_000)), 200_000) / 1000
        return self._read(job, call.query, seconds, "bigquery#getQueryResultsResponse")

    def _query(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        project = call.names["project"]
        job = self._jobs.insert(project, None, _configured(call.body), fault)
        query = {"formatOptions.useInt64Timestamp": "false"}
        if call.body.get("formatOptions", {}).get("useInt64Timestamp"):
            query["formatOptions.useInt64Timestamp"] = "true"
        if "maxResults" in call.body:
            query["maxResults"] = str(call.body["maxResults"])
        seconds = int(call.body.get("timeoutMs", 10_000)) / 1000
        return self._read(job, query, seconds, "bigquery#queryResponse")

    def _read(
        self, job: FakeJob, query: dict[str, str], seconds: float, kind: str
    ) -> dict[str, Any]:
        reference = {"projectId": job.project, "jobId": job.id, "location": job.location}
        answer: dict[str, Any] = {"kind": kind, "jobReference": reference}
        if not self._jobs.wait(job, seconds):
            return answer | {"jobComplete": False}
        if job.error is not None:
            raise ApiError(job.error.reason, job.error.message, location=job.error.location)
        processed = 0 if job.cache_hit else job.analysis.bytes
        if kind == "bigquery#getQueryResultsResponse":
            answer["etag"] = f"{job.id}-results"
        answer |= {
            "jobComplete": True,
            "cacheHit": job.cache_hit,
            "totalBytesProcessed": str(processed),
        }
        if job.pages is None:
            return answer | {"totalRows": "0"}
        answer["schema"] = rest_schema(job.pages.columns)
        return answer | page(
            job.pages, query, page_rows=self._page_rows, page_bytes=self._page_bytes
        )

    def _datasets(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        project = call.names["project"]
        tables = [one for one in self._warehouse.tables.values() if one.project == project]
        names = sorted({one.dataset for one in tables if one.dataset != RESULTS_DATASET})
        entries = [dataset_entry(project, name, self._location) for name in names]
        return {"kind": "bigquery#datasetList", "etag": "datasets"} | _listed(
            "datasets", entries, call.query
        )

    def _dataset(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        self._in_dataset(call)
        return dataset_entry(call.names["project"], call.names["dataset"], self._location)

    def _tables(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        entries = [list_entry(one) for one in self._in_dataset(call)]
        return {
            "kind": "bigquery#tableList",
            "etag": "tables",
            "totalItems": len(entries),
        } | _listed("tables", entries, call.query)

    def _table(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        return table_resource(self._stored(call), self._location)

    def _data(self, call: Call, fault: Fault | None) -> dict[str, Any]:
        pages = self._jobs.pages_of(call.names["dataset"], call.names["table"])
        if pages is None:
            stored = self._stored(call)
            pages = TablePages(self._warehouse.rows_of(stored), stored.columns)
        found = page(pages, call.query, page_rows=self._page_rows, page_bytes=self._page_bytes)
        return {"kind": "bigquery#tableDataList", "etag": f"{call.names['table']}-data"} | found

    def _stored(self, call: Call) -> StoredTable:
        names = call.names
        place = f"{names['project']}.{names['dataset']}.{names['table']}"
        found = self._warehouse.find(place)
        shown = f"{names['project']}:{names['dataset']}.{names['table']}"
        if not found:
            raise ApiError("notFound", f"Not found: Table {shown}")
        if found[0].spec.denied:
            raise ApiError(
                "accessDenied",
                f"Access Denied: Table {shown}: Permission bigquery.tables.get denied on table "
                f"{shown} (or it may not exist).",
            )
        return found[0]

    def _in_dataset(self, call: Call) -> list[StoredTable]:
        project, dataset = call.names["project"], call.names["dataset"]
        found = [
            one
            for one in self._warehouse.tables.values()
            if (one.project, one.dataset) == (project, dataset)
        ]
        if not found:
            raise ApiError("notFound", f"Not found: Dataset {project}:{dataset}")
        return sorted(found, key=lambda one: one.name)


def _configured(body: dict[str, Any]) -> dict[str, Any]:
    """The job that a ``QueryRequest`` asks for."""
    outer = ("dryRun", "labels", "jobTimeoutMs")
    configuration = {name: body[name] for name in outer if name in body}
    rest = {name: value for name, value in body.items() if name not in (*outer, "formatOptions")}
    return configuration | {"query": rest}


def _listed(name: str, entries: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    start = int(query.get("pageToken", "0"))
    count = int(query.get("maxResults", "50"))
    answer: dict[str, Any] = {name: entries[start : start + count]}
    if start + count < len(entries):
        answer["nextPageToken"] = str(start + count)
    return answer if answer[name] else {}


def _selected(answer: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """A partial answer; only the outermost names of ``fields`` are looked at."""
    if not fields:
        return answer
    plain = re.sub(r"\([^()]*\)", "", fields)
    wanted = {part.partition("/")[0].strip() for part in plain.split(",")}
    return {name: value for name, value in answer.items() if name in wanted}
