"""A plan asks the warehouse for all its steps at once, and outlives a warehouse that is away."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from peter_core.dashboard.canonical import revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.engine.duckdb import DuckDBEngine
from peter_core.errors import EngineUnavailable
from peter_core.plan.compiler import Limits, compile_plan
from peter_core.plan.plan_cache import PlanCache
from tests.small_flights import write_tables

BOARD = """\
version: 1
slug: flights
title: Flights
filters:
  period: {type: date_range, default: {from: 2013-06-02, to: 2013-06-03}}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS n FROM nyc.flights
      WHERE flight_date BETWEEN @period_start AND @period_end GROUP BY flight_date
  airlines: {sql: SELECT name FROM nyc.airlines}
  wrong: {sql: SELECT nam FROM nyc.airlines}
charts:
  total:
    type: kpi
    query: daily
    value: n
    aggregate: sum
    title: Flights
    comparison: {to: previous_period}
  names: {type: table, query: airlines, title: Airlines}
  broken: {type: table, query: wrong, title: Broken}
"""


class Gate:
    """The embedded engine whose dry runs wait for each other, and which can go away."""

    def __init__(self, engine: DuckDBEngine, together: int) -> None:
        self._engine = engine
        self._together = threading.Barrier(together, timeout=120)
        self.away = False
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def dry_run(self, job: Any) -> Any:
        self.asked += 1
        self._together.wait()
        return self._engine.dry_run(job)

    def table(self, name: str) -> Any:
        if self.away:
            raise EngineUnavailable("The warehouse cannot be reached.")
        return self._engine.table(name)


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = DuckDBEngine(write_tables(tmp_path))
    yield Gate(engine, together=4)
    engine.close()


def test_every_step_is_estimated_at_once_and_a_broken_one_leaves_the_others(engine: Any) -> None:
    loaded = load_dashboard(BOARD)
    plan = compile_plan(loaded, revision=revision(loaded), engine=engine, limits=Limits())
    assert engine.asked == 4
    assert set(plan.steps) == {"daily", "daily:previous_period:period", "airlines"}
    assert all(step.estimate is not None for step in plan.steps.values())
    assert plan.charts["total"].compared == "daily:previous_period:period"
    assert plan.charts["broken"].step is None
    [problem] = [problem for problem in plan.problems if problem.is_error]
    assert problem.path == "queries.wrong.sql"
    assert "nam" in problem.message


def test_a_plan_is_kept_while_the_warehouse_is_away(tmp_path: Path) -> None:
    inner = DuckDBEngine(write_tables(tmp_path))
    engine: Any = Gate(inner, together=1)
    whole = "\n".join(line for line in BOARD.splitlines() if "wrong" not in line)
    loaded = load_dashboard(whole)
    plans = PlanCache(engine, Limits())
    before = plans.plan(loaded, revision(loaded))
    engine.away = True
    assert plans.plan(loaded, revision(loaded)) is before
    inner.close()
