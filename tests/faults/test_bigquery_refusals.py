"""What must not run never becomes a job of BigQuery, whatever let it through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.errors import (
    BytesCapExceeded,
    SqlError,
)
from peter_core.sql.parameters import Parameter
from peter_core.sql.statement import parse
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault
from tests.fakes.bigquery.statement_types import statement_type
from tests.faults.bigquery_runs import (
    ORDERS,
    SQL,
    engine_of,
    job_of,
)


def test_nothing_but_a_query_is_ever_run_even_when_the_guard_slept(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    folder = Path(__file__).parent.parent / "fixtures" / "sql" / "refused"
    passed = parse(SQL)
    asked = 0
    for file in sorted(folder.glob("*.sql")):
        text = file.read_bytes().decode("utf-8")
        if statement_type(text) is not None or ";" in text.strip().rstrip(";"):
            asked += 1
            with pytest.raises(SqlError):
                engine.run(job_of(statement=replace(passed, text=text)))
    assert asked > 120
    assert len(fake.requests("jobs.dryRun")) >= asked
    assert fake.requests("jobs.insert", "jobs.query") == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pay FROM hr.people",
        "SELECT id FROM sales.orders WHERE id IN (SELECT pay FROM hr.people)",
        "SELECT n FROM `elsewhere.pub.names`",
        "SELECT pay FROM `hr.*`",
        "SELECT pay FROM hr.view",
    ],
)
def test_nothing_outside_the_allowed_datasets_is_ever_run(sql: str) -> None:
    tables = {
        "sales.orders": ORDERS,
        "hr.people": pa.table({"pay": [1]}),
        "hr.view": FakeTable(type="VIEW", sql="SELECT pay FROM `hr.people`"),
        "elsewhere.pub.names": pa.table({"n": ["a"]}),
    }
    with FakeBigQuery(tables) as fake:
        engine = engine_of(fake, datasets=frozenset({"sales"}))
        with pytest.raises(SqlError):
            engine.run(job_of(sql))
        assert engine.run(job_of()).row_count == 100
        engine.close()
        assert len(fake.requests("jobs.insert")) == 1


def test_the_cap_that_was_exceeded_is_named(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault("jobs.insert", "job_error", reason="bytesBilledLimitExceeded"))
    with pytest.raises(BytesCapExceeded, match=r"20,971,520|21 MB|20 MB"):
        engine.run(job_of())


def test_a_job_over_its_cap_bills_nothing(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    with pytest.raises(BytesCapExceeded):
        engine.run(job_of(max_bytes=10 * 2**20 - 1))
    assert fake.billed_jobs == []


def test_what_runs_is_the_authors_own_text_and_values_travel_beside_it(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    sql = "-- mine\nSELECT\tid FROM   sales.orders -- 'x\n WHERE CAST(id AS STRING) != @q /* é */"
    hostile = "1'; DROP TABLE sales.orders; --"
    fake.script(Fault("jobs.insert", "reset", after=True))
    job = job_of(sql, parameters=(Parameter("q", "STRING", hostile),))
    assert engine.run(job).row_count == 100
    asked = fake.requests("jobs.dryRun", "jobs.insert")
    assert len(asked) == 3
    assert {request.sql for request in asked} == {sql}
    for request in asked:
        (sent,) = request.body["configuration"]["query"]["queryParameters"]
        assert sent["parameterValue"] == {"value": hostile}
