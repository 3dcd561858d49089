"""The child process that runs SQL and may be killed at any moment.

Started as ``python -P -m peter_core.engine.duckdb_worker DATABASE MEMORY THREADS PARENT``. It
answers frames on standard output for frames on standard input (``worker_frames``), one
statement at a time, and ends when its input does.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from peter_core.engine import worker_frames as frames
from peter_core.engine import worker_limits as limits
from peter_core.engine.empty_tables import EmptyTables

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_BATCH_ROWS = 16_384
_CHUNK_BYTES = 1 << 16
_OUT_OF_MEMORY_EXIT = 3


def main(argv: list[str]) -> int:
    """Lock this process down, open the database and serve until the input ends."""
    database, memory_limit_bytes, threads, parent = (
        Path(argv[0]), int(argv[1]), int(argv[2]), int(argv[3]),
    )  # fmt: skip
    limits.die_with_parent(parent)
    limits.forbid_privileges()
    answers = _private_stdout()
    # Loaded before the limits, which count what is loaded.
    import pyarrow as pa

    from peter_core.engine.duckdb_lockdown import open_locked
    from peter_core.engine.worker_functions import register_functions

    pa.set_cpu_count(1)
    connection = open_locked(database, memory_limit_bytes=memory_limit_bytes, threads=threads)
    register_functions(connection)
    connection.cursor().sql("SELECT 1").to_arrow_reader(1).read_all()
    limits.forbid_writing()
    limits.limit_files()
    limits.limit_memory(memory_limit_bytes)
    frames.write_frame(answers, frames.HELLO, b"{}")
    return _serve(connection, EmptyTables(register_functions), answers)


def _private_stdout() -> int:
    """Keep standard output for frames; what anything prints goes to standard error."""
    answers = os.dup(1)
    os.dup2(2, 1)
    # Nobody reads it while a statement runs: a full pipe must not stop the worker.
    os.set_blocking(2, False)
    return answers


def _serve(connection: duckdb.DuckDBPyConnection, empty: EmptyTables, answers: int) -> int:
    while True:
        try:
            kind, body = frames.read_frame(0)
        except frames.PipeClosedError:
            return 0
        if kind not in (frames.QUERY, frames.BIND):
            return 2
        try:
            request = json.loads(body)
            end = (
                empty.bind(request, _one_select(str(request["sql"])))
                if kind == frames.BIND
                else _run(connection, request, answers)
            )
        except Exception as error:  # every failure of a statement is an answer
            frames.write_frame(answers, frames.ERROR, _describe(error))
            if _is_memory(error):
                return _OUT_OF_MEMORY_EXIT
        else:
            frames.write_frame(answers, frames.END, json.dumps(end).encode())


def _run(
    connection: duckdb.DuckDBPyConnection, request: dict[str, object], answers: int
) -> dict[str, object]:
    from peter_core.engine.duckdb_types import bigquery_types
    from peter_core.engine.worker_parameters import parameters_from_wire

    started = time.perf_counter()
    statement = _one_select(str(request["sql"]))
    values = parameters_from_wire(request["parameters"])  # type: ignore[arg-type]
    # BigQuery does not care for the case of a parameter's name.
    folded = {name.lower(): value for name, value in values.items()}
    named = statement.named_parameters
    bound = {name: folded[name.lower()] for name in named if name.lower() in folded}
    cursor = connection.cursor()
    try:
        relation = cursor.sql(statement, params=bound)
        if relation is None:
            raise ValueError("The statement gave no rows.")
        types = bigquery_types(relation.columns, relation.types)
        facts = _stream(
            relation.to_arrow_reader(_BATCH_ROWS),
            answers,
            max_rows=int(request["max_rows"]),  # type: ignore[call-overload]
            max_bytes=int(request["max_bytes"]),  # type: ignore[call-overload]
        )
    finally:
        cursor.close()
    return facts | {"types": types, "duration_ms": (time.perf_counter() - started) * 1000}


def _one_select(sql: str) -> duckdb.Statement:
    """The statement; anything that could change the session is not even started."""
    import duckdb

    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("Only one SELECT statement can be run.")
    return statements[0]


def _stream(
    reader: pa.RecordBatchReader, answers: int, *, max_rows: int, max_bytes: int
) -> dict[str, object]:
    """Send rows until a cap is reached, and count them all."""
    import pyarrow as pa

    sink = _FrameSink(answers)
    kept = counted = size = 0
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        full = False
        for batch in reader:
            counted += batch.num_rows
            if full:
                continue
            part = batch.slice(0, max_rows - kept)
            if size + part.nbytes > max_bytes:
                part = part.slice(0, part.num_rows * (max_bytes - size) // max(part.nbytes, 1))
            full = part.num_rows < batch.num_rows
            if part.num_rows:
                writer.write_batch(part)
            kept += part.num_rows
            size += part.nbytes
    sink.send_rest()
    return {"row_count": counted, "kept": kept}


class _FrameSink(io.RawIOBase):
    """A file that sends what is written to it as data frames, small pieces together."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        if view.nbytes >= _CHUNK_BYTES:
            self.send_rest()
            frames.write_frame(self._fd, frames.DATA, view)
        else:
            self._pending += view
            if len(self._pending) >= _CHUNK_BYTES:
                self.send_rest()
        return view.nbytes

    def send_rest(self) -> None:
        """Send what is left; not ``flush``, which a late ``close`` would call by itself."""
        if self._pending:
            frames.write_frame(self._fd, frames.DATA, memoryview(self._pending))
            self._pending = bytearray()


def _is_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ in (
        "OutOfMemoryException", "ArrowMemoryError",
    )  # fmt: skip


def _describe(error: BaseException) -> bytes:
    kind = "OutOfMemoryException" if _is_memory(error) else type(error).__name__
    return json.dumps({"kind": kind, "message": str(error)[:4000]}).encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
