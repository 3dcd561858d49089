"""What is stale is shown at once and computed anew behind the answer."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peter_core import Peter
from peter_core.config import load_settings
from peter_core.errors import EngineUnavailable, QueryFailed
from peter_core.plan.artifact import Artifact
from peter_core.service.parts import open_parts
from peter_core.service.refreshing import AWAY_PAUSE_S, PAUSE_S, Refreshing
from tests.small_flights import FLIGHTS, write_tables

BOARD = """\
version: 1
slug: flights
title: Flights
queries:
  count:
    sql: SELECT COUNT(*) AS n FROM nyc.flights
charts:
  total: {type: kpi, query: count, value: n, title: Flights}
"""


class SlowEngine:
    """The embedded engine behind a gate: ``closed`` holds runs back, ``broken`` fails them."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.open = threading.Event()
        self.open.set()
        self.broken: EngineUnavailable | QueryFailed | None = None
        self.runs = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def run(self, job: Any, cancel: Any = None) -> Any:
        self.runs += 1
        assert self.open.wait(60)
        if self.broken:
            raise self.broken
        return self._engine.run(job, cancel)


@pytest.fixture
def workspace(tmp_path: Path) -> Any:
    settings = load_settings(folder=write_tables(tmp_path))
    parts = open_parts(settings)
    engine = SlowEngine(parts.engine)
    with Peter(replace(parts, engine=engine), settings) as peter:
        peter.publish(BOARD)
        yield peter, engine, tmp_path / "data" / "nyc" / "flights.csv"
        engine.open.set()


def _add_a_flight(peter: Peter, table: Path) -> None:
    """Change the table and wait until that is seen: a slow folder is not read at each look."""
    table.write_text(FLIGHTS + "2013-06-04,AA,1,100\n")
    later = time.time() + 5
    os.utime(table, (later, later))
    until = time.monotonic() + 60
    while peter.freshness("flights")[0].status == "fresh":
        assert time.monotonic() < until
        time.sleep(0.05)


def _number(artifact: Artifact) -> object:
    return artifact.payload["charts"]["total"]["view"]["value"]


def test_a_stale_dashboard_is_shown_at_once_and_new_in_a_moment(workspace: Any) -> None:
    peter, engine, table = workspace
    before = _number(peter.data("flights"))
    _add_a_flight(peter, table)
    engine.open.clear()
    held = peter.data("flights", patience_s=0)
    assert _number(held) == before
    assert held.payload["refreshing"] is True
    assert held.payload["charts"]["total"]["refreshing"] is True
    assert held.payload["charts"]["total"]["freshness"] == "stale"
    engine.open.set()
    fresh = peter.data("flights", patience_s=10)
    assert _number(fresh) != before
    assert fresh.payload["refreshing"] is False
    assert fresh.etag != held.etag


def test_ten_viewers_of_a_stale_dashboard_cause_one_refresh(workspace: Any) -> None:
    peter, engine, table = workspace
    peter.data("flights")
    _add_a_flight(peter, table)
    engine.open.clear()
    runs = engine.runs
    for _ in range(10):
        peter.data("flights", patience_s=0)
    engine.open.set()
    peter.data("flights", patience_s=10)
    assert engine.runs == runs + 1


def test_without_patience_named_the_answer_is_always_new(workspace: Any) -> None:
    peter, _, table = workspace
    before = _number(peter.data("flights"))
    _add_a_flight(peter, table)
    assert _number(peter.data("flights")) != before


def test_a_failed_refresh_is_said_and_not_tried_again_at_every_look(workspace: Any) -> None:
    peter, engine, table = workspace
    before = _number(peter.data("flights"))
    _add_a_flight(peter, table)
    engine.broken = QueryFailed("The warehouse said no.")
    peter.data("flights", patience_s=10)
    runs = engine.runs
    shown = peter.data("flights", patience_s=10)
    chart = shown.payload["charts"]["total"]
    assert engine.runs == runs
    assert _number(shown) == before
    assert chart["freshness"] == "stale"
    assert "failed: The warehouse said no." in chart["freshness_reason"]
    assert chart["refreshing"] is False
    [freshness] = peter.freshness("flights")
    assert "The warehouse said no." in (freshness.reason or "")


def test_a_reader_who_asks_for_new_data_does_not_wait_for_the_pause(workspace: Any) -> None:
    peter, engine, table = workspace
    before = _number(peter.data("flights"))
    _add_a_flight(peter, table)
    engine.broken = EngineUnavailable("The warehouse cannot be reached.")
    peter.data("flights", patience_s=10)
    engine.broken = None
    assert _number(peter.data("flights", refresh=True)) != before
    assert peter.data("flights").payload["charts"]["total"]["freshness"] == "fresh"


def test_the_pause_after_failures_doubles_and_ends_with_a_success() -> None:
    refreshing = Refreshing(workers=1)
    error = QueryFailed("No.")
    refreshing.note("key", error)
    refreshing.note("key", error)
    failed = refreshing.failure("key")
    assert failed is not None
    assert failed.pause_s == PAUSE_S * 2
    refreshing.note("key", None)
    assert refreshing.failure("key") is None
    refreshing.close()


def test_the_pause_does_not_grow_while_the_engine_is_away() -> None:
    refreshing = Refreshing(workers=1)
    for _ in range(5):
        refreshing.note("key", EngineUnavailable("Away."))
    failed = refreshing.failure("key")
    assert failed is not None
    assert failed.pause_s == AWAY_PAUSE_S
    refreshing.note("key", QueryFailed("No."))
    failed = refreshing.failure("key")
    assert failed is not None
    assert failed.pause_s == PAUSE_S
    refreshing.close()
