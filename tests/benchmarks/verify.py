"""What verification costs over DuckDB itself: ``python -m tests.benchmarks.verify``.

Every query of the demo dashboard, warm and interleaved in one process tree: the same translated SQL
in process, the engine's worker, and the whole verification (guard, dry run, run, profile, findings,
lineage, receipt). Medians in milliseconds.
"""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from peter_core.config import load_settings
from peter_core.costs import Prices
from peter_core.engine.duckdb import DuckDBEngine
from peter_core.engine.port import Job
from peter_core.plan.plan import Step
from peter_core.principal import LOCAL
from peter_core.service.parts import open_parts
from peter_core.service.peter import Peter
from peter_core.sql.dialect import to_duckdb
from peter_core.verify.verifier import verify_statement
from tools.flights import write_flights

DOCUMENT = Path(__file__).resolve().parents[2] / "notebooks" / "flight-operations.peter.yaml"
ROUNDS = 15


def main() -> None:
    """Print one line a query and the median over all of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_flights(folder)
        settings = load_settings(folder=folder)
        parts = open_parts(settings)
        with Peter(parts, settings) as peter:
            plan = peter.compile(DOCUMENT.read_text("utf-8"))
            engine = parts.engine
            assert isinstance(engine, DuckDBEngine)
            plain = _plain(folder)
            print(f"{'query':<16}{'DuckDB':>9}{'engine':>9}{'verify':>9}{'more':>9}")
            more = [
                _measure(key, step, plain, engine)
                for key, step in plan.steps.items()
                if step.role != "comparison"
            ]
            print(f"median of verify over DuckDB: {statistics.median(more):+.1f} ms")


def _plain(folder: Path) -> duckdb.DuckDBPyConnection:
    """The same tables, loaded into a DuckDB of this process."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE SCHEMA nyc")
    for path in sorted((folder / "data" / "nyc").glob("*.parquet")):
        connection.execute(f'CREATE TABLE nyc."{path.stem}" AS FROM read_parquet(?)', [str(path)])
    return connection


def _measure(key: str, step: Step, plain: duckdb.DuckDBPyConnection, engine: DuckDBEngine) -> float:
    schema = {table.id: table.schema for table in step.tables}
    translated = to_duckdb(step.statement, schema=schema, parameters=step.parameters).sql
    values = {parameter.name: _plain_value(parameter.value) for parameter in step.parameters}
    job = Job(step.statement, step.parameters)

    def verify() -> object:
        made = verify_statement(
            engine, step.statement.text, price=Prices(), principal=LOCAL, max_bytes=10**9,
            parameters=values, declared={p.name: p.type for p in step.parameters},
        )  # fmt: skip
        assert made.verdict == "passed", made.error
        return made

    ways: list[Callable[[], object]] = [
        lambda: plain.sql(translated, params=values).to_arrow_table(),
        lambda: engine.run(job),
        verify,
    ]
    spans: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way()
    for _ in range(ROUNDS):
        for way, found in zip(ways, spans, strict=True):
            began = time.perf_counter()
            way()
            found.append((time.perf_counter() - began) * 1000)
    direct, worker, whole = (statistics.median(found) for found in spans)
    print(f"{key:<16}{direct:>9.1f}{worker:>9.1f}{whole:>9.1f}{whole - direct:>+9.1f}")
    return whole - direct


def _plain_value(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


if __name__ == "__main__":
    main()
