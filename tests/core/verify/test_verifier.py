"""A statement verified end to end on the embedded engine, and every way it can fail to run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peter_core.costs import Prices, usd
from peter_core.dashboard.model import Check
from peter_core.engine.duckdb import DuckDBEngine
from peter_core.engine.port import CancelToken, Column, Estimate, Job, Result
from peter_core.errors import (
    EngineUnavailable,
    PeterError,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
)
from peter_core.principal import Principal
from peter_core.sql.parameters import Parameter
from peter_core.verify.receipt import make_receipt
from peter_core.verify.verification import ColumnSources, Verification
from peter_core.verify.verifier import Look, verify_statement

ANNA = Principal("anna@example.com")
MB = 2**20
DAILY = """SELECT day, COUNT(*) AS flights, AVG(delay) AS delay
FROM nyc.flights
WHERE day >= @since
GROUP BY day
ORDER BY day"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    (root / "data" / "nyc").mkdir(parents=True)
    days = [dt.date(2013, 6, 1) + dt.timedelta(days=i // 10) for i in range(300)]
    table = pa.table(
        {
            "day": days,
            "carrier": [("UA", "AA", "B6")[i % 3] for i in range(300)],
            "delay": pa.array([None if i % 10 == 0 else i % 7 for i in range(300)], pa.int64()),
            "amount": [i / 8 for i in range(300)],
        }
    )
    pq.write_table(table, root / "data" / "nyc" / "flights.parquet")
    return root


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(folder)
    yield engine
    engine.close()


def verify(engine: DuckDBEngine, sql: str, **given: Any) -> Verification:
    options: dict[str, Any] = {
        "price": Prices(), "principal": ANNA, "max_bytes": 10**9, **given,
    }  # fmt: skip
    return verify_statement(engine, sql, **options)


def daily(engine: DuckDBEngine, **given: Any) -> Verification:
    options: dict[str, Any] = {
        "parameters": {"since": "2013-06-21"}, "declared": {"since": "DATE"}, **given,
    }  # fmt: skip
    return verify(engine, DAILY, **options)


# What runs ----------------------------------------------------------------------------------


def test_the_payload_says_what_the_statement_is_costs_and_returns(engine: DuckDBEngine) -> None:
    made = daily(engine, sample_rows=2)
    assert (made.verdict, made.statement_type, made.engine) == ("passed", "SELECT", "duckdb")
    assert made.sql == DAILY
    assert len(made.fingerprint) == 64
    assert [(c.name, c.type) for c in made.schema] == [
        ("day", "DATE"), ("flights", "INT64"), ("delay", "FLOAT64"),
    ]  # fmt: skip
    assert (made.row_count, made.truncated) == (10, False)
    # Ten rows a day, one without a delay: every third value of i % 7 from 211 on.
    first = [i % 7 for i in range(200, 210) if i % 10]
    assert made.sample_rows[0] == {
        "day": "2013-06-21", "flights": 10, "delay": pytest.approx(sum(first) / 9),
    }  # fmt: skip
    assert len(made.sample_rows) == 2
    assert [(p.name, p.nulls, p.distinct) for p in made.profile][:2] == [
        ("day", 0, 10), ("flights", 0, 1),
    ]  # fmt: skip
    assert made.table is not None
    assert made.table.num_rows == 10
    assert made.error is None


def test_its_tables_are_stamped_and_its_columns_traced(engine: DuckDBEngine) -> None:
    made = daily(engine)
    (stamp,) = made.tables
    assert (stamp.id, stamp.rows) == ("local.nyc.flights", 300)
    assert stamp.updated_at is not None
    assert made.columns == (
        ColumnSources("day", ("local.nyc.flights.day",)),
        ColumnSources("flights", ()),
        ColumnSources("delay", ("local.nyc.flights.delay",)),
    )


def test_on_the_embedded_engine_the_cost_is_what_bigquery_would_bill(
    engine: DuckDBEngine,
) -> None:
    made = daily(engine)
    assert made.bytes_billed == 0
    assert made.bytes_scanned == made.estimated_bytes == 300 * 8 + 270 * 8
    assert made.cost_usd == usd(Prices().price(10 * MB)) == "0.00006"


def test_a_price_of_ones_own_counts(engine: DuckDBEngine) -> None:
    assert daily(engine, price=Prices(Decimal(0))).cost_usd == "0"


def test_a_constant_column_is_found_at_its_place(engine: DuckDBEngine) -> None:
    made = daily(engine)
    assert [(f.rule, f.line, f.column) for f in made.findings] == [("column-constant", 1, 13)]


def test_checks_decide_the_verdict(engine: DuckDBEngine) -> None:
    good = Check.model_validate({"rows": {"min": 1}})
    bad = Check.model_validate({"rows": {"min": 100}})
    mild = Check.model_validate({"rows": {"min": 100}, "severity": "warning"})
    assert daily(engine, checks=[good, mild]).verdict == "passed"
    failed = daily(engine, checks=[good, bad])
    assert failed.verdict == "failed"
    assert [each.passed for each in failed.checks] == [True, False]
    assert failed.reason is None
    assert failed.receipt is not None


def test_a_result_that_bigquery_refuses_does_not_pass(engine: DuckDBEngine) -> None:
    made = verify(engine, "SELECT carrier, carrier AS Carrier FROM nyc.flights")
    assert (made.verdict, made.reason) == ("could_not_run", "refused")
    assert "2 columns are called `carrier`; BigQuery refuses" in str(made.error)
    assert "alias" in str(made.hint)
    assert made.row_count is None


def test_the_receipt_is_the_one_publishing_makes(engine: DuckDBEngine) -> None:
    made = daily(engine)
    bound = (Parameter("since", "DATE", dt.date(2013, 6, 21)),)
    receipt = make_receipt(made, bound, ANNA)
    assert receipt.id == made.receipt
    assert receipt.matches(made.fingerprint, made.schema, "duckdb") == (True, None)
    assert not receipt.matches(made.fingerprint, made.schema, "bigquery")[0]


def test_comments_and_layout_do_not_change_the_fingerprint(engine: DuckDBEngine) -> None:
    other = verify(
        engine, "-- later\n" + DAILY.replace("\n", "  "), parameters={"since": dt.date(2013, 6, 21)}
    )
    assert other.fingerprint == daily(engine).fingerprint


def test_more_rows_than_are_kept_are_counted_and_said(engine: DuckDBEngine) -> None:
    check = Check.model_validate({"not_null": ("day",)})
    made = verify(engine, "SELECT day, carrier, amount FROM nyc.flights", max_rows=50,
                  checks=[check])  # fmt: skip
    assert (made.row_count, made.truncated) == (300, True)
    assert "result-truncated" in {each.rule for each in made.findings}
    assert made.checks[0].detail.endswith("Only the first 50 of 300 rows were looked at.")
    assert len(made.sample_rows) == 20


def test_the_sample_is_a_hundred_rows_at_most(engine: DuckDBEngine) -> None:
    made = verify(engine, "SELECT amount FROM nyc.flights", sample_rows=10**6)
    assert len(made.sample_rows) == 100
    assert verify(engine, "SELECT amount FROM nyc.flights", sample_rows=-1).sample_rows == ()


def test_an_equals_check_compares_with_another_query(engine: DuckDBEngine) -> None:
    check = Check.model_validate({"equals": {"query": "total", "column": "flights"}})
    total = pa.table({"flights": [100]})
    assert daily(engine, checks=[check], others={"total": total}).verdict == "passed"
    assert daily(engine, checks=[check]).verdict == "failed"


def test_a_dry_run_prices_and_reads_but_does_not_run(engine: DuckDBEngine) -> None:
    def never(job: Job, cancel: CancelToken) -> tuple[Result, bool]:
        raise AssertionError("a dry run must not run")

    made = verify(engine, "SELECT * FROM nyc.flights", dry_run=True, run=never)
    assert (made.verdict, made.dry_run, made.row_count) == ("passed", True, None)
    assert [c.name for c in made.schema] == ["day", "carrier", "delay", "amount"]
    assert made.estimated_bytes
    assert [f.rule for f in made.findings] == ["select-star", "float-money"]
    assert (made.receipt, made.computed_at) == (None, None)


def test_an_answer_from_a_cache_costs_nothing(engine: DuckDBEngine) -> None:
    made = daily(engine, run=lambda job, cancel: (engine.run(job, cancel), True))
    assert made.cache_hit
    assert (made.bytes_scanned, made.bytes_billed, made.cost_usd) == (0, 0, "0")
    assert made.estimated_bytes
    assert made.row_count == 10


# What does not ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "rule", "place"),
    [
        ("SELECT day FROM nyc.flights WHERE", "sql-syntax", None),
        ("DELETE FROM nyc.flights WHERE TRUE", "sql-refused", (1, 1)),
        ("SELECT 1 AS a; SELECT 2 AS b", "sql-multiple-statements", (1, 16)),
        ("SELECT day,\n  dely FROM nyc.flights", "unknown-column", (2, 3)),
        ("SELECT day FROM nyc.fligths", "unknown-table", (1, 17)),
        ("SELECT day FROM nyc.flights WHERE day > @since", "unknown-parameter", (1, 41)),
    ],
)
def test_what_is_refused_says_why_and_where(
    engine: DuckDBEngine, sql: str, rule: str, place: tuple[int, int] | None
) -> None:
    made = verify(engine, sql)
    assert (made.verdict, made.reason) == ("could_not_run", "refused")
    (found,) = [each for each in made.findings if each.severity == "error"]
    assert found.rule == rule
    assert found.line is not None
    if place:
        assert (found.line, found.column) == place
    assert made.error
    assert made.sql == sql
    assert made.receipt is None


def test_a_value_of_the_wrong_type_is_refused(engine: DuckDBEngine) -> None:
    made = daily(engine, parameters={"since": "June"})
    assert (made.verdict, made.reason) == ("could_not_run", "refused")
    assert made.error is not None
    assert "since" in made.error


def test_a_dataset_that_is_not_allowed_is_refused(engine: DuckDBEngine) -> None:
    made = daily(engine, look=Look(allowed_datasets=frozenset({"web"})))
    assert made.reason == "refused"


def test_an_estimate_over_the_cap_stops_before_anything_runs(engine: DuckDBEngine) -> None:
    def never(job: Job, cancel: CancelToken) -> tuple[Result, bool]:
        raise AssertionError("a statement over its cap must not run")

    made = daily(engine, max_bytes=10**7, run=never)
    assert (made.verdict, made.reason) == ("could_not_run", "over_cap")
    assert made.error == (
        "The statement would bill 10.5 MB (10,485,760 bytes), over its cap of 10 MB "
        "(10,000,000 bytes); nothing was run."
    )
    assert made.hint is not None
    assert "raise max_bytes" in made.hint
    assert (made.cap_bytes, made.estimated_bytes) == (10**7, 300 * 8 + 270 * 8)
    assert made.cost_usd == "0.00006"
    assert made.schema


@pytest.mark.parametrize("cap", [0, -1])
def test_a_cap_of_nothing_is_a_mistake_not_a_default(engine: DuckDBEngine, cap: int) -> None:
    made = daily(engine, max_bytes=cap)
    assert made.reason == "refused"
    assert made.error == f"A byte cap must be more than zero, and it is {cap}."


def test_a_failure_in_the_engine_is_said_as_one(engine: DuckDBEngine) -> None:
    made = verify(engine, "SELECT 1 / (delay - delay) AS x FROM nyc.flights WHERE delay = 1")
    assert (made.verdict, made.reason) == ("could_not_run", "failed")
    assert made.error is not None
    assert made.schema


def test_a_deadline_is_kept(engine: DuckDBEngine) -> None:
    slow = "SELECT COUNT(*) AS n FROM nyc.flights a, nyc.flights b, nyc.flights c, nyc.flights d"
    made = verify(engine, slow, timeout_s=0.5, max_bytes=10**9)
    assert made.reason == "timed_out"
    assert made.duration_ms < 10_000


def test_a_cancelled_verification_runs_nothing(engine: DuckDBEngine) -> None:
    token = CancelToken()
    token.cancel()
    made = daily(engine, cancel=token)
    assert (made.verdict, made.reason) == ("could_not_run", "cancelled")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (QueryFailed("Division by zero."), "failed"),
        (QueryTimeout("Stopped after 60 s."), "timed_out"),
        (QueryCancelled("Cancelled."), "cancelled"),
        (EngineUnavailable("No worker could start.", hint="Try again."), "unavailable"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_failure_of_a_run_has_its_reason(
    engine: DuckDBEngine, error: PeterError, reason: str
) -> None:
    def broken(job: Job, cancel: CancelToken) -> tuple[Result, bool]:
        raise error

    made = daily(engine, run=broken)
    assert (made.verdict, made.reason) == ("could_not_run", reason)
    assert (made.error, made.hint) == (error.message, error.hint)
    # What was known before it failed is kept.
    assert made.estimated_bytes
    assert made.columns


# An engine that bills -----------------------------------------------------------------------


class Billing:
    """An engine with BigQuery's name, whose answers are given."""

    name = "bigquery"
    project = "p"
    location = "EU"

    def __init__(self, estimate: Estimate, result: Result) -> None:
        self.estimate, self.result = estimate, result

    def dry_run(self, job: Job) -> Estimate:
        return self.estimate

    def run(self, job: Job, cancel: CancelToken | None = None) -> Result:
        return self.result


def test_on_an_engine_that_bills_the_cost_is_what_it_billed() -> None:
    columns = (Column("n", "INT64"),)
    estimate = Estimate(50 * MB, 50 * MB, True, (), columns)
    result = Result(pa.table({"n": [1]}), columns, 1, False, 20 * MB, 20 * MB, 5.0, "job-1")
    made = verify(Billing(estimate, result), "SELECT 1 AS n")  # type: ignore[arg-type]
    assert (made.bytes_billed, made.cost_usd) == (20 * MB, usd(Prices().price(20 * MB)))
    assert made.job_id == "job-1"
    free = replace(result, bytes_billed=0, bytes_scanned=0)
    assert verify(Billing(estimate, free), "SELECT 1 AS n").cost_usd == "0"  # type: ignore[arg-type]
