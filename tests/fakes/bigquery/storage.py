"""The Storage Read API of a fake: read sessions over gRPC, rows as Arrow batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types

from tests.fakes.bigquery.api_errors import ApiError
from tests.fakes.bigquery.faults import Fault, Script
from tests.fakes.bigquery.journal import Journal, Request
from tests.fakes.bigquery.results import EndlessPages

_SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT, 401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED, 404: grpc.StatusCode.NOT_FOUND,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED, 500: grpc.StatusCode.INTERNAL,
    501: grpc.StatusCode.UNIMPLEMENTED, 504: grpc.StatusCode.DEADLINE_EXCEEDED,
}  # fmt: skip
_BATCH_ROWS = 1_000

Tables = Callable[[str, str, str], "pa.Table | EndlessPages"]


class StorageServer:
    """Serves ``CreateReadSession`` and ``ReadRows`` on a free port of the loopback.

    Operations are ``storage.createReadSession`` and ``storage.readRows``; of the faults,
    ``status``, ``hang``, ``delay`` and ``cut`` (half of the rows, then unavailable) apply.

    Parameters
    ----------
    tables
        The rows of a project, dataset and table; raises ``ApiError``.
    """

    def __init__(self, tables: Tables, script: Script, journal: Journal) -> None:
        self._tables = tables
        self._script = script
        self._journal = journal
        self._server = grpc.server(ThreadPoolExecutor(8, thread_name_prefix="fake-storage"))
        handlers = {
            "CreateReadSession": grpc.unary_unary_rpc_method_handler(
                self._create,
                request_deserializer=types.CreateReadSessionRequest.deserialize,
                response_serializer=types.ReadSession.serialize,
            ),
            "ReadRows": grpc.unary_stream_rpc_method_handler(
                self._read,
                request_deserializer=types.ReadRowsRequest.deserialize,
                response_serializer=types.ReadRowsResponse.serialize,
            ),
        }
        handler = grpc.method_handlers_generic_handler(_SERVICE, handlers)
        self._server.add_generic_rpc_handlers((handler,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def close(self) -> None:
        """End every stream."""
        self._server.stop(grace=0).wait(60)

    def _create(
        self, request: types.CreateReadSessionRequest, context: grpc.ServicerContext
    ) -> types.ReadSession:
        name = request.read_session.table
        self._suffer("storage.createReadSession", name, context)
        rows = self._rows(name, context)
        schema = _batches(rows, 1).__next__().schema
        session = f"{request.parent}/locations/us/sessions/{abs(hash(name)):x}"
        streams = [types.ReadStream(name=f"{session}/streams/{name.replace('/', '~')}")]
        return types.ReadSession(
            name=session,
            table=name,
            data_format=types.DataFormat.ARROW,
            arrow_schema=types.ArrowSchema(serialized_schema=schema.serialize().to_pybytes()),
            streams=streams if _count(rows) else [],
            estimated_row_count=_count(rows),
        )

    def _read(
        self, request: types.ReadRowsRequest, context: grpc.ServicerContext
    ) -> Iterator[types.ReadRowsResponse]:
        name = request.read_stream.rpartition("/")[2].replace("~", "/")
        fault = self._suffer("storage.readRows", name, context)
        rows = self._rows(name, context)
        sent, total = 0, _count(rows)
        for batch in _batches(rows, _BATCH_ROWS):
            if fault is not None and fault.kind == "cut" and sent >= total // 2:
                context.abort(grpc.StatusCode.UNAVAILABLE, "The stream was closed.")
            if not context.is_active():
                return
            data = batch.serialize().to_pybytes()
            yield types.ReadRowsResponse(
                arrow_record_batch=types.ArrowRecordBatch(serialized_record_batch=data),
                row_count=batch.num_rows,
            )
            sent += batch.num_rows

    def _rows(self, name: str, context: grpc.ServicerContext) -> pa.Table | EndlessPages:
        _, project, _, dataset, _, table = name.split("/")
        try:
            return self._tables(project, dataset, table)
        except ApiError as error:
            context.abort(_CODES.get(error.status, grpc.StatusCode.UNKNOWN), str(error))
            raise

    def _suffer(self, operation: str, name: str, context: grpc.ServicerContext) -> Fault | None:
        faults = self._script.hit(operation)
        request = Request(
            at=time.monotonic(), operation=operation, method="GRPC", path=name, query={}, body={},
            faults=tuple(one.kind for one in faults),
        )  # fmt: skip
        self._journal.add(request)
        fault = faults[0] if faults else None
        if fault is not None and fault.kind == "status":
            code = _CODES.get(fault.status, grpc.StatusCode.UNAVAILABLE)
            context.abort(code, fault.text)
        if fault is not None and fault.kind in ("hang", "delay"):
            until = time.monotonic() + fault.seconds
            while time.monotonic() < until and context.is_active():
                time.sleep(0.02)
            if fault.kind == "hang":
                context.abort(grpc.StatusCode.UNAVAILABLE, "The connection was closed.")
        return fault


def _count(rows: Any) -> int:
    return int(rows.num_rows if isinstance(rows, pa.Table) else rows.total_rows)


def _batches(rows: pa.Table | EndlessPages, size: int) -> Iterator[pa.RecordBatch]:
    """Batches of a result; one without rows still tells its columns."""
    if isinstance(rows, pa.Table):
        found = rows.to_batches(max_chunksize=size)
        yield from found or [pa.RecordBatch.from_pylist([], schema=rows.schema)]
        return
    for start in range(0, rows.total_rows, size):
        yield rows.batch(min(size, rows.total_rows - start))
