"""Large results through the Storage Read API: Arrow from BigQuery itself, in one stream.

See https://cloud.google.com/bigquery/docs/reference/storage
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from peter_core.engine.arrow_columns import arrow_type
from peter_core.engine.bigquery.pages import Rows
from peter_core.engine.bigquery.requests import CALL_S
from peter_core.engine.bigquery.values import schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pyarrow as pa

    from peter_core.engine.bigquery.requests import Request
    from peter_core.engine.port import Column

logger = logging.getLogger(__name__)

_SESSION_SHARE = 0.3
_SHARE = 0.6
_REST_S = 300.0
"""Seconds results are read by REST after the Storage Read API failed."""


class StorageReader:
    """Reads tables through the Storage Read API while it works; REST has to do otherwise.

    Parameters
    ----------
    project
        Where the read sessions belong.
    connect
        Makes the client when it is first needed: importing it alone takes a second.
    client
        A client to use in place of an own one; it is not closed.
    """

    def __init__(self, project: str, connect: Callable[[], Any], *, client: Any = None) -> None:
        self._project = project
        self._connect = connect
        self._lock = threading.Lock()
        self._own_client = client is None
        self._client = client
        self._rest_until = 0.0

    def read(
        self,
        request: Request,
        table: Any,
        columns: Sequence[Column],
        *,
        max_rows: int,
        max_bytes: int,
    ) -> Rows | None:
        """The table's rows up to the caps and in its order, ``None`` when REST has to read them.

        ``table`` is the reference of the job's destination.
        """
        if time.monotonic() < self._rest_until or not _known(columns):
            return None
        rows = Rows(columns, max_rows=max_rows, max_bytes=max_bytes)
        try:
            for batch in self._batches(request, table, columns):
                rows.add_batch(batch)
                if rows.full or request.stopped:
                    break
        except Exception as error:
            # Whatever is wrong with it, REST gives the same rows.
            self._rest_until = time.monotonic() + _REST_S
            logger.warning("Storage Read API failed (%s); using REST.", type(error).__name__)
            return None
        return rows

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._own_client and self._client is not None:
                self._client.transport.close()
                self._client = None

    def _batches(
        self, request: Request, table: Any, columns: Sequence[Column]
    ) -> Iterable[pa.RecordBatch]:
        import pyarrow as pa
        from google.cloud.bigquery_storage_v1 import types

        client = self._connected()
        name = f"projects/{table.project}/datasets/{table.dataset_id}/tables/{table.table_id}"
        session = client.create_read_session(
            parent=f"projects/{self._project}",
            read_session=types.ReadSession(table=name, data_format=types.DataFormat.ARROW),
            max_stream_count=1,  # one stream keeps the order of the result
            retry=None,
            timeout=min(CALL_S, request.remaining() * _SESSION_SHARE),
        )
        schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
        target = schema_of(columns)
        for stream in session.streams:
            asked = types.ReadRowsRequest(read_stream=stream.name)
            # Should it hang, there is time left for REST.
            patience = request.remaining() * _SHARE
            answers = client.read_rows(asked, retry=None, timeout=patience)
            for answer in answers:
                data = pa.py_buffer(answer.arrow_record_batch.serialized_record_batch)
                yield _typed(pa.ipc.read_record_batch(data, schema), target)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


def _known(columns: Sequence[Column]) -> bool:
    """Whether Arrow has every type; REST gives the others as text."""
    return all(arrow_type(column.type) is not None for column in columns)


def _typed(batch: pa.RecordBatch, target: pa.Schema) -> pa.RecordBatch:
    """The batch with the types REST rows get, without what BigQuery notes beside its fields."""
    import pyarrow as pa

    arrays = [
        column.storage if isinstance(column.type, pa.BaseExtensionType) else column
        for column in batch.columns
    ]
    cast = [array if array.type == f.type else array.cast(f.type)
            for array, f in zip(arrays, target, strict=True)]  # fmt: skip
    return pa.record_batch(cast, schema=target)
