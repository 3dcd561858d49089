"""What BigQuery said of a statement counts while it says nothing, and no longer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.cache.estimates import KeptEstimates
from peter_core.cache.results import ResultCache
from peter_core.engine.port import Column, Estimate, Job, TableInfo
from peter_core.errors import (
    EngineUnavailable,
    Overloaded,
    PeterError,
    QueryTimeout,
    SqlError,
    TableNotFound,
)
from peter_core.service.remembering import PATIENCE_S, RememberingEngine
from peter_core.sql.parameters import Parameter
from peter_core.sql.statement import parse

ORDERS = TableInfo(
    "acme.sales.orders",
    (Column("id", "INT64", "REQUIRED"), Column("tags", "STRING", "REPEATED")),
    rows=7,
    bytes=56,
    updated_at=dt.datetime(2026, 11, 1, 8, 30, tzinfo=dt.UTC),
    column_bytes={"id": 56},
    partition_column="day",
    kind="view",
    clustering=("id",),
    view_sql="SELECT 1",
    sources=("acme.raw.orders",),
)
SAID = Estimate(56, 10 * 2**20, True, (ORDERS,), (Column("n", "INT64"),))
JOB = Job(parse("SELECT COUNT(*) AS n FROM sales.orders"), timeout_s=60)


class Warehouse:
    """An engine that says what it is told to say."""

    name, project, location = "bigquery", "acme", "EU"

    def __init__(self) -> None:
        self.says: Estimate | PeterError = SAID
        self.patience: list[float] = []

    def dry_run(self, job: Job) -> Estimate:
        self.patience.append(job.timeout_s)
        if isinstance(self.says, PeterError):
            raise self.says
        return self.says


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ResultCache]:
    opened = ResultCache.open(tmp_path)
    yield opened
    opened.close()


def _engine(cache: ResultCache, warehouse: Warehouse) -> RememberingEngine:
    return RememberingEngine(warehouse, KeptEstimates(cache, warehouse))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [EngineUnavailable, Overloaded, QueryTimeout])
def test_what_was_said_counts_while_nobody_answers(
    cache: ResultCache, kind: type[PeterError]
) -> None:
    warehouse = Warehouse()
    assert _engine(cache, warehouse).dry_run(JOB) == SAID
    warehouse.says = kind("Away.")
    # Another server, with the same cache.
    assert _engine(cache, warehouse).dry_run(JOB) == SAID


def test_nobody_waits_long_where_an_answer_is_known(cache: ResultCache) -> None:
    warehouse = Warehouse()
    engine = _engine(cache, warehouse)
    engine.dry_run(JOB)
    engine.dry_run(JOB)
    assert warehouse.patience == [60, PATIENCE_S]


def test_another_statement_or_value_was_never_told_of(cache: ResultCache) -> None:
    warehouse = Warehouse()
    engine = _engine(cache, warehouse)
    engine.dry_run(JOB)
    warehouse.says = EngineUnavailable("Away.")
    asked = parse("SELECT COUNT(*) AS n FROM sales.orders WHERE id > @since")
    for job in (Job(asked, (Parameter("since", "INT64", 1),)), Job(parse("SELECT 1 AS n"))):
        with pytest.raises(EngineUnavailable):
            engine.dry_run(job)


@pytest.mark.parametrize("kind", [SqlError, TableNotFound])
def test_what_the_engine_refuses_is_not_what_it_said_before(
    cache: ResultCache, kind: type[PeterError]
) -> None:
    warehouse = Warehouse()
    engine = _engine(cache, warehouse)
    engine.dry_run(JOB)
    warehouse.says = kind("There is no such table any more.")
    with pytest.raises(kind):
        engine.dry_run(JOB)


def test_the_newest_answer_is_kept(cache: ResultCache) -> None:
    warehouse = Warehouse()
    engine = _engine(cache, warehouse)
    engine.dry_run(JOB)
    newer = warehouse.says = Estimate(57, 10 * 2**20, False, (), (Column("n", "FLOAT64"),))
    engine.dry_run(JOB)
    warehouse.says = EngineUnavailable("Away.")
    assert engine.dry_run(JOB) == newer


def test_bytes_of_another_version_or_hand_are_nothing(cache: ResultCache) -> None:
    warehouse = Warehouse()
    kept = KeptEstimates(cache, warehouse)  # type: ignore[arg-type]
    for payload in (b"", b"[]", b'{"bytes": 1}', b"\x80\x04."):
        cache.keep_note(kept._key(JOB), payload)
        assert kept.get(JOB) is None


def test_no_result_is_counted_looked_up_or_forgotten_for_it(cache: ResultCache) -> None:
    _engine(cache, Warehouse()).dry_run(JOB)
    assert (cache.stats().hits, cache.stats().misses) == (0, 0)
    assert cache.invalidate(fingerprint=JOB.statement.fingerprint) == 0
    assert cache.invalidate(table=ORDERS.id) == 0


def test_volatile_statements_are_remembered_too(cache: ResultCache) -> None:
    warehouse = Warehouse()
    engine = _engine(cache, warehouse)
    job = Job(parse("SELECT CURRENT_DATE() AS d, SESSION_USER() AS u FROM sales.orders"))
    engine.dry_run(job)
    warehouse.says = EngineUnavailable("Away.")
    assert engine.dry_run(job) == SAID
