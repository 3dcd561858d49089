"""Reads an endless result in a process of its own, whose memory can be measured.

``python -m tests.faults.bigquery_reader URL MAX_RESULT_BYTES [STORAGE_ADDRESS]`` prints JSON;
with an address the rows come through the Storage Read API.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.port import Job, Result
from peter_core.sql.statement import parse


def main(url: str, max_result_bytes: int, storage: str | None) -> None:
    """Run a small query first, so that what is loaded once is not counted."""
    engine = BigQueryEngine(
        "test-project", location="US", default_dataset=None, datasets=None,
        credentials_file=None, api_endpoint=url, user_salt=b"salt",
        storage_read=storage is not None, storage_client=_read_client(storage) if storage else None,
    )  # fmt: skip
    _run(engine, "SELECT 1 AS one", max_result_bytes)
    before = _memory_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    result = _run(engine, "SELECT name, note FROM sales.orders", max_result_bytes)
    facts = {
        "rows": result.table.num_rows,
        "row_count": result.row_count,
        "truncated": result.truncated,
        "kept_bytes": result.table.nbytes,
        "grown_bytes": _memory_bytes("VmHWM") - before,
    }
    sys.stdout.write(json.dumps(facts))
    engine.close()


def _read_client(address: str) -> Any:
    import grpc
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
    from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
        BigQueryReadGrpcTransport,
    )

    channel = grpc.insecure_channel(address)
    return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))


def _run(engine: BigQueryEngine, sql: str, max_result_bytes: int) -> Result:
    return engine.run(
        Job(
            statement=parse(sql),
            max_bytes=10**10,
            timeout_s=45,
            max_rows=5_000_000,
            max_result_bytes=max_result_bytes,
        )
    )


def _memory_bytes(name: str) -> int:
    """``VmRSS`` or its peak ``VmHWM``; ``ru_maxrss`` would begin with the peak of the parent."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"the kernel does not tell {name}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
