"""What counts as use: readers do, refreshes do not; and each run is paid for once."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from peter_core import Peter
from peter_core.errors import NotFound, PeterError
from peter_core.principal import Principal
from peter_core.store.records import CostReport, Run
from tests.core.service.test_refreshing import BOARD, _add_a_flight, workspace

__all__ = ["workspace"]

ADA = Principal(email="ada@example.com", name="Ada", roles=frozenset({"viewer"}), host="test")
OTHER = BOARD.replace("COUNT(*) AS n", "COUNT(carrier) AS n")


def runs(peter: Peter) -> tuple[Run, ...]:
    peter._books.flush()
    return tuple(run for run in peter._ledger.last_runs(slug="flights"))


def report(peter: Peter) -> CostReport:
    now = dt.datetime.now(dt.UTC)
    return peter.costs(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_refresh_of_what_is_fresh_is_no_use_of_the_cache(workspace: Any) -> None:
    peter, _, _ = workspace
    peter.data("flights", principal=ADA)
    before, runs_before = report(peter), runs(peter)
    for _ in range(3):
        assert peter.precompute("flights").queries_cached == 1
    assert runs(peter) == runs_before
    assert report(peter).cache_hit_ratio == before.cache_hit_ratio
    peter.data("flights", principal=ADA)
    assert [run.principal for run in runs(peter)[: -len(runs_before)]] == [ADA.email]


def test_a_refresh_that_ran_is_in_the_books_with_what_it_cost(workspace: Any) -> None:
    peter, engine, _ = workspace
    before, engine_before = runs(peter), engine.runs
    assert peter.precompute("flights", force=True).queries_executed == 1
    assert engine.runs == engine_before + 1
    (made,) = runs(peter)[: -len(before)]
    assert (made.cache_hit, made.saved_usd, made.query) == (False, Decimal(0), "count")


def test_a_refresh_behind_the_answer_is_in_the_books_once(workspace: Any) -> None:
    peter, engine, table = workspace
    peter.data("flights")
    _add_a_flight(peter, table)
    before, engine_before = runs(peter), engine.runs
    engine.open.clear()
    for _ in range(3):
        peter.data("flights", patience_s=0, principal=ADA)
    engine.open.set()
    until(lambda: len(runs(peter)) >= len(before) + 4)
    new = runs(peter)[: -len(before)]
    assert engine.runs == engine_before + 1
    assert sorted(run.cache_hit for run in new) == [False, True, True, True]


def test_readers_who_wait_for_one_refresh_do_not_each_pay_for_it(workspace: Any) -> None:
    peter, engine, table = workspace
    peter.data("flights")
    _add_a_flight(peter, table)
    before, engine_before = runs(peter), engine.runs
    engine.open.clear()
    readers = [
        threading.Thread(target=peter.data, args=("flights",), kwargs={"patience_s": 30})
        for _ in range(4)
    ]
    for reader in readers:
        reader.start()
    until(lambda: engine.runs > engine_before)
    engine.open.set()
    for reader in readers:
        reader.join(100)
    new = runs(peter)[: -len(before)]
    assert engine.runs == engine_before + 1
    assert sorted(run.cache_hit for run in new) == [False, True, True, True, True]


def test_a_list_says_when_a_refresh_behind_the_answer_computed(workspace: Any) -> None:
    peter, _, table = workspace
    peter.data("flights")
    runs(peter)

    def computed_at() -> dt.datetime:
        (entry,) = peter.list().dashboards
        assert entry.computed_at is not None
        return entry.computed_at

    before = computed_at()
    _add_a_flight(peter, table)
    peter.data("flights", patience_s=0)
    until(lambda: computed_at() > before)


def test_only_what_is_published_now_is_computed_ahead(workspace: Any) -> None:
    peter, engine, _ = workspace
    first = peter.get("flights").revision
    asked: list[str] = []
    run = engine.run

    def noted(job: Any, cancel: Any = None) -> Any:
        asked.append(job.statement.text)
        return run(job, cancel)

    engine.run = noted
    peter.publish(OTHER, if_match=first)
    asked.clear()
    peter.precompute("flights", force=True)
    assert [" ".join(text.split()) for text in asked] == [
        "SELECT COUNT(carrier) AS n FROM nyc.flights"
    ]
    broken = OTHER.replace("AS n FROM nyc", "AS n, 1 / 0 AS x FROM nyc")
    with pytest.raises(PeterError):
        peter.publish(broken, if_match="*")
    asked.clear()
    peter.precompute("flights", force=True)
    assert len(asked) == 1
    assert "1 / 0" not in asked[0]


def test_what_is_not_published_any_more_is_not_computed(workspace: Any) -> None:
    peter, engine, _ = workspace
    peter.delete("flights", if_match="*")
    before = engine.runs
    with pytest.raises(NotFound):
        peter.precompute("flights")
    with pytest.raises(NotFound):
        peter.data("flights", patience_s=0)
    assert engine.runs == before
