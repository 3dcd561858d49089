"""A view is seen through: its lineage, its age and its place in the cache are its tables'."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core import Peter
from peter_core.config import read_settings
from tests.fakes.bigquery import FakeBigQuery, FakeTable

BOARD = """\
version: 1
slug: late
title: Late orders
queries:
  total: {sql: "SELECT day, SUM(value) AS late FROM shop.late_days GROUP BY day"}
charts:
  total: {type: line, query: total, x: day, y: late, title: Late}
"""
ORDERS = FakeTable(
    [{"day": dt.date(2026, 1, n), "amount": n, "late": n % 2 == 0} for n in range(1, 9)]
)
VIEWS = {
    "shop.late_orders": FakeTable(type="VIEW", sql="SELECT * FROM shop.orders WHERE late"),
    "shop.late_days": FakeTable(
        type="VIEW", sql="SELECT day, amount AS value FROM `acme.shop.late_orders`"
    ),
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeBigQuery]:
    with FakeBigQuery({"shop.orders": ORDERS, **VIEWS}, project="acme") as running:
        yield running


@pytest.fixture(scope="module")
def peter(fake: FakeBigQuery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peter]:
    folder: Path = tmp_path_factory.mktemp("views")
    environment = {
        "GCP_PROJECT_ID": "acme",
        "PETER_BIGQUERY_ENDPOINT": fake.url,
        "PETER_TABLE_TTL": "1s",
    }
    settings = read_settings({"folder": folder}, environment=environment).require()
    with Peter.open(settings) as opened:
        opened.publish(BOARD)
        yield opened


def test_columns_are_traced_through_views_to_tables(peter: Peter) -> None:
    verification = peter.verify("SELECT value FROM shop.late_days")
    assert verification.verdict == "passed", verification.error
    [column] = verification.columns
    assert (column.sources, column.resolved) == (("acme.shop.orders.amount",), True)
    read = {table.id for table in verification.tables}
    assert read == {"acme.shop.late_days", "acme.shop.late_orders", "acme.shop.orders"}


def test_a_dropped_column_under_a_view_names_the_encoding(peter: Peter) -> None:
    impact = peter.impact(drop="acme.shop.orders.amount")
    assert impact.dashboards == ("late",)
    assert [chart.chart for chart in impact.charts] == ["total"]


def test_what_changes_under_a_view_makes_it_stale(peter: Peter, fake: FakeBigQuery) -> None:
    peter.precompute("late")
    assert [chart.status for chart in peter.freshness("late")] == ["fresh"]
    fake.touch("shop.orders", dt.datetime.now(dt.UTC))
    until = time.monotonic() + 60
    while [chart.status for chart in peter.freshness("late")] == ["fresh"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    [chart] = peter.freshness("late")
    assert chart.status == "stale"
    assert "changed at" in (chart.reason or "")


def test_a_table_under_a_view_is_a_selector_of_the_cache(peter: Peter) -> None:
    peter.precompute("late", force=True)
    assert peter.invalidate(table="shop.orders") >= 1
