"""The embedded engine and BigQuery's give equal results for the same data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.duckdb import DuckDBEngine
from peter_core.engine.port import Job
from peter_core.sql.statement import parse
from tests.core.engine.workspace import make_workspace
from tests.fakes.bigquery import FakeBigQuery, FakeTable

STATEMENTS = [
    "SELECT * FROM nyc.flights ORDER BY id",
    "SELECT carrier, COUNT(*) AS n, AVG(delay) AS mean, SUM(fare) AS total, MAX(day) AS last "
    "FROM nyc.flights GROUP BY carrier ORDER BY carrier",
    "SELECT TIMESTAMP_TRUNC(departed, HOUR) AS hour, SUM(id) AS ids FROM nyc.flights "
    "GROUP BY hour ORDER BY hour",
    "SELECT CAST(fare AS NUMERIC) AS exact, id / 7 AS part, id > 500 AS late FROM nyc.flights "
    "ORDER BY id LIMIT 20",
    "SELECT DATETIME(departed) AS local, EXTRACT(HOUR FROM departed) AS hour, NULL AS nothing "
    "FROM nyc.flights ORDER BY departed LIMIT 5",
    "SELECT carrier, ARRAY_AGG(id ORDER BY id LIMIT 3) AS ids FROM nyc.flights "
    "GROUP BY carrier ORDER BY carrier",
    "SELECT id FROM nyc.flights WHERE FALSE",
]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    folder: Path = make_workspace(tmp_path_factory.mktemp("both"), rows=600)
    embedded = DuckDBEngine(folder, project="test-project")
    flights = pq.read_table(folder / "data/nyc/flights.parquet")
    with FakeBigQuery({"nyc.flights": FakeTable(flights)}, page_rows=250) as fake:
        cloud = BigQueryEngine(fake.project, client=fake.client(), user_salt=b"x")
        yield embedded, cloud
        cloud.close()
    embedded.close()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_results_are_equal(engines: tuple[Any, Any], sql: str) -> None:
    embedded, cloud = (engine.run(Job(parse(sql))) for engine in engines)
    assert cloud.columns == embedded.columns
    assert cloud.table.schema == embedded.table.schema
    assert cloud.table.to_pylist() == embedded.table.to_pylist()
    assert (cloud.row_count, cloud.truncated) == (embedded.row_count, embedded.truncated)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_dry_runs_tell_the_same_columns(engines: tuple[Any, Any], sql: str) -> None:
    embedded, cloud = (engine.dry_run(Job(parse(sql))) for engine in engines)
    assert cloud.columns == embedded.columns
    assert [table.id for table in cloud.tables] == [table.id for table in embedded.tables]
