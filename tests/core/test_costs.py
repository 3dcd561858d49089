"""Prices are exact, shared steps count once, and the texts say what the figures are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peter_core.billing import MINIMUM_BYTES, billed_bytes, bytes_text
from peter_core.config import load_settings
from peter_core.costs import Prices, plan_cost, prices_in_force, usd, usd_text
from peter_core.dashboard.model import Dashboard
from peter_core.engine.port import Estimate
from peter_core.plan.plan import Plan, Step
from peter_core.sql.statement import parse

MB = 2**20
TIB = 2**40


def plan(*, refresh: str | None = "6h", exact: bool = False) -> Plan:
    """Two steps: ``daily`` of 1 TiB feeds two charts, ``options`` reads next to nothing."""
    document = {
        "version": 1, "slug": "sales", "title": "Sales",
        "queries": {"daily": {"sql": "SELECT 1 AS x"}, "options": {"sql": "SELECT 2 AS x"}},
        "charts": {"a": {"type": "kpi", "query": "daily", "title": "A", "value": "x"}},
        "refresh": {"every": refresh} if refresh else None,
    }  # fmt: skip
    steps = {
        "daily": step("daily", Estimate(TIB - 5, TIB, exact, (), ()), ("a", "b")),
        "options": step("options", Estimate(7, MINIMUM_BYTES, exact, (), ()), ("filter:c",)),
    }
    return Plan(Dashboard.model_validate(document), "r", {}, steps, {}, {}, ())


def step(key: str, estimate: Estimate | None, used_by: tuple[str, ...]) -> Step:
    return Step(
        key=key, query=key, role="main", statement=parse("SELECT 1 AS x"), parameters=(),
        cap_bytes=10**9, ttl_s=60, columns=(), tables=(), estimate=estimate, used_by=used_by,
    )  # fmt: skip


def test_a_tebibyte_costs_the_list_price() -> None:
    assert Prices().price(TIB) == Decimal("6.25")
    assert Prices(Decimal("7.5")).price(TIB // 2) == Decimal("3.75")


def test_a_location_has_its_own_price() -> None:
    listed = Prices(Decimal(6), {"europe-west2": Decimal(8), "EU": Decimal(7)})
    assert [
        listed.at(place).price(TIB) for place in ("US", "europe-west2", "EUROPE-WEST2", "eu")
    ] == [6, 8, 8, 7]
    # What is listed stays, so that another engine's location can be asked for.
    assert listed.at("EU").at("europe-west2").price(TIB) == 8


def test_capacity_that_is_paid_for_costs_nothing_more() -> None:
    flat = Prices(flat_rate=True)
    assert flat.price(TIB) == 0
    cost = plan_cost(plan(), flat)
    assert (cost.cost_usd, cost.cost_usd_month) == (0, 0)
    assert cost.billed_bytes > TIB
    assert cost.note.startswith("Capacity is paid for")


def test_the_settings_say_the_prices() -> None:
    given = load_settings(usd_per_tib="5", usd_per_tib_by_location={"EU": "7.5"}, flat_rate=False)
    assert prices_in_force(given, "EU").price(TIB) == Decimal("7.5")
    assert prices_in_force(given, "local").price(TIB) == 5
    assert prices_in_force(load_settings(flat_rate=True), "EU").price(TIB) == 0


@given(st.integers(0, 2**60))
def test_a_price_is_exact(billed: int) -> None:
    assert Fraction(Prices().price(billed)) == Fraction("6.25") * billed / TIB


@pytest.mark.parametrize(
    ("read", "billed"),
    [
        ({}, 0),
        ({"t": 0}, 0),
        ({"t": 1}, 10 * MB),
        ({"t": 1, "u": 2}, 20 * MB),
        ({"t": 1, "u": 0}, 10 * MB),
        ({"t": 10 * MB + 1}, 11 * MB),
        ({"t": 12 * MB + 1, "u": 13 * MB - 1}, 25 * MB),
    ],
)
def test_bigquery_bills_ten_megabytes_a_table_and_whole_megabytes(
    read: dict[str, int], billed: int
) -> None:
    assert billed_bytes(read) == billed


def test_a_shared_step_counts_once() -> None:
    cost = plan_cost(plan(), Prices())
    assert [(each.key, each.used_by) for each in cost.steps] == [
        ("daily", ("a", "b")), ("options", ("filter:c",)),
    ]  # fmt: skip
    assert cost.billed_bytes == TIB + MINIMUM_BYTES
    assert cost.estimated_bytes == TIB + 2
    assert cost.cost_usd == Decimal("6.25") + Prices().price(MINIMUM_BYTES)


def test_a_cached_step_costs_nothing_now_but_counts_every_month() -> None:
    cost = plan_cost(plan(), Prices(), {"daily"})
    assert [(each.cached, each.cost_usd) for each in cost.steps] == [
        (True, Decimal(0)), (False, Prices().price(MINIMUM_BYTES)),
    ]  # fmt: skip
    assert cost.cost_usd == Prices().price(MINIMUM_BYTES)
    assert cost.cost_usd_month == plan_cost(plan(), Prices()).cost_usd_month


def test_a_month_is_thirty_days_of_refreshes() -> None:
    cost = plan_cost(plan(refresh="6h"), Prices())
    assert cost.cost_usd_month == cost.cost_usd * 120
    assert cost.refresh_every_s == 6 * 3600


def test_without_a_refresh_there_is_no_monthly_cost() -> None:
    cost = plan_cost(plan(refresh=None), Prices())
    assert cost.cost_usd_month is None
    assert cost.refresh_every_s is None


def test_a_step_without_an_estimate_has_no_figure() -> None:
    base = plan()
    blind = Plan(base.dashboard, "r", {}, {"x": step("x", None, ("a",))}, {}, {}, ())
    cost = plan_cost(blind, Prices())
    assert cost.steps[0].estimated_bytes is None
    assert cost.cost_usd == 0
    assert not cost.exact


@pytest.mark.parametrize(
    ("exact", "engine", "note"),
    [
        (False, "duckdb", "The embedded engine is free; this is what BigQuery would bill."),
        (True, "bigquery", "From BigQuery's dry run."),
        (False, "bigquery", "An estimate; the bill may be higher."),
    ],
)
def test_the_figures_say_what_they_are(exact: bool, engine: str, note: str) -> None:
    assert plan_cost(plan(exact=exact), Prices(), engine=engine).note == note


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0"), ("0.0000170", "0.000017"), ("0.0000005", "0.000001"), ("12.50", "12.5"),
     ("1e-9", "0"), ("1234567", "1234567"), ("1E+3", "1000")],
)  # fmt: skip
def test_an_amount_is_a_plain_decimal_string(amount: str, text: str) -> None:
    assert usd(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "$0.00"), ("0.00006", "< $0.01"), ("0.0099999", "< $0.01"), ("0.015", "$0.02"),
     ("1234.5", "$1,234.50"), ("0.999", "$1.00")],
)  # fmt: skip
def test_an_amount_for_people_has_cents(amount: str, text: str) -> None:
    assert usd_text(amount) == text
    assert usd_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 KB"), (2_700_000, "2.7 MB"), (38_000_000, "38 MB"),
     (10 * MB, "10.5 MB"), (10**9, "1 GB"), (999_960, "1 MB"), (123_456_789, "123 MB"),
     (999_499_999, "999 MB"), (999_600_000, "1 GB"), (10**18, "1 EB"), (10**22, "10000 EB")],
)  # fmt: skip
def test_a_size_for_people_has_three_digits_at_most(count: int, text: str) -> None:
    assert bytes_text(count) == text
