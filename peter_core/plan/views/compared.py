"""The comparison period of a line: the same measure earlier, moved onto this period's days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from peter_core.plan.moments import milliseconds, moment_at
from peter_core.plan.views.axes import thinned
from peter_core.plan.views.dots import Dot
from peter_core.plan.views.frame import MAX_POINTS, instant, measure
from peter_core.plan.views.places import slot_key
from peter_core.plan.views.series import melt
from peter_core.plan.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peter_core.dashboard.model import AreaChart, Dashboard, LineChart
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.frame import Earlier, Field, Frame
    from peter_core.plan.views.places import Places

_DAY_MS = 86_400_000


def compared_dots(
    chart: LineChart | AreaChart,
    x: Field,
    places: Places,
    written: Formatter,
    frame: Frame,
    earlier: Earlier,
    dashboard: Dashboard,
) -> list[Dot]:
    """Grey dots: of the earlier period, or of the field that holds what to compare with."""
    comparison = chart.comparison
    if comparison is None:
        return []
    if comparison.to == "field" and comparison.field:
        field = frame.number(comparison.field)
        name = comparison.label or field.title
        dots = [
            Dot(at, measure(value), -1, -1, places.texts[row], name, written.text(value), value)
            for row, value in enumerate(field.values)
            if (at := places.at[row]) is not None
        ]
        return _thin(sorted(dots, key=lambda dot: dot.x))
    if not comparison.is_period:
        return []
    return _thin(_earlier(chart, x, places, written, earlier, dashboard))


def _earlier(
    chart: LineChart | AreaChart,
    x: Field,
    places: Places,
    written: Formatter,
    earlier: Earlier,
    dashboard: Dashboard,
) -> list[Dot]:
    compared = earlier.frame
    if compared is None:
        return []
    before = compared.field(chart.x)
    x_written = before.formatter(chart.x_format, dashboard)
    move = _move(chart, x, places, before, earlier.shift_days, dashboard.timezone)
    long = melt(compared, chart.ys, chart.series, dashboard, chart.limit)
    reach = [at for at in places.at if at is not None]
    dots = []
    for point, origin in zip(long.points, long.origin, strict=True):
        value = before.values[point.row]
        at = move(value)
        if (
            at is None
            or not reach
            or (places.kind == "time" and not min(reach) <= at <= max(reach))
        ):
            continue
        dots.append(
            Dot(at, point.y, -1, -1 - origin, x_written.text(value),
                _name(long.single, long.series[point.series].name), written.text(point.value),
                point.value)
        )  # fmt: skip
    return sorted(dots, key=lambda dot: (dot.line, dot.x))


def _name(single: bool, series: str) -> str:
    if single:
        return say("Previous period")
    return say("{series}, previous period", series=series)


def _move(
    chart: LineChart | AreaChart,
    x: Field,
    places: Places,
    before: Field,
    days: int | None,
    zone: str,
) -> Callable[[object], float | int | None]:
    if places.kind == "number":
        return measure
    if places.kind == "slot":
        place = {slot_key(value, x, zone): places.at[row] for row, value in enumerate(x.values)}
        return lambda value: place.get(slot_key(value, x, zone))
    if chart.comparison is not None and chart.comparison.to == "previous_year":
        return lambda value: _year_later(instant(value, zone))
    shift = (
        days * _DAY_MS
        if days is not None
        else _shift(places.at, [instant(value, zone) for value in before.values])
    )

    def later(value: object) -> float | int | None:
        at = instant(value, zone)
        return None if at is None else at + shift

    return later


def _shift(now: Sequence[float | int | None], then: Sequence[float | int | None]) -> int:
    """Whole days between the starts of two periods of equal length.

    The ends tell as much as the starts; where a period begins with a day without rows the
    smaller of the two distances is too long or too short, so the most frequent wins.
    """
    current = sorted({at for at in now if at is not None})
    earlier = sorted({at for at in then if at is not None})
    if not current or not earlier:
        return 0
    first, last = current[0] - earlier[0], current[-1] - earlier[-1]
    days = first if first == last else _best(current, earlier, (first, last))
    return round(days / _DAY_MS) * _DAY_MS


def _best(
    current: Sequence[float | int], earlier: Sequence[float | int], shifts: Sequence[float | int]
) -> float | int:
    known = set(current)
    return max(shifts, key=lambda shift: sum(at + shift in known for at in earlier))


def _year_later(at: float | int | None) -> float | int | None:
    if at is None:
        return None
    moment = moment_at(at)
    if moment.year == dt.MAXYEAR:
        return None
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return milliseconds(moment.replace(year=moment.year + 1, day=day))


def _thin(dots: list[Dot]) -> list[Dot]:
    return [dots[i] for i in thinned(range(len(dots)), MAX_POINTS)]
