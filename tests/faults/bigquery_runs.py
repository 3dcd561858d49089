"""What the tests of BigQuery's faults share: a small warehouse, its engine and one run of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.port import Job
from peter_core.errors import PeterError
from peter_core.sql.statement import parse
from tests.fakes.bigquery import FakeBigQuery

SLACK_S = 30.0
"""How far past its deadline an answer may be: little, and what a busy machine adds. What hangs
here hangs for longer."""
SQL = "SELECT id, amount FROM sales.orders ORDER BY id"
ORDERS = pa.table({"id": list(range(100)), "amount": [i / 2 for i in range(100)]})
ROWS = [{"id": i, "amount": i / 2} for i in range(100)]


def warehouse() -> FakeBigQuery:
    """``sales.orders`` with 100 rows, which come in three pages."""
    return FakeBigQuery({"sales.orders": ORDERS}, page_rows=40)


def engine_of(fake: FakeBigQuery, **options: Any) -> BigQueryEngine:
    settings: dict[str, Any] = {
        "location": "US", "default_dataset": None, "datasets": None, "credentials_file": None,
        "api_endpoint": fake.url, "user_salt": b"salt",
    }  # fmt: skip
    return BigQueryEngine(fake.project, **(settings | options))


def job_of(sql: str = SQL, **options: Any) -> Job:
    settings = {"statement": parse(sql), "timeout_s": 30.0, "max_bytes": 20 * 2**20}
    return Job(**(settings | options))


def unplanned(fake: FakeBigQuery) -> list[str | None]:
    """Statements that were run without a dry run of the same text before."""
    tried: set[str | None] = set()
    found = []
    for request in fake.requests("jobs.dryRun", "jobs.insert", "jobs.query"):
        if request.operation == "jobs.dryRun":
            tried.add(request.sql)
        elif request.sql not in tried:
            found.append(request.sql)
    return found


def eventually(check: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether it becomes true in time."""
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def when(true: Callable[[], object], act: Callable[[], object]) -> None:
    """Act as soon as it is true, from a thread of its own."""

    def wait() -> None:
        if eventually(true):
            act()

    threading.Thread(target=wait, daemon=True).start()


def run(engine: BigQueryEngine, job: Job) -> tuple[Any, str | None, float]:
    """The result or the code of the error, and the seconds it took."""
    began = time.monotonic()
    try:
        result, code = engine.run(job), None
    except PeterError as error:
        result, code = None, error.code
        # Neither where the servers are nor what Python calls it is for readers.
        assert "127.0.0.1" not in str(error)
        assert "Traceback" not in str(error)
        assert error.message.endswith((".", "!", "?"))
    return result, code, time.monotonic() - began
