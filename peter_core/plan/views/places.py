"""The x axis: days and moments, measures, or categories in their slots."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, Any, Literal

from peter_core.plan.formats import Moments
from peter_core.plan.moments import milliseconds, moment_at, wall_clock
from peter_core.plan.views.frame import Field, compact_number, instant, measure
from peter_core.plan.views.plot import FIGURE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.model import Dashboard
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.plot import Plot

Kind = Literal["time", "number", "slot"]

_DAY_MS = 86_400_000
_MOST_FILLED = 400
_LONGEST_PX, _MOST_BESIDE = 160, 0.35
_EVERY_OTHER_DAY = (10, 20)
_INTERVALS = (
    (10, "day", 1), (65, "week", 1), (140, "week", 2), (430, "month", 1), (1200, "month", 3),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """Where each row stands on an axis, ``None`` for a null.

    ``texts`` is how each row's value reads; ``labels`` are the slots' names, in order.
    """

    kind: Kind
    at: list[float | int | None]
    texts: list[str]
    labels: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def slots(self) -> int:
        """How many categories the axis has."""
        return len(self.labels)


def continuous(field: Field, written: Formatter, dashboard: Dashboard) -> Places:
    """Places on a time or number axis; a text column stands in slots, in the query's order."""
    texts = [written.text(value) for value in field.values]
    if field.is_temporal:
        zone = dashboard.timezone
        at = [instant(value, zone) for value in field.values]
        return Places("time", at, texts, pattern=axis_pattern(field, written, zone))
    if field.is_number:
        numbers = [measure(value) for value in field.values]
        return Places("number", [None if n is None else compact_number(n) for n in numbers], texts)
    return slotted(field, written, dashboard)


def slotted(
    field: Field, written: Formatter, dashboard: Dashboard, order: Sequence[object] | None = None
) -> Places:
    """Places in slots: numbers and dates in their order, texts in the query's.

    ``order`` gives the distinct values in another order. Dates that come in equal steps get a
    slot for each missing one, so that a gap is seen.
    """
    texts = [written.text(value) for value in field.values]
    zone = dashboard.timezone
    keys: list[object] = [slot_key(value, field, zone) for value in field.values]
    if order is not None:
        slots = list(dict.fromkeys(slot_key(value, field, zone) for value in order))
    else:
        slots = _ordered(field, keys)
    place = {key: at for at, key in enumerate(slots)}
    at = [place.get(key) for key in keys]
    labels, pattern = _labels(field, written, zone, slots, dict(zip(keys, texts, strict=True)))
    return Places("slot", list(at), texts, tuple(labels), pattern)


def axis_pattern(field: Field, written: Formatter, zone: str) -> str:
    """The strftime pattern of a time axis."""
    if not isinstance(written, Moments):
        return ""
    return written.axis_pattern(
        [wall_clock(value, zone) for value in field.values if isinstance(value, dt.date)]
    )


def time_channel(plot: Plot, places: Places) -> dict[str, Any]:
    """The channel of a time axis. The pattern may be the document's, so it is a parameter."""
    plot.param("x_format", places.pattern)
    whole = [at for at in places.at if at is not None]
    days = (max(whole) - min(whole)) / _DAY_MS if whole else 0
    # Every other label, or every fourth: days and weeks keep their rhythm.
    axis = {"labelExpr": "utcFormat(datum.value, x_format)", "labelOverlap": "parity",
            **_steps(places, days)}  # fmt: skip
    scale: dict[str, Any] = {"type": "utc"}
    if whole:
        around = _DAY_MS if min(whole) == max(whole) else 0
        # Vega-Lite mistakes numbers in a time domain for dates of its own; it lets expressions be.
        scale["domainMin"] = {"expr": f"{min(whole) - around}"}
        scale["domainMax"] = {"expr": f"{max(whole) + around}"}
    return {"field": "f0", "type": "temporal", "scale": scale, "axis": axis}


def _steps(places: Places, days: float) -> dict[str, Any]:
    """Where the ticks of a time axis stand: never closer than what its labels tell apart."""
    if re.search("%[-_0]?[HIMSLXcRT]", places.pattern):
        return {"tickCount": {"expr": "max(2, floor(width / 110))"}}
    if _EVERY_OTHER_DAY[0] <= days < _EVERY_OTHER_DAY[1]:
        # Vega's own every other day begins anew with each month: the 29th, the 31st, the 1st.
        first = min(at for at in places.at if at is not None)
        return {
            "values": {"expr": str([first + _DAY_MS * day for day in range(0, int(days) + 1, 2)])}
        }
    for most, interval, step in _INTERVALS:
        if days < most:
            return {"tickCount": {"interval": interval, "step": step}}
    return {"tickCount": {"expr": "max(2, floor(width / 90))"}}


def slot_channel(
    plot: Plot, places: Places, *, axis: Literal["x", "y"], field: str = "f0", thin: bool
) -> dict[str, Any]:
    """The channel of an axis of categories; ``thin`` may leave labels out, else they shorten."""
    plot.param(f"{axis}_labels", list(places.labels))
    drawn: dict[str, Any] = {"labelExpr": f"{axis}_labels[datum.value]", "labelAngle": 0}
    if axis == "x" and not thin:
        # Shortened to their slots, they only meet where a slot is narrower than three letters.
        drawn |= {"labelOverlap": "parity", "labelSeparation": 2}
        drawn["labelLimit"] = {"expr": f"max(28, width / {max(places.slots, 1)} - 6)"}
    elif axis == "y":
        # Of the whole figure, not of the plot that is left beside the labels.
        plot.measure_figure()
        drawn["labelLimit"] = {"expr": f"min({_LONGEST_PX}, {_MOST_BESIDE} * {FIGURE_WIDTH})"}
    else:
        # Every other label, or every fourth: hours and weeks keep their rhythm.
        drawn |= {"labelOverlap": "parity", "labelSeparation": 8,
                  "labelLimit": {"expr": f"min({_LONGEST_PX}, width / 3)"}}  # fmt: skip
    return {
        "field": field,
        "type": "ordinal",
        "scale": {"domain": list(range(places.slots))},
        "axis": drawn,
    }


def slot_key(value: object, field: Field, zone: str) -> object:
    """What makes two values one category: the same instant, and NaN is NaN."""
    if field.is_temporal:
        return instant(value, zone)
    if isinstance(value, bool):
        return ("bool", value)
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value if value == value else "NaN"


def _ordered(field: Field, keys: list[object]) -> list[object]:
    distinct = list(dict.fromkeys(keys))
    if field.is_temporal:
        return [*filled([k for k in distinct if isinstance(k, (int, float))]),
                *([None] if None in distinct else [])]  # fmt: skip
    if field.is_number:
        numbers = [k for k in distinct if measure(k) is not None]
        rest = [k for k in distinct if measure(k) is None]
        return [*sorted(numbers, key=lambda k: measure(k) or 0.0), *rest]
    return distinct


def filled(instants: Sequence[int | float]) -> list[int | float]:
    """Sorted instants with the missing ones of an equal step between them."""
    known = sorted(instants)
    if len(known) < 3:
        return known
    months = _months(known)
    if months is not None:
        return months if len(months) <= _MOST_FILLED else known
    gaps = [int(b - a) for a, b in itertools.pairwise(known)]
    step = reduce(gcd, gaps)
    # A step that most neighbours do not keep is chance, not rhythm.
    if not step or gaps.count(step) * 2 < len(gaps):
        return known
    count = int((known[-1] - known[0]) // step) + 1
    return [known[0] + i * step for i in range(count)] if count <= _MOST_FILLED else known


def _months(known: Sequence[int | float]) -> list[int | float] | None:
    days = [moment_at(at) for at in known]
    if any((m.day, m.time()) != (1, dt.time()) for m in days):
        return None
    numbers = [m.year * 12 + m.month - 1 for m in days]
    step = reduce(gcd, [b - a for a, b in itertools.pairwise(numbers)])
    count = (numbers[-1] - numbers[0]) // step + 1
    return [
        milliseconds(dt.datetime(n // 12, n % 12 + 1, 1))  # noqa: DTZ001  # a wall clock
        for n in range(numbers[0], numbers[0] + min(count, _MOST_FILLED + 1) * step, step)
    ]


def _labels(
    field: Field, written: Formatter, zone: str, slots: list[object], texts: dict[object, str]
) -> tuple[list[str], str]:
    if not field.is_temporal or not isinstance(written, Moments):
        return [texts[slot] for slot in slots], ""
    pattern = axis_pattern(field, written, zone)
    shown = Moments(written.locale, zone, pattern, given=True)
    return [
        shown.text(moment_at(slot)) if isinstance(slot, (int, float)) else shown.text(None)
        for slot in slots
    ], pattern
