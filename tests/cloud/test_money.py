"""Budgets stop what they must, name themselves, and count what was billed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from peter_core import Peter
from peter_core.config import read_settings
from peter_core.principal import Principal
from tests.fakes.bigquery import FakeBigQuery, FakeTable, Fault

GIBIBYTE = 2**30
PRICE = Decimal("6.25") / 1024
"""USD of a GiB."""
BOARD = """\
version: 1
slug: orders
title: Orders
defaults: {max_bytes: 10GB}
queries:
  total: {sql: SELECT SUM(amount) AS amount FROM shop.orders}
charts:
  total: {type: kpi, query: total, value: amount, title: Amount}
"""
ADA = Principal(email="ada@example.com", roles=frozenset({"author"}))
BOB = Principal(email="bob@example.com", roles=frozenset({"author"}))

Open = Callable[..., tuple[Peter, FakeBigQuery]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Peter over a table of 1 GiB, with the settings a test gives."""
    with ExitStack() as ends:

        def open_(**settings: str) -> tuple[Peter, FakeBigQuery]:
            rows = [{"amount": n, "day": dt.date(2026, 1, 1)} for n in range(10)]
            # Two columns share the bytes: each statement here reads one, 1 GiB.
            orders = FakeTable(rows, claimed_bytes=2 * GIBIBYTE)
            fake = ends.enter_context(FakeBigQuery({"shop.orders": orders}, project="acme"))
            environment = {
                "GCP_PROJECT_ID": "acme",
                "PETER_BIGQUERY_ENDPOINT": fake.url,
                "PETER_DEFAULT_MAX_BYTES": "10GB",
                **settings,
            }
            known = read_settings({"folder": tmp_path}, environment=environment).require()
            return ends.enter_context(Peter.open(known)), fake

        yield open_


def _sql(n: int) -> str:
    return f"SELECT SUM(amount) + {n} AS amount FROM shop.orders"


def test_a_user_over_their_budget_is_told_which_and_nothing_runs(opened: Open) -> None:
    peter, fake = opened(PETER_BUDGET_USER_DAY_USD="0.01")
    assert peter.verify(_sql(1), principal=ADA).verdict == "passed"
    jobs = len(fake.jobs_created)
    refused = peter.verify(_sql(2), principal=ADA)
    assert (refused.verdict, refused.reason) == ("could_not_run", "over_budget")
    assert "a day for ada@example.com" in (refused.error or "")
    assert len(fake.jobs_created) == jobs
    # The budget of another user is another one.
    assert peter.verify(_sql(3), principal=BOB).verdict == "passed"


def test_a_budget_counts_what_was_billed_and_not_what_was_feared(opened: Open) -> None:
    peter, fake = opened(PETER_BUDGET_DAY_USD="0.02")
    fake.script(Fault(on="jobs.insert", kind="job_error", reason="invalid"))
    assert peter.verify(_sql(0), principal=ADA).reason == "failed"
    answers = [peter.verify(_sql(n), principal=ADA).verdict for n in range(1, 5)]
    assert answers == ["passed", "passed", "passed", "could_not_run"]
    assert 3 * PRICE < Decimal("0.02") < 4 * PRICE


def test_a_dashboard_over_its_budget_shows_what_it_has(opened: Open) -> None:
    peter, _ = opened(PETER_BUDGET_DASHBOARD_DAY_USD="0.01", PETER_TABLE_TTL="1s")
    peter.publish(BOARD, principal=ADA)
    chart = peter.data("orders", refresh=True, principal=BOB).payload["charts"]["total"]
    assert chart["state"] == "ready"
    assert chart["freshness"] == "stale"
    assert "a day for dashboard orders" in chart["freshness_reason"]


def test_capacity_that_is_paid_for_costs_nothing_more_and_shows_slot_time(opened: Open) -> None:
    peter, _ = opened(PETER_FLAT_RATE="true", PETER_BUDGET_DAY_USD="0.000001")
    found = peter.verify(_sql(1), principal=ADA)
    assert (found.verdict, found.cost_usd) == ("passed", "0")
    assert found.slot_ms is not None
    assert peter.price(BOARD, principal=ADA).flat_rate is True


def test_the_price_is_the_locations_own(opened: Open) -> None:
    prices = '{"us": "12.5", "EU": "1"}'
    peter, _ = opened(PETER_LOCATION="US", PETER_USD_PER_TIB_BY_LOCATION=prices)
    cost = peter.price(BOARD, principal=ADA)
    assert cost.cost_usd == Decimal("12.5") * cost.billed_bytes / 2**40


def test_costs_show_each_ones_own_budgets_and_an_admin_all(opened: Open) -> None:
    peter, _ = opened(PETER_BUDGET_USER_DAY_USD="0.01", PETER_BUDGET_MONTH_USD="100")
    for person in (ADA, BOB):
        assert peter.verify(_sql(1 if person is ADA else 2), principal=person).verdict == "passed"
    now = dt.datetime.now(dt.UTC)
    period = (now - dt.timedelta(days=1), now + dt.timedelta(minutes=1))
    whole, own = peter.costs(*period, principal=ADA).budgets
    assert (whole.scope, whole.spent_usd) == ("whole", 2 * own.spent_usd)
    assert (own.subject, own.reserved_usd) == (ADA.email, 0)
    assert own.spent_usd == round(PRICE, 9)
    boss = Principal(email="boss@example.com", roles=frozenset({"admin"}))
    subjects = {state.subject for state in peter.costs(*period, principal=boss).budgets}
    assert subjects == {"", ADA.email, BOB.email}
