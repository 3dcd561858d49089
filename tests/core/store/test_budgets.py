"""Budgets are never passed, whoever spends at once, and nothing that fits is refused."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peter_core.errors import BudgetExceeded, InvalidRequest, StorageError
from peter_core.store import database as store_database
from peter_core.store import failures
from peter_core.store.budgets import Budget, Budgets
from peter_core.store.database import Database
from peter_core.store.ledger import Ledger

AT = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
ANN, BOB = "ann@example.com", "bob@example.com"
WHOLE = Budget("whole", "day", Decimal(1))
SPENDER = Path(__file__).with_name("spender.py")


@pytest.fixture
def budgets(ledger: Ledger) -> Budgets:
    return Budgets(ledger.database)


def reserve(budgets: Budgets, run_id: str, cost: str, *held: Budget, at: dt.datetime = AT,
            user: str = ANN, slug: str | None = "flights"):  # type: ignore[no-untyped-def]  # fmt: skip
    return budgets.reserve(
        run_id, user=user, slug=slug, cost_usd=Decimal(cost), at=at, budgets=held or (WHOLE,)
    )


def test_what_is_reserved_and_what_is_spent_both_count(budgets: Budgets) -> None:
    first = reserve(budgets, "a", "0.50")
    with pytest.raises(BudgetExceeded, match=r"\$0.50 left: \$0.00 is spent and \$0.50 is reser"):
        reserve(budgets, "b", "0.51")
    assert budgets.settle(first, Decimal("0.20"))
    second = reserve(budgets, "b", "0.80")
    assert budgets.settle(second, Decimal("0.80"))
    (state,) = budgets.states([WHOLE], user=ANN, slug=None, at=AT)
    assert (state.spent_usd, state.reserved_usd, state.left_usd) == (1, 0, 0)
    reserve(budgets, "free", "0")


def test_a_refusal_names_the_budget_and_when_it_begins_anew(budgets: Budgets) -> None:
    cases = {
        Budget("whole", "month", Decimal("0.01")):
            "$0.01 a month for everything has $0.01 left: $0.00 is spent. "
            "It begins anew at 2026-12-01 00:00 UTC.",
        Budget("user", "day", Decimal("0.01")): "$0.01 a day for ann@example.com has",
        Budget("dashboard", "day", Decimal("0.01")):
            "$0.01 a day for dashboard flights has $0.01 left: $0.00 is spent. "
            "It begins anew at 2026-11-24 00:00 UTC.",
    }  # fmt: skip
    for budget, said in cases.items():
        with pytest.raises(BudgetExceeded) as caught:
            reserve(budgets, "a", "2.5", budget)
        assert said in caught.value.message
        assert caught.value.message.startswith("The statement may cost $2.50")
        assert caught.value.code == "budget_exceeded"


def test_a_budget_is_each_ones_own(budgets: Budgets) -> None:
    of_user, of_board = (Budget(scope, "day", Decimal(1)) for scope in ("user", "dashboard"))
    budgets.settle(reserve(budgets, "a", "1", of_user, of_board), Decimal(1))
    with pytest.raises(BudgetExceeded, match=r"for ann@example\.com"):
        reserve(budgets, "b", "0.01", of_user, slug="weather")
    with pytest.raises(BudgetExceeded, match="for dashboard flights"):
        reserve(budgets, "b", "0.01", of_user, of_board, user=BOB)
    reserve(budgets, "b", "1", of_user, of_board, user=BOB, slug="weather")
    # A statement of a person's own is about no dashboard.
    reserve(budgets, "c", "9", of_board, slug=None)


def test_everybodys_budgets_stand_side_by_side_the_most_spent_first(budgets: Budgets) -> None:
    each = Budget("user", "day", Decimal(1))
    for run, user, cost in (("a", ANN, "0.1"), ("b", BOB, "0.8"), ("c", "cy@example.com", "1")):
        reserved = reserve(budgets, run, cost, each, user=user)
        if user != "cy@example.com":
            budgets.settle(reserved, reserved.cost_usd)
    states = budgets.standing([each], user=None, slug=None, at=AT)
    assert [(s.subject, s.spent_usd, s.reserved_usd, s.level) for s in states] == [
        (BOB, Decimal("0.8"), 0, "near"),
        (ANN, Decimal("0.1"), 0, "within"),
        ("cy@example.com", 0, 1, "used_up"),
    ]
    (own,) = budgets.standing([each], user=ANN, slug=None, at=AT)
    assert (own.subject, own.left_usd) == (ANN, Decimal("0.9"))
    (nobody,) = budgets.standing([each], user="new@example.com", slug=None, at=AT)
    assert (nobody.left_usd, nobody.level) == (1, "within")
    assert budgets.standing([each], user=None, slug=None, at=AT + dt.timedelta(days=1)) == ()


def test_a_refused_run_holds_no_room_in_any_budget(budgets: Budgets) -> None:
    wide, narrow = Budget("user", "day", Decimal(9)), Budget("whole", "day", Decimal(1))
    with pytest.raises(BudgetExceeded):
        reserve(budgets, "a", "2", wide, narrow)
    (state,) = budgets.states([wide], user=ANN, slug=None, at=AT)
    assert state.reserved_usd == 0


def test_a_new_day_and_a_new_month_begin_anew(budgets: Budgets) -> None:
    day, month = Budget("whole", "day", Decimal(1)), Budget("whole", "month", Decimal(2))
    last = dt.datetime(2026, 11, 30, 23, 59, 59, tzinfo=dt.UTC)
    budgets.settle(reserve(budgets, "a", "1", day, month, at=last - dt.timedelta(days=1)), 1)
    reserve(budgets, "b", "1", day, month, at=last)
    with pytest.raises(BudgetExceeded, match="a day"):
        reserve(budgets, "c", "1", day, at=last)
    with pytest.raises(BudgetExceeded, match="a month"):
        reserve(budgets, "c", "1", month, at=last)
    reserve(budgets, "c", "1", day, month, at=last + dt.timedelta(seconds=1))


def test_days_begin_where_the_time_zone_says(ledger: Ledger) -> None:
    there = Budgets(ledger.database, timezone="America/New_York")
    at = dt.datetime(2026, 11, 1, 3, 30, tzinfo=dt.UTC)  # still October there
    month = Budget("whole", "month", Decimal(1))
    reserve(there, "a", "1", month, at=at)
    with pytest.raises(BudgetExceeded, match="anew at 2026-11-01 04:00 UTC"):
        reserve(there, "b", "1", month, at=at)
    reserve(there, "b", "1", month, at=at + dt.timedelta(hours=1))


def test_what_a_killed_process_reserved_expires(ledger: Ledger) -> None:
    program = (
        "import sys, os, datetime as dt\n"
        "from decimal import Decimal\n"
        "from peter_core.store.budgets import Budget, Budgets\n"
        "from peter_core.store.database import Database\n"
        "budgets = Budgets(Database(sys.argv[1]), ttl_s=60)\n"
        "budgets.reserve('dead', user='x', slug=None, cost_usd=Decimal(1),\n"
        "    at=dt.datetime.fromisoformat(sys.argv[2]), budgets=[Budget('whole', 'day', 1)])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    url = ledger.database._engine.url.render_as_string(hide_password=False)
    ran = subprocess.run([sys.executable, "-c", program, url, AT.isoformat()])
    assert ran.returncode == -9
    budgets = Budgets(ledger.database)
    with pytest.raises(BudgetExceeded, match=r"\$1.00 is reserved"):
        reserve(budgets, "next", "0.01", at=AT + dt.timedelta(seconds=59))
    late = AT + dt.timedelta(seconds=61)
    held = reserve(budgets, "next", "1", at=late)
    assert held.cost_usd == 1


def test_a_late_settlement_still_counts_and_only_once(budgets: Budgets) -> None:
    held = reserve(budgets, "a", "1")
    late = held.expires_at + dt.timedelta(hours=1)
    assert budgets.settle(held, Decimal("0.75"))
    assert not budgets.settle(held, Decimal("0.75"))
    with pytest.raises(BudgetExceeded, match=r"\$0.75 is spent\."):
        reserve(budgets, "b", "0.26", at=late)


def test_a_run_that_asks_again_has_one_reservation(budgets: Budgets) -> None:
    first = reserve(budgets, "a", "0.6")
    assert reserve(budgets, "a", "0.6") == first
    again = reserve(budgets, "a", "0.6", at=first.expires_at)
    assert again.expires_at > first.expires_at
    budgets.settle(again, Decimal("0.1"))
    with pytest.raises(InvalidRequest, match="settled already"):
        reserve(budgets, "a", "0.6", at=first.expires_at)


def test_threads_of_two_processes_spend_a_budget_to_the_last_cent(ledger_url: str) -> None:
    # Two processes, 20 threads each, ask for far more than the limit in pieces of 1 to 9 cents.
    database = Database(ledger_url)
    database.read(lambda _: None)
    limit = 1000
    command = [sys.executable, str(SPENDER), ledger_url, "20", "10", str(limit)]
    spenders = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [json.loads(spender.communicate("go\n", timeout=120)[0]) for spender in spenders]
    assert [answer["failed"] for answer in answers] == [[], []]
    spent = sum(sum(answer["spent"]) for answer in answers)
    refused = [cents for answer in answers for cents in answer["refused"]]
    assert spent <= limit
    # Whatever was refused did not fit: not even the smallest refusal fits what is left.
    assert refused and limit - spent < min(refused)
    (state,) = Budgets(database).states([Budget("whole", "day", Decimal(10))], user="", slug=None,
                                        at=AT)  # fmt: skip
    database.close()
    assert (state.spent_usd, state.reserved_usd) == (Decimal(spent) / 100, 0)


def test_a_busy_ledger_is_asked_again_before_a_run_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path}/ledger.db")
    budgets = Budgets(database)
    database.read(lambda _: None)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def let_go(error: StorageError) -> bool:
        other.execute("ROLLBACK")
        return failures.is_held(error)

    # Whoever held it lets go as soon as somebody waited in vain once.
    monkeypatch.setattr(store_database, "is_held", let_go)
    assert reserve(budgets, "a", "1").cost_usd == 1
    other.close()
    database.close()


MOVES = st.lists(
    st.tuples(
        st.sampled_from([ANN, BOB]),
        st.sampled_from(["flights", "weather", None]),
        st.integers(0, 4),  # days after the 28th: over the end of a month
        st.integers(0, 40).map(lambda cents: Decimal(cents) / 100),
        st.one_of(st.none(), st.integers(0, 40).map(lambda cents: Decimal(cents) / 100)),
    ),
    max_size=25,
)
ALL = tuple(
    Budget(scope, period, Decimal(limit) / 100)
    for scope, day, month in (("whole", 70, 150), ("user", 50, 100), ("dashboard", 40, 90))
    for period, limit in (("day", day), ("month", month))
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MOVES)
def test_a_run_is_refused_exactly_when_a_budget_says_so(
    tmp_path_factory: pytest.TempPathFactory, moves: list
) -> None:  # type: ignore[type-arg]
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('budgets')}/ledger.db")
    budgets = Budgets(database, ttl_s=30 * 86_400)
    counted: list[tuple[str, str | None, dt.datetime, Decimal]] = []
    for n, (user, slug, days, cost, settled) in enumerate(moves):
        at = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC) + dt.timedelta(days=days)
        one = (user, slug, at)
        fits = cost == 0 or all(
            sum((spent for *other, spent in counted if _shares(budget, other, one)), cost)
            <= budget.limit_usd
            for budget in ALL
            if budget.scope != "dashboard" or slug is not None
        )
        try:
            held = reserve(budgets, str(n), str(cost), *ALL, at=at, user=user, slug=slug)
        except BudgetExceeded:
            assert not fits
            continue
        assert fits
        if settled is not None:
            budgets.settle(held, settled)
        counted.append((user, slug, at, cost if settled is None else settled))
    database.close()


def _shares(budget: Budget, one: Sequence[object], other: Sequence[object]) -> bool:
    same = {"whole": True, "user": one[0] == other[0], "dashboard": one[1] == other[1]}
    length = 10 if budget.period == "day" else 7
    return same[budget.scope] and str(one[2])[:length] == str(other[2])[:length]
