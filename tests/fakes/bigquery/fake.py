"""A BigQuery of one project for a test."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import grpc
import pyarrow as pa
from google.auth.credentials import AnonymousCredentials

# Before its storage part, which it imports itself: in the other order two threads may collide.
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)

from tests.fakes.bigquery.api_errors import ApiError
from tests.fakes.bigquery.faults import Fault, Script
from tests.fakes.bigquery.jobs import FakeJob, Jobs
from tests.fakes.bigquery.journal import Journal, Request
from tests.fakes.bigquery.results import EndlessPages, TablePages
from tests.fakes.bigquery.routes import Api
from tests.fakes.bigquery.server import FakeServer
from tests.fakes.bigquery.storage import StorageServer
from tests.fakes.bigquery.tables import FakeTable
from tests.fakes.bigquery.warehouse import Warehouse


class FakeBigQuery:
    """A BigQuery on a port of the loopback, for the real client.

    Parameters
    ----------
    tables
        ``dataset.table`` or ``project.dataset.table`` to a ``FakeTable``, or to its rows as
        Arrow or pandas.
    latency_s
        Seconds every answer takes.
    job_seconds
        Seconds every job runs.
    page_rows, page_bytes
        The most of a page of rows.
    """

    def __init__(
        self,
        tables: Mapping[str, FakeTable | Any] | None = None,
        *,
        project: str = "test-project",
        location: str = "US",
        latency_s: float = 0.0,
        job_seconds: float = 0.0,
        page_rows: int = 50_000,
        page_bytes: int = 10 * 2**20,
    ) -> None:
        self.project = project
        self.location = location
        self._warehouse = Warehouse(project, tables or {})
        self._jobs = Jobs(self._warehouse, location=location, job_seconds=job_seconds)
        self._script = Script()
        self._journal = Journal()
        api = Api(
            self._warehouse, self._jobs,
            location=location, page_rows=page_rows, page_bytes=page_bytes,
        )  # fmt: skip
        self._server = FakeServer(api, self._script, self._journal, latency_s=latency_s)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-bigquery", daemon=True
        )
        self._clients: list[bigquery.Client] = []
        self._storage: StorageServer | None = None

    def __enter__(self) -> FakeBigQuery:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self._clients:
            client.close()
        self._jobs.close()
        if self._storage is not None:
            self._storage.close()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()
        self._warehouse.close()

    @property
    def url(self) -> str:
        """What a client takes as ``api_endpoint``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def client(self, location: str | None = None) -> bigquery.Client:
        """The real client, closed together with the fake."""
        client = bigquery.Client(
            project=self.project,
            credentials=AnonymousCredentials(),
            location=location,
            client_options={"api_endpoint": self.url},
        )
        self._clients.append(client)
        return client

    def storage_client(self) -> BigQueryReadClient:
        """The real client of the Storage Read API, on a server of its own."""
        channel = grpc.insecure_channel(self.storage_address)
        return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))

    @property
    def storage_address(self) -> str:
        """Where the Storage Read API listens, in plain text; started when it is first asked."""
        if self._storage is None:
            self._storage = StorageServer(self._rows_of, self._script, self._journal)
        return f"127.0.0.1:{self._storage.port}"

    def _rows_of(self, project: str, dataset: str, table: str) -> pa.Table | EndlessPages:
        pages = self._jobs.pages_of(dataset, table)
        if isinstance(pages, EndlessPages):
            return pages
        if isinstance(pages, TablePages):
            return pages.table
        found = self._warehouse.find(f"{project}.{dataset}.{table}")
        if not found:
            raise ApiError("notFound", f"Not found: Table {project}:{dataset}.{table}")
        if found[0].spec.denied:
            raise ApiError("accessDenied", f"Access Denied: Table {found[0].legacy_id}")
        return self._warehouse.rows_of(found[0])

    def script(self, *faults: Fault) -> None:
        """Let these faults happen from now on."""
        self._script.add(*faults)

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self._script.clear()

    def touch(self, name: str, moment: dt.datetime) -> None:
        """Move the last modified time of a table."""
        (stored,) = self._warehouse.find(name)
        stored.spec.modified = moment

    def add(self, name: str, table: FakeTable) -> None:
        """Create a table, or put another one in its place."""
        self._warehouse.add(name, table)

    @property
    def journal(self) -> list[Request]:
        """Every request so far."""
        return self._journal.all()

    def requests(self, *operations: str) -> list[Request]:
        """The requests of some operations."""
        return [one for one in self.journal if one.operation in operations]

    @property
    def jobs(self) -> list[FakeJob]:
        """Every job that was created; a dry run creates none."""
        return self._jobs.all()

    @property
    def jobs_created(self) -> list[str]:
        """The ids of the jobs that were created."""
        return [job.id for job in self.jobs]

    @property
    def billed_jobs(self) -> list[FakeJob]:
        """The jobs that cost something."""
        return [job for job in self.jobs if job.billed > 0]

    @property
    def cancelled(self) -> list[str]:
        """The ids that somebody asked to cancel, one an accepted request."""
        return [
            str(one.job_id)
            for one in self.requests("jobs.cancel")
            if one.job_id and one.status == 200
        ]
