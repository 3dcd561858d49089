"""Budgets: what may be spent in a day or a month, reserved before a run and settled after it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from peter_core.costs import usd_text
from peter_core.errors import BudgetExceeded, InvalidRequest
from peter_core.store.database import hold, insert_into
from peter_core.store.tables import billionths, dollars
from peter_core.store.tables import budget_entries as entries
from peter_core.store.tables import budget_windows as windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection, Row

    from peter_core.store.database import Database

T = TypeVar("T")
Scope = Literal["whole", "user", "dashboard"]
Period = Literal["day", "month"]
Level = Literal["within", "near", "used_up"]

NEAR = Decimal("0.8")
"""The share of a budget from which on it is near its limit."""

_SCOPES: tuple[Scope, ...] = ("whole", "user", "dashboard")
_PERIODS: tuple[Period, ...] = ("day", "month")
_KEPT = dt.timedelta(days=7)
_KEPT_WINDOWS = dt.timedelta(days=70)
_SWEEP_EVERY_S = 3600.0
_TRIES = 3
_MOST_SUBJECTS = 100
_HINT = "Scan less, wait until then, or ask an administrator for more."


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in each period: by all, by each user, or by each dashboard; in USD."""

    scope: Scope
    period: Period
    limit_usd: Decimal


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that is kept for one run until it is settled, or until ``expires_at`` (UTC)."""

    run_id: str
    user: str
    slug: str | None
    cost_usd: Decimal
    at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Where a budget stands: USD spent and reserved, until it begins anew (UTC).

    ``subject`` is the user or the slug it is about, empty for the whole.
    """

    budget: Budget
    subject: str
    spent_usd: Decimal
    reserved_usd: Decimal
    begins_anew: dt.datetime

    @property
    def scope(self) -> Scope:
        """Whose runs count in it."""
        return self.budget.scope

    @property
    def period(self) -> Period:
        """What it holds for."""
        return self.budget.period

    @property
    def limit_usd(self) -> Decimal:
        """What may be spent in its period."""
        return self.budget.limit_usd

    @property
    def left_usd(self) -> Decimal:
        """What a further run may cost; never below zero."""
        return max(Decimal(0), self.budget.limit_usd - self.spent_usd - self.reserved_usd)

    @property
    def level(self) -> Level:
        """How near the limit what is spent and reserved is."""
        if self.left_usd <= 0:
            return "used_up"
        used = self.spent_usd + self.reserved_usd
        return "near" if used >= NEAR * self.budget.limit_usd else "within"


class Budgets:
    """The budgets of one ledger, exact among threads, processes and servers.

    A window holds what was settled in it, a reservation what a run may still cost; a reservation
    whose process died counts until it expires. Spending counts in the windows of the moment of
    its reservation. What ran without a reservation is not counted.

    Parameters
    ----------
    timezone
        Where days and months begin.
    ttl_s
        Seconds a reservation is kept; longer than any run takes.
    """

    def __init__(self, database: Database, *, timezone: str = "UTC", ttl_s: float = 900.0) -> None:
        self._database = database
        self._zone = ZoneInfo(timezone)
        self._ttl = dt.timedelta(seconds=ttl_s)
        # The threads of a process come one by one, so that they do not starve other processes.
        self._lock = threading.Lock()
        self._swept = float("-inf")

    def reserve(
        self,
        run_id: str,
        *,
        user: str,
        slug: str | None,
        cost_usd: Decimal,
        at: dt.datetime,
        budgets: Sequence[Budget],
    ) -> Reservation:
        """Keep room for a run in every budget that is about it, or in none.

        The run that has a reservation already gets the same one again.

        Raises
        ------
        BudgetExceeded
            Naming the budget, its limit, what is spent and reserved, and when it begins anew.
        InvalidRequest
            The run was settled already: a new run needs a new id.
        StorageError
        """
        # As it is kept, so that what is checked is what adds up.
        cost = dollars(max(0, billionths(cost_usd)))
        made = Reservation(run_id, user, slug, cost, at, at + self._ttl)

        def write(connection: Connection) -> Reservation:
            hold(connection, "budgets")
            known = self._known(connection, run_id, at)
            if known is not None:
                return known
            for state in self._states(connection, budgets, user=user, slug=slug, at=at):
                if cost > 0 and cost > state.left_usd:
                    raise _exceeded(state, cost)
            connection.execute(sa.insert(entries), _entry(made))
            return made

        return self._write(write)

    def settle(self, reservation: Reservation, cost_usd: Decimal) -> bool:
        """Put what the run really cost in the place of its reservation.

        True the first time; a second time nothing is counted. It counts after the reservation
        expired, too.

        Raises
        ------
        StorageError
        """
        is_open = (entries.c.run_id == reservation.run_id) & ~entries.c.settled

        def write(connection: Connection) -> bool:
            hold(connection, "budgets")
            settled = sa.update(entries).where(is_open).values(settled=True)
            if connection.execute(settled).rowcount == 0:
                return False
            if cost_usd > 0:
                self._spend(connection, reservation, cost_usd)
            self._sweep(connection, reservation.at)
            return True

        return self._write(write)

    def states(
        self, budgets: Sequence[Budget], *, user: str, slug: str | None, at: dt.datetime
    ) -> tuple[BudgetState, ...]:
        """Where the budgets stand that are about a user's run for a dashboard.

        Raises
        ------
        StorageError
        """
        return self._database.read(
            lambda connection: self._states(connection, budgets, user=user, slug=slug, at=at)
        )

    def standing(
        self, budgets: Sequence[Budget], *, user: str | None, slug: str | None, at: dt.datetime
    ) -> tuple[BudgetState, ...]:
        """Where the budgets stand now; without a user or slug, of each that spent something.

        At most a hundred of a budget, those who spent most first.

        Raises
        ------
        StorageError
        """
        subjects = {"whole": "", "user": user, "dashboard": slug}

        def read(connection: Connection) -> tuple[BudgetState, ...]:
            waiting = self._waiting(connection, at)
            return tuple(
                state
                for budget in budgets
                for state in self._of(connection, budget, subjects[budget.scope], waiting, at)
            )

        return self._database.read(read)

    def _write(self, work: Callable[[Connection], T]) -> T:
        """One write at a time; a busy database is asked again, for a run waits on the answer."""
        with self._lock:
            return self._database.write_idempotent(work, tries=_TRIES)

    def _states(
        self,
        connection: Connection,
        budgets: Sequence[Budget],
        *,
        user: str,
        slug: str | None,
        at: dt.datetime,
    ) -> tuple[BudgetState, ...]:
        about = [budget for budget in budgets if budget.scope != "dashboard" or slug is not None]
        if not about:
            return ()
        waiting = self._waiting(connection, at)
        return tuple(
            state
            for budget in about
            for state in self._of(
                connection, budget, _subject(budget.scope, user, slug), waiting, at
            )
        )

    def _of(
        self,
        connection: Connection,
        budget: Budget,
        subject: str | None,
        waiting: Sequence[Row[*tuple[object, ...]]],
        at: dt.datetime,
    ) -> list[BudgetState]:
        """Where a budget stands of one subject, or of all who spent or reserved of it."""
        begins, anew = self._window(budget.period, at)
        query = sa.select(windows.c.subject, windows.c.spent_usd).where(
            windows.c.scope == budget.scope, windows.c.period == budget.period,
            windows.c.begins == begins.isoformat(),
        )  # fmt: skip
        if subject is not None:
            query = query.where(windows.c.subject == subject)
        order = query.order_by(windows.c.spent_usd.desc(), windows.c.subject)
        rows = connection.execute(order.limit(_MOST_SUBJECTS)).all()
        spent: dict[str, Decimal] = {row.subject: row.spent_usd for row in rows}
        reserved: dict[str, Decimal] = {}
        for row in waiting:
            whose = _subject(budget.scope, row.principal, row.slug)
            if self._window(budget.period, row.at)[0] == begins and subject in (None, whose):
                reserved[whose] = reserved.get(whose, Decimal(0)) + row.reserved_usd
        zero = Decimal(0)
        about = [subject] if subject is not None else [s for s in (spent | reserved) if s]
        return [
            BudgetState(budget, one, spent.get(one, zero), reserved.get(one, zero), anew)
            for one in about
        ]

    def _waiting(
        self, connection: Connection, at: dt.datetime
    ) -> Sequence[Row[*tuple[object, ...]]]:
        query = sa.select(
            entries.c.at, entries.c.principal, entries.c.slug, entries.c.reserved_usd
        ).where(~entries.c.settled, entries.c.expires_at > at)
        return connection.execute(query).all()

    def _known(self, connection: Connection, run_id: str, at: dt.datetime) -> Reservation | None:
        """The run's reservation; one that expired is forgotten, to be made anew."""
        row = connection.execute(sa.select(entries).where(entries.c.run_id == run_id)).first()
        if row is None:
            return None
        if row.settled:
            raise InvalidRequest(f"The run {run_id[:64]} was settled already.")
        if row.expires_at <= at:
            connection.execute(sa.delete(entries).where(entries.c.run_id == run_id))
            return None
        return Reservation(
            row.run_id, row.principal, row.slug, row.reserved_usd, row.at, row.expires_at
        )

    def _spend(self, connection: Connection, reservation: Reservation, cost: Decimal) -> None:
        rows = [
            {
                "scope": scope,
                "subject": _subject(scope, reservation.user, reservation.slug),
                "period": period,
                "begins": self._window(period, reservation.at)[0].isoformat(),
                "spent_usd": cost,
            }
            for scope in _SCOPES
            if scope != "dashboard" or reservation.slug is not None
            for period in _PERIODS
        ]
        insert = insert_into(connection, windows)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["scope", "subject", "period", "begins"],
                set_={"spent_usd": windows.c.spent_usd + insert.excluded.spent_usd},
            ),
            rows,
        )

    def _sweep(self, connection: Connection, at: dt.datetime) -> None:
        """Forget reservations too old to be settled, and windows nobody asks about; hourly."""
        if time.monotonic() - self._swept < _SWEEP_EVERY_S:
            return
        self._swept = time.monotonic()
        connection.execute(sa.delete(entries).where(entries.c.expires_at < at - _KEPT))
        day = (at - _KEPT_WINDOWS).date().isoformat()
        connection.execute(sa.delete(windows).where(windows.c.begins < day))

    def _window(self, period: Period, at: dt.datetime) -> tuple[dt.date, dt.datetime]:
        """The first day of the window that holds the moment, and the moment it begins anew."""
        day = at.astimezone(self._zone).date()
        if period == "day":
            begins, following = day, day + dt.timedelta(days=1)
        else:
            begins = day.replace(day=1)
            following = (begins + dt.timedelta(days=32)).replace(day=1)
        anew = dt.datetime.combine(following, dt.time(), self._zone)
        return begins, anew.astimezone(dt.UTC)


def _subject(scope: Scope, user: str, slug: str | None) -> str:
    return {"whole": "", "user": user, "dashboard": slug or ""}[scope]


def _entry(reservation: Reservation) -> dict[str, object]:
    return {
        "run_id": reservation.run_id,
        "at": reservation.at,
        "principal": reservation.user,
        "slug": reservation.slug,
        "reserved_usd": reservation.cost_usd,
        "settled": False,
        "expires_at": reservation.expires_at,
    }


def _exceeded(state: BudgetState, cost_usd: Decimal) -> BudgetExceeded:
    budget = state.budget
    whose = {
        "whole": "for everything",
        "user": f"for {state.subject}",
        "dashboard": f"for dashboard {state.subject}",
    }[budget.scope]
    reserved = (
        f" and {usd_text(state.reserved_usd)} is reserved by running statements"
        if state.reserved_usd
        else ""
    )
    return BudgetExceeded(
        f"The statement may cost {usd_text(cost_usd)}, and the budget of"
        f" {usd_text(budget.limit_usd)} a {budget.period} {whose} has"
        f" {usd_text(state.left_usd)} left: {usd_text(state.spent_usd)} is spent{reserved}."
        f" It begins anew at {state.begins_anew:%Y-%m-%d %H:%M} UTC.",
        hint=_HINT,
    )
