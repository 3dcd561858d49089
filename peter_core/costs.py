"""What statements cost: BigQuery's on-demand price, and a plan's price before it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from peter_core.config import Settings
    from peter_core.plan.plan import Plan, Step

TEBIBYTE = 2**40
MONTH_S = 30 * 86_400

# 2^40 divides without a remainder in 40 decimal places: enough digits make every price exact.
_EXACT = Context(prec=90)
_MICRO = Decimal("0.000001")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Prices:
    """What billed bytes cost where jobs run; `at` gives the prices of a location.

    ``usd_per_tib`` is the on-demand price, ``by_location`` the price of the locations where it
    differs (``europe-west2``, ``EU``; in any case). With a ``flat_rate`` capacity is paid for
    already: every statement costs nothing more, and its slot time is what counts.

    See https://cloud.google.com/bigquery/pricing#on_demand_pricing
    """

    usd_per_tib: Decimal = Decimal("6.25")
    by_location: Mapping[str, Decimal] = field(default_factory=dict)
    flat_rate: bool = False

    def at(self, location: str) -> Prices:
        """These prices as they are in a location."""
        known = {name.casefold(): price for name, price in self.by_location.items()}
        return replace(self, usd_per_tib=known.get(location.casefold(), self.usd_per_tib))

    def price(self, bytes_billed: int) -> Decimal:
        """USD of that many billed bytes, exact; zero at a flat rate."""
        if self.flat_rate:
            return Decimal(0)
        return _EXACT.divide(
            _EXACT.multiply(Decimal(bytes_billed), self.usd_per_tib), Decimal(TEBIBYTE)
        )


def prices_in_force(settings: Settings, location: str) -> Prices:
    """The configured prices of a location."""
    listed = Prices(settings.usd_per_tib, settings.usd_per_tib_by_location, settings.flat_rate)
    return listed.at(location)


@dataclass(frozen=True, slots=True)
class StepCost:
    """What one step of a plan costs now; bytes are bytes, ``cost_usd`` is zero when cached.

    ``estimated_bytes`` and ``billed_bytes`` are ``None`` when the engine was not asked.
    """

    key: str
    query: str
    estimated_bytes: int | None
    billed_bytes: int | None
    cap_bytes: int
    cost_usd: Decimal
    cached: bool
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanCost:
    """What a dashboard costs before a byte is scanned.

    ``estimated_bytes``, ``billed_bytes`` and ``cost_usd`` are of the next load: a step that
    several charts share counts once, a cached one not at all. ``cost_usd_month`` is 30 days of
    full refreshes, ``None`` for a dashboard without one. ``exact`` is whether the engine promises
    the figures; on the embedded engine they are what BigQuery would bill. At a ``flat_rate``
    every amount is zero.
    """

    steps: tuple[StepCost, ...]
    estimated_bytes: int
    billed_bytes: int
    cost_usd: Decimal
    cost_usd_month: Decimal | None
    exact: bool
    refresh_every_s: int | None
    engine: str
    flat_rate: bool = False

    @property
    def note(self) -> str:
        """How to read the figures, in a sentence."""
        if self.engine == "duckdb":
            return "The embedded engine is free; this is what BigQuery would bill."
        if self.flat_rate:
            return "Capacity is paid for: statements cost nothing more, but slot time."
        if self.exact:
            return "From BigQuery's dry run."
        return "An estimate; the bill may be higher."


def plan_cost(
    plan: Plan, prices: Prices, cached: Container[str] = (), *, engine: str = ""
) -> PlanCost:
    """Price a plan: ``cached`` holds the keys of the steps that are answered from the cache."""
    steps = tuple(_step_cost(step, prices, step.key in cached) for step in plan.steps.values())
    estimates = [step.estimate for step in plan.steps.values()]
    refresh = plan.dashboard.refresh
    every = refresh.every if refresh else None
    full = _sum(prices.price(estimate.billed_bytes) for estimate in estimates if estimate)
    return PlanCost(
        steps=steps,
        estimated_bytes=sum(step.estimated_bytes or 0 for step in steps if not step.cached),
        billed_bytes=sum(step.billed_bytes or 0 for step in steps if not step.cached),
        cost_usd=_sum(step.cost_usd for step in steps),
        cost_usd_month=None if every is None else _monthly(full, every),
        exact=all(estimate is not None and estimate.exact for estimate in estimates),
        refresh_every_s=every,
        engine=engine,
        flat_rate=prices.flat_rate,
    )


def usd(amount: Decimal) -> str:
    """An amount as a plain decimal string to the micro-dollar: ``0.000017``, ``0``, ``12.5``."""
    text = format(amount.quantize(_MICRO, ROUND_HALF_UP, context=_EXACT), "f")
    return text.rstrip("0").rstrip(".") or "0"


def usd_text(amount: Decimal | str) -> str:
    """An amount for people: ``$0.02``, ``< $0.01``, ``$1,234.50``."""
    value = Decimal(amount)
    if 0 < value < _CENT:
        return "< $0.01"
    return f"${value.quantize(_CENT, ROUND_HALF_UP, context=_EXACT):,}"


def _step_cost(step: Step, prices: Prices, cached: bool) -> StepCost:
    estimate = step.estimate
    billed = estimate.billed_bytes if estimate else None
    return StepCost(
        key=step.key,
        query=step.query,
        estimated_bytes=estimate.bytes if estimate else None,
        billed_bytes=billed,
        cap_bytes=step.cap_bytes,
        cost_usd=Decimal(0) if cached or billed is None else prices.price(billed),
        cached=cached,
        used_by=step.used_by,
    )


def _monthly(full: Decimal, every_s: int) -> Decimal:
    return _EXACT.divide(_EXACT.multiply(full, Decimal(MONTH_S)), Decimal(every_s))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total
