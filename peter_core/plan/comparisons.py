"""What a chart is compared with: the period before, the year before, a target, a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.dashboard.model import DateRangeFilter
from peter_core.plan.filters import shifted
from peter_core.plan.words import say

if TYPE_CHECKING:
    from peter_core.dashboard.model import Comparison, Dashboard
    from peter_core.plan.filters import DateRange
    from peter_core.plan.plan import Plan


def period_filter(dashboard: Dashboard, comparison: Comparison) -> str | None:
    """The date range a period comparison shifts: the named one, else the dashboard's first."""
    if comparison.filter:
        return comparison.filter
    ranges = (n for n, f in dashboard.filters.items() if isinstance(f, DateRangeFilter))
    return next(ranges, None)


def comparison_label(plan: Plan, comparison: Comparison) -> str:
    """What a chart's value is set against: ``previous 30 days``, ``target``."""
    if comparison.label:
        return comparison.label
    if comparison.to == "previous_year":
        return say("previous year")
    if comparison.to != "previous_period":
        return say("target") if comparison.to == "target" else str(comparison.field)
    bounds = _bounds(plan, comparison)
    if bounds is None:
        return say("previous period")
    days = (bounds[1] - bounds[0]).days + 1
    return say("previous day") if days == 1 else say("previous {days} days", days=str(days))


def shift_days(plan: Plan, comparison: Comparison) -> int | None:
    """Days between the period shown and the one it is compared with, ``None`` for no period."""
    bounds = _bounds(plan, comparison)
    if bounds is None:
        return None
    return (bounds[0] - shifted(bounds, comparison.to)[0]).days


def _bounds(plan: Plan, comparison: Comparison) -> DateRange | None:
    name = period_filter(plan.dashboard, comparison) if comparison.is_period else None
    bounds = plan.values.get(name) if name else None
    return (bounds[0], bounds[1]) if isinstance(bounds, tuple) else None
