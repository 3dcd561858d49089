"""What was paid and where the budgets stand, in a cell."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from peter_core.store.budgets import Budget, BudgetState
from peter_core.store.records import CostLine, CostReport
from peter_jupyter.display.costs import costs_html, costs_text

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
ANEW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
LINES = (
    CostLine("orders", 2**30, 2**30, Decimal("1.50"), 3, 1, Decimal("0.50")),
    CostLine(None, 0, 0, Decimal(0), 1, 0),
)


def _state(scope: str, subject: str, spent: str, reserved: str = "0") -> BudgetState:
    budget = Budget(scope, "month", Decimal(2))  # type: ignore[arg-type]
    return BudgetState(budget, subject, Decimal(spent), Decimal(reserved), ANEW)


def _report(*budgets: BudgetState, lines: tuple[CostLine, ...] = LINES) -> CostReport:
    count = sum(line.query_count for line in lines)
    return CostReport(
        NOW - dt.timedelta(days=7), NOW, "dashboard", 2**30, 2**30 if lines else 0,
        sum((line.cost_usd for line in lines), Decimal(0)), count, 0.25 if lines else 0.0, lines,
        Decimal("0.50"), budgets=budgets,
    )  # fmt: skip


def test_text_says_what_was_paid_and_where_each_budget_stands() -> None:
    text = costs_text(_report(_state("whole", "", "1.50", "0.25"), _state("user", "ann", "2")))
    paid, orders, none, total, whole, ann = text.splitlines()
    assert paid == "$1.50 paid · $0.50 saved by the cache · 4 answers · 25% cached · 1.1 GB billed"
    assert orders.startswith("  orders: answers 3, cached 33%, ")
    assert none.startswith("  (no dashboard): ")
    assert total.startswith("  total: answers 4, ")
    assert whole == (
        "Budget all, a month: near its limit, $1.50 spent and $0.25 reserved of $2.00, $0.25 left;"
        " begins anew 2026-12-01 00:00 UTC"
    )
    assert ann.startswith("Budget ann, a month: used up, ")


def test_html_escapes_whose_budget_it_is_and_marks_its_state() -> None:
    html = costs_html(_report(_state("dashboard", "<b>x</b>", "0.10")))
    assert "dashboard &lt;b&gt;x&lt;/b&gt;, a month" in html
    assert '<span class="pt-pill pt-good">within</span>' in html
    assert "<b>x</b>" not in html
    assert "Budgets" not in costs_html(_report())


def test_a_time_without_runs_says_so() -> None:
    assert "Nothing was run." in costs_html(_report(lines=()))
    assert costs_text(_report(lines=())).startswith("$0.00 paid · ")
