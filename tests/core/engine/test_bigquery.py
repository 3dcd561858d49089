"""The engine over a scripted BigQuery, by the real client."""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from peter_core.engine.bigquery import BigQueryEngine
from peter_core.engine.bigquery.client import make_client
from peter_core.engine.bigquery.labels import user_hash
from peter_core.engine.bigquery.requests import Request, WorkStopped
from peter_core.engine.port import Column, Job
from peter_core.errors import (
    BytesCapExceeded,
    ConfigError,
    EngineUnavailable,
    SqlError,
    SqlRefused,
)
from peter_core.sql.parameters import Parameter
from peter_core.sql.statement import parse
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault

ORDERS = pa.table({"id": list(range(1000)), "name": [f"n{i % 7}" for i in range(1000)]})
MIB = 2**20


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    tables = {
        "shop.orders": FakeTable(ORDERS),
        "shop.items": FakeTable(ORDERS),
        "hidden.orders": FakeTable(ORDERS),
        "shop.window": FakeTable(
            type="VIEW", sql="SELECT id FROM hidden.orders", schema={"id": "INT64"}
        ),
    }
    with FakeBigQuery(tables, page_rows=300) as fake:
        yield fake


@pytest.fixture
def engine(fake: FakeBigQuery) -> Iterator[BigQueryEngine]:
    engine = engine_of(fake)
    yield engine
    engine.close()


def engine_of(fake: FakeBigQuery, **options: Any) -> BigQueryEngine:
    settings = {"client": fake.client(), "datasets": frozenset({"shop"}), "user_salt": b"salt"}
    return BigQueryEngine(fake.project, **(settings | options))


def job(sql: str, *parameters: Parameter, **options: Any) -> Job:
    return Job(parse(sql), parameters, **({"timeout_s": 20.0} | options))


def test_a_dry_run_is_exact_free_and_tells_the_columns(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    found = engine.dry_run(job("SELECT id, name FROM shop.orders"))
    assert found.exact
    assert found.bytes > 8000
    assert found.billed_bytes == 10 * MIB
    assert found.columns == (Column("id", "INT64"), Column("name", "STRING"))
    assert [table.id for table in found.tables] == ["test-project.shop.orders"]
    assert fake.jobs_created == []


def test_every_table_is_billed_with_ten_megabytes(engine: BigQueryEngine) -> None:
    sql = "SELECT a.id FROM shop.orders a JOIN shop.items b USING (id)"
    assert engine.dry_run(job(sql)).billed_bytes == 20 * MIB


def test_bigquery_is_given_the_authors_own_text(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    text = "select  ID -- a comment\nfrom `shop.orders`;"
    engine.run(job(text))
    assert {r.sql for r in fake.requests("jobs.dryRun", "jobs.insert")} == {text}


def test_a_run_has_its_rows_its_bill_and_its_plan(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    result = engine.run(job("SELECT id, name FROM shop.orders ORDER BY id"))
    assert result.table.equals(ORDERS)
    assert (result.row_count, result.truncated) == (1000, False)
    assert result.bytes_billed == 10 * MIB
    assert result.bytes_scanned == engine.dry_run(job("SELECT id, name FROM shop.orders")).bytes
    assert fake.jobs_created == [result.job_id]
    assert result.job_id is not None
    assert result.job_id.startswith("peter_")
    assert result.slot_ms is not None
    assert result.stages
    assert result.stages[0].rows_read == 1000
    assert not result.engine_cache_hit


def test_a_second_run_is_bigquerys_own_cache_and_bills_nothing(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    first, second = (engine.run(job("SELECT id FROM shop.orders")) for _ in range(2))
    assert second.engine_cache_hit
    assert second.bytes_billed == 0
    assert first.job_id != second.job_id
    assert len(fake.requests("jobs.dryRun")) == 1


def test_a_job_carries_its_cap_its_time_and_labels_without_names(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    engine.run(
        job(
            "SELECT id FROM shop.orders",
            user="ann@example.com",
            max_bytes=50 * MIB,
            labels={"peter_dashboard": "Flight Ops", "peter_query": "daily"},
        )
    )
    (request,) = fake.requests("jobs.insert")
    configuration = request.body["configuration"]
    assert configuration["query"]["maximumBytesBilled"] == str(50 * MIB)
    assert configuration["query"]["useQueryCache"] is True
    assert configuration["query"]["useLegacySql"] is False
    assert 19_000 < int(configuration["jobTimeoutMs"]) <= 20_000
    assert configuration["labels"] == {
        "peter_dashboard": "flight_ops",
        "peter_query": "daily",
        "peter_user": user_hash("ann@example.com", b"salt"),
    }
    assert "ann" not in str(request.body)


def test_a_run_is_cut_at_its_rows_and_says_how_many_there_are(engine: BigQueryEngine) -> None:
    result = engine.run(job("SELECT id FROM shop.orders ORDER BY id", max_rows=450))
    assert result.table.column("id").to_pylist() == list(range(450))
    assert (result.row_count, result.truncated) == (1000, True)


def test_a_run_is_cut_at_its_bytes(engine: BigQueryEngine) -> None:
    result = engine.run(job("SELECT id FROM shop.orders ORDER BY id", max_result_bytes=4000))
    assert result.table.column("id").to_pylist() == list(range(500))
    assert result.table.nbytes <= 4000
    assert (result.row_count, result.truncated) == (1000, True)


def test_an_empty_result_keeps_its_columns(engine: BigQueryEngine) -> None:
    result = engine.run(job("SELECT id, name FROM shop.orders WHERE id < 0"))
    assert (result.table.num_rows, result.row_count, result.truncated) == (0, 0, False)
    assert result.columns == (Column("id", "INT64"), Column("name", "STRING"))
    assert result.table.schema.types == [pa.int64(), pa.string()]


def test_parameters_are_bound_and_the_text_is_constant(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    sql = "SELECT id FROM shop.orders WHERE name IN UNNEST(@names) AND id < @most"
    hostile = Parameter("names", "ARRAY<STRING>", ("n1", "'; DROP TABLE x --"))
    result = engine.run(job(sql, hostile, Parameter("most", "INT64", 10)))
    assert sorted(result.table.column("id").to_pylist()) == [1, 8]
    assert {r.sql for r in fake.requests("jobs.dryRun", "jobs.insert")} == {sql}


def test_over_the_cap_nothing_is_billed_and_the_cap_is_named(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    with pytest.raises(BytesCapExceeded, match=r"5,000,000 bytes"):
        engine.run(job("SELECT id FROM shop.orders", max_bytes=5_000_000))
    assert fake.billed_jobs == []


def test_a_typo_in_a_column_is_found_by_the_dry_run(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    with pytest.raises(SqlError) as caught:
        engine.run(job("SELECT\n  nmae FROM shop.orders"))
    (problem,) = caught.value.problems
    assert (problem.rule, problem.line, problem.column) == ("unknown-column", 2, 3)
    assert fake.jobs_created == []


def test_a_typo_in_a_table_names_the_nearest(engine: BigQueryEngine) -> None:
    with pytest.raises(SqlError) as caught:
        engine.dry_run(job("SELECT id FROM shop.ordres"))
    (problem,) = caught.value.problems
    assert (problem.rule, problem.column) == ("unknown-table", 16)
    assert problem.hint == "Did you mean shop.orders?"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM hidden.orders",
        "SELECT id FROM shop.window UNION ALL SELECT id FROM hidden.orders",
        "SELECT id FROM `other-project.shop.orders`",
    ],
)
def test_what_lies_outside_the_allowed_datasets_never_runs(
    fake: FakeBigQuery, engine: BigQueryEngine, sql: str
) -> None:
    with pytest.raises(SqlError):
        engine.run(job(sql))
    assert fake.jobs_created == []


def test_a_view_of_an_allowed_dataset_may_read_outside(engine: BigQueryEngine) -> None:
    result = engine.run(job("SELECT COUNT(*) AS n FROM shop.window"))
    assert result.table.to_pylist() == [{"n": 1000}]


@pytest.mark.parametrize(
    "sql", ["DELETE FROM shop.orders WHERE TRUE", "CREATE TABLE shop.x AS SELECT 1 AS a"]
)
def test_what_bigquery_does_not_call_a_select_never_runs(
    fake: FakeBigQuery, engine: BigQueryEngine, sql: str
) -> None:
    with pytest.raises(SqlRefused, match="single SELECT"):
        engine.run(job(sql))
    assert fake.jobs_created == []


def test_a_job_runs_where_its_dry_run_was(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, location=None)
    engine.run(job("SELECT 1 AS a"))
    (request,) = fake.requests("jobs.insert")
    assert request.body["jobReference"]["location"] == "US"
    assert engine.location == "auto"


def test_a_name_without_a_dataset_is_of_the_default_one(fake: FakeBigQuery) -> None:
    engine = engine_of(fake, default_dataset="shop")
    assert engine.run(job("SELECT COUNT(*) AS n FROM orders")).table.to_pylist() == [{"n": 1000}]


def test_a_cut_result_is_profiled_over_all_its_rows(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    asked = job("SELECT id, name, IF(id < 10, NULL, id / 4) AS q FROM shop.orders", max_rows=5)
    result = engine.run(asked)
    profiles = engine.profile(result, asked)
    assert profiles is not None
    by_name = {profile.name: profile for profile in profiles}
    assert (by_name["id"].min, by_name["id"].max, by_name["id"].mean) == (0, 999, 499.5)
    assert by_name["name"].distinct == 7
    assert by_name["name"].top[0] == ("n0", 143)
    assert by_name["q"].nulls == 10
    assert len(fake.requests("jobs.dryRun")) == len(fake.requests("jobs.insert")) == 2


def test_a_whole_result_a_lost_one_and_a_dear_one_have_no_profile(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    whole = job("SELECT id FROM shop.orders")
    assert engine.profile(engine.run(whole), whole) is None
    cut = job("SELECT id FROM shop.orders", max_rows=5)
    result = engine.run(cut)
    assert engine.profile(result, job(cut.statement.text, max_bytes=MIB)) is None
    fake.script(Fault(on="jobs.get", kind="status", status=404, reason="notFound"))
    assert engine.profile(result, cut) is None
    assert len(fake.requests("jobs.insert")) == 2


def test_readiness_is_one_free_call_for_a_while(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    facts = engine.ready()
    assert facts == {
        "engine": "bigquery", "project": "test-project", "location": "auto",
        "running": 0, "waiting": 0,
    }  # fmt: skip
    engine.ready()
    assert [request.operation for request in fake.journal] == ["datasets.list"]


def test_not_ready_says_why(fake: FakeBigQuery, engine: BigQueryEngine) -> None:
    fake.script(Fault(on="*", kind="status", status=401, reason="authError", times=None))
    with pytest.raises(EngineUnavailable, match="credentials"):
        engine.ready()


def test_a_closed_engine_takes_nothing_more(engine: BigQueryEngine) -> None:
    engine.close()
    with pytest.raises(EngineUnavailable, match="closed"):
        engine.run(job("SELECT 1 AS a"))


def test_a_key_file_that_is_none_is_named_and_not_quoted(tmp_path: Any) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"type": "service_account", "private_key": "canary-9f1"}')
    with pytest.raises(ConfigError) as caught:
        make_client("p", location=None, credentials_file=file, api_endpoint=None, connections=4)
    assert "key.json" in caught.value.message
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


MOMENT = dt.datetime(2024, 2, 29, 23, 59, 59, 999999)  # noqa: DTZ001 - a DATETIME
EVERY_TYPE = pa.table(
    {
        "i": pa.array([2**63 - 1, None], pa.int64()),
        "f": pa.array([0.1, float("inf")], pa.float64()),
        "b": pa.array([True, None], pa.bool_()),
        "s": pa.array(["naïve <b>", ""], pa.string()),
        "y": pa.array([b"\x00\xff", b""], pa.binary()),
        "d": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)], pa.date32()),
        "m": pa.array([dt.time(23, 59, 59, 1), None], pa.time64("us")),
        "t": pa.array([MOMENT, None], pa.timestamp("us")),
        "z": pa.array([MOMENT.replace(tzinfo=dt.UTC), None], pa.timestamp("us", tz="UTC")),
        "n": pa.array([Decimal("-1.000000001"), None], pa.decimal128(38, 9)),
        "l": pa.array([[1, 2], []], pa.list_(pa.int64())),
        "r": pa.array(
            [{"x": 1, "y": ["a"]}, {"x": None, "y": []}],
            pa.struct([("x", pa.int64()), ("y", pa.list_(pa.string()))]),
        ),
    }
)


@pytest.mark.parametrize("storage", [False, True])
def test_every_type_comes_back_as_it_went_in(storage: bool) -> None:
    with FakeBigQuery({"t.all": FakeTable(EVERY_TYPE)}, page_rows=1) as fake:
        client = fake.storage_client() if storage else None
        engine = engine_of(fake, datasets=None, storage_read=storage, storage_client=client)
        result = engine.run(job("SELECT * FROM t.all"))
        assert bool(fake.requests("storage.readRows")) is storage
        assert bool(fake.requests("tabledata.list")) is not storage
        if client is not None:
            client.transport.close()
    assert result.table.schema == EVERY_TYPE.schema
    assert result.table.to_pylist() == EVERY_TYPE.to_pylist()


def test_a_bound_is_not_called_exact() -> None:
    tables = {
        "shop.clustered": FakeTable(ORDERS, clustering=("id",)),
        "shop.sheet": FakeTable(ORDERS, type="EXTERNAL"),
    }
    with FakeBigQuery(tables) as fake:
        engine = engine_of(fake)
        assert not engine.dry_run(job("SELECT id FROM shop.clustered")).exact
        assert not engine.dry_run(job("SELECT id FROM shop.sheet")).exact


def test_the_text_of_a_profile_opens_no_result_to_others(
    fake: FakeBigQuery, engine: BigQueryEngine
) -> None:
    asked = job("SELECT id FROM shop.orders", max_rows=5)
    engine.profile(engine.run(asked), asked)
    text = fake.requests("jobs.insert")[-1].sql
    assert text is not None
    with pytest.raises(SqlRefused, match="outside"):
        engine.run(job(text))


def test_nothing_of_a_statement_stands_in_the_logs(
    engine: BigQueryEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    engine.run(job("SELECT 'canary-7c2' AS a"))
    assert "canary-7c2" not in caplog.text


def test_a_table_peter_may_not_read_is_a_problem_of_its_query() -> None:
    with FakeBigQuery({"shop.pay": FakeTable(ORDERS, denied=True)}) as fake:
        with pytest.raises(SqlError) as caught:
            engine_of(fake).dry_run(job("SELECT id FROM shop.pay"))
        assert [problem.rule for problem in caught.value.problems] == ["table-denied"]
        assert fake.jobs_created == []


def test_the_module_is_light_until_an_engine_is_made() -> None:
    program = (
        "import sys, peter_core.engine.bigquery\n"
        "heavy = {'google.cloud', 'google.auth', 'requests', 'pyarrow', 'grpc'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_a_token_that_does_not_come_holds_no_call_past_its_deadline(tmp_path: Any) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "key.json"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        key = {"type": "service_account", "client_email": "peter@example.com", "private_key": pem,
               "token_uri": f"http://127.0.0.1:{silent.getsockname()[1]}/token"}  # fmt: skip
        file.write_text(json.dumps(key))
        client = make_client(
            "p", location=None, credentials_file=file, api_endpoint="https://127.0.0.1:1",
            connections=4,
        )  # fmt: skip
        # The client asks for results with two minutes, whatever it is told.
        ask = lambda _: client._http.get("https://127.0.0.1:1/queries", timeout=120)  # noqa: E731
        began = time.monotonic()
        with pytest.raises(WorkStopped):
            Request(began + 0.5).call(ask)
        assert time.monotonic() - began < 60
        client.close()  # type: ignore[no-untyped-call]
