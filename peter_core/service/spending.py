"""Budgets around every run: room is kept before it, and what it cost is put in its place."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from peter_core.errors import EngineUnavailable, PeterError, QueryCancelled, QueryTimeout
from peter_core.store.budgets import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.config import Settings
    from peter_core.costs import Prices
    from peter_core.engine.port import Engine, Job, Result
    from peter_core.principal import Principal
    from peter_core.store.budgets import Budgets, BudgetState, Period, Reservation, Scope

log = logging.getLogger("peter")

_MAY_HAVE_BILLED = (QueryCancelled, QueryTimeout, EngineUnavailable)
"""Endings after which BigQuery may bill up to the whole run."""


class Spending:
    """Runs jobs within the budgets; without any, or where nothing costs, it only runs them.

    Parameters
    ----------
    kept
        The budgets' ledger.
    limits
        What may be spent.
    """

    def __init__(
        self, engine: Engine, prices: Prices, kept: Budgets, limits: tuple[Budget, ...]
    ) -> None:
        self._engine = engine
        self._prices = prices
        self._kept = kept
        self._limits = limits

    def run(self, job: Job, slug: str | None, run: Callable[[], Result]) -> Result:
        """What ``run`` gives, once there is room for its estimate in every budget.

        Raises
        ------
        BudgetExceeded
            Nothing was run.
        StorageError
            The budgets cannot be read; nothing was run.
        PeterError
            Whatever ``run`` raised.
        """
        if not self._limits:
            return run()
        estimate = self._prices.price(self._engine.dry_run(job).billed_bytes)
        if estimate == 0:
            return run()
        reserved = self._kept.reserve(
            uuid.uuid4().hex,
            user=job.user,
            slug=slug,
            cost_usd=estimate,
            at=dt.datetime.now(dt.UTC),
            budgets=self._limits,
        )
        cost = estimate
        try:
            result = run()
            cost = self._prices.price(result.bytes_billed)
            return result
        except PeterError as error:
            if not isinstance(error, _MAY_HAVE_BILLED):
                cost = Decimal(0)
            raise
        finally:
            self._settle(reserved, cost)

    def standing(self, principal: Principal, slug: str | None = None) -> tuple[BudgetState, ...]:
        """Where the budgets stand: the person's own, an admin's everybody's; of one dashboard.

        Raises
        ------
        StorageError
        """
        if not self._limits:
            return ()
        user = None if principal.may("admin") else principal.email
        now = dt.datetime.now(dt.UTC)
        return self._kept.standing(self._limits, user=user, slug=slug, at=now)

    def _settle(self, reserved: Reservation, cost: Decimal) -> None:
        try:
            self._kept.settle(reserved, cost)
        except PeterError as error:
            # The reservation stands until it expires; the result is not lost for it.
            log.warning("a run's cost was not settled: %s", error.code)


def limits_in_force(settings: Settings) -> tuple[Budget, ...]:
    """The budgets that are configured: ``budget_day_usd``, ``budget_user_month_usd``, …"""
    scopes: tuple[tuple[Scope, str], ...] = (
        ("whole", ""),
        ("user", "user_"),
        ("dashboard", "dashboard_"),
    )
    periods: tuple[Period, ...] = ("day", "month")
    found = [
        (scope, period, getattr(settings, f"budget_{name}{period}_usd"))
        for scope, name in scopes
        for period in periods
    ]
    return tuple(Budget(scope, period, usd) for scope, period, usd in found if usd is not None)
