"""Statements are bound over empty tables: no data, no run, small cost, words of Peter's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core.dashboard.problems import Problem
from peter_core.engine.binding import Binder
from peter_core.engine.worker_pool import WorkerPool
from peter_core.sql.statement import parse

SCHEMA = {
    "p.nyc.flights": {
        "id": "INT64", "carrier": "STRING", "day": "DATE", "fare": "NUMERIC(10, 2)",
        "area": "GEOGRAPHY", "seen": "ARRAY<STRUCT<at TIMESTAMP, by STRING>>", "extra": "JSON",
    },
    "p.nyc.log_2024": {"id": "INT64"},
    "p.nyc.log_2025": {"id": "INT64"},
}  # fmt: skip


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    made = Binder.of_its_own()
    made.bind(parse("SELECT 1 AS one"), {}, {})
    yield made
    made.close()


def bound(binder: Binder, sql: str, **parameters: str) -> tuple[Problem, ...] | None:
    return binder.bind(parse(sql), SCHEMA, parameters)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, carrier, area, extra FROM nyc.flights",
        "SELECT carrier, SUM(fare) AS paid FROM `p.nyc.flights` GROUP BY carrier",
        "SELECT s.by FROM nyc.flights, UNNEST(seen) AS s WHERE s.at > TIMESTAMP '2024-01-01'",
        "SELECT COUNT(*) AS n FROM `p.nyc.log_*` WHERE _TABLE_SUFFIX = '2024'",
        "SELECT FARM_FINGERPRINT(carrier) AS f FROM nyc.flights",
    ],
)
def test_a_right_statement_binds(binder: Binder, sql: str) -> None:
    assert bound(binder, sql) == ()


def test_a_parameter_needs_a_type_and_no_value(binder: Binder) -> None:
    sql = "SELECT id FROM nyc.flights WHERE day >= @since AND carrier IN UNNEST(@carriers)"
    assert bound(binder, sql, since="DATE", carriers="ARRAY<STRING>") == ()


def test_a_complaint_is_a_warning_at_its_place_and_never_duckdb_s_words(binder: Binder) -> None:
    found = bound(binder, "SELECT id,\n  SUM(carrier) AS s\nFROM nyc.flights GROUP BY id")
    assert found is not None
    (problem,) = found
    assert (problem.rule, problem.severity) == ("binding", "warning")
    assert (problem.line, problem.column, problem.end_column) == (2, 3, 6)
    assert problem.message == "SUM takes no arguments of the types (STRING)."
    assert not {"VARCHAR", "Binder", "Candidate", "LINE 1"} & set(problem.message.split())


@pytest.mark.parametrize(
    ("sql", "message", "place"),
    [
        ("SELECT id + carrier AS x FROM nyc.flights",
         "`+` cannot be used between INT64 and STRING.", (1, 11)),
        ("SELECT carrier, COUNT(*) AS n FROM nyc.flights",
         "`carrier` is neither grouped nor aggregated.", (1, 8)),
        ("SELECT 1 AS a FROM nyc.flights WHERE id < day",
         "A value of type INT64 is compared with one of type DATE.", (1, 1)),
    ],
)  # fmt: skip
def test_each_kind_of_complaint_has_its_sentence(
    binder: Binder, sql: str, message: str, place: tuple[int, int]
) -> None:
    found = bound(binder, sql)
    assert found is not None
    assert [(one.message, (one.line, one.column)) for one in found] == [(message, place)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ST_AREA(area) AS a FROM nyc.flights",
        "SELECT id FROM nyc.unknown",
        "DELETE FROM nyc.flights WHERE TRUE",
    ],
)
def test_what_has_no_translation_is_not_spoken_of(binder: Binder, sql: str) -> None:
    assert bound(binder, sql) is None


def test_two_tables_of_one_name_in_two_projects_are_not_spoken_of(binder: Binder) -> None:
    schema = {"a.d.t": {"x": "INT64"}, "b.d.t": {"y": "STRING"}}
    sql = "SELECT one.x FROM `a.d.t` AS one JOIN `b.d.t` AS two ON TRUE"
    assert binder.bind(parse(sql), schema, {}) is None


def test_nothing_is_computed_not_even_a_constant_of_four_gigabytes(binder: Binder) -> None:
    # A worker has no room for it: computed, it is an error, of which nothing is said.
    assert bound(binder, "SELECT REPEAT('a', 4000000000) AS x FROM nyc.flights") == ()


def test_one_binding_leaves_nothing_for_the_next(binder: Binder) -> None:
    for kind in ("INT64", "STRING"):
        assert binder.bind(parse("SELECT x FROM d.t"), {"d.t": {"x": kind}}, {}) == ()


def test_a_worker_that_is_gone_makes_the_tier_silent() -> None:
    binder = Binder.of_its_own()
    binder.close()
    assert bound(binder, "SELECT id FROM nyc.flights") is None


def test_a_worker_with_data_binds_without_looking_at_it(pool: WorkerPool, database: Path) -> None:
    binder = Binder(pool, lambda: database)
    schema = {"nyc.flights": {"only_here": "STRING"}}
    assert binder.bind(parse("SELECT only_here FROM nyc.flights"), schema, {}) == ()
    rows = pool.execute(
        "SELECT count(*) AS n FROM nyc.flights", database=database, deadline=time.monotonic() + 30
    )
    assert rows.table.to_pylist() == [{"n": 1000}]


def test_one_warm_worker_serves_one_binding_after_the_other(binder: Binder) -> None:
    sql = "SELECT carrier, SUM(fare) AS paid FROM nyc.flights GROUP BY carrier"
    assert bound(binder, sql) == ()
    warm = binder._pool.pids()
    assert len(warm) == 1
    for wrong in (sql, "SELECT carrier + 1 AS x FROM nyc.flights", sql):
        bound(binder, wrong)
        assert binder._pool.pids() == warm
