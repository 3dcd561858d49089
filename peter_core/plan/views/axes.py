"""Scales and ticks, computed here so that every surface shows the same ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.plan.formats import Formatter

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_INTERVALS = 4
_LARGEST = 1e300
_EMPTY = 0.6
_ROOM = {"x": "max(2, floor(width / 40))", "y": "max(2, floor(height / 22))"}
"""How many marks an axis has room for, as Vega counts it."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """A domain, the values marked on it, and what stands at each mark."""

    low: float
    high: float
    values: tuple[float, ...]
    labels: tuple[str, ...]

    def scale(self) -> dict[str, Any]:
        """The Vega-Lite scale over the domain."""
        return {"domain": [self.low, self.high], "nice": False, "zero": False}

    def axis(self, name: str) -> dict[str, Any]:
        """The Vega-Lite axis; ``name``_places and ``name``_labels hold the marks and their texts.

        Vega leaves marks out where a plot is low: a label belongs to a value, not to a number.
        """
        return {
            "values": {"expr": f"{name}_places"},
            "tickCount": {"expr": _ROOM[name]},
            "labelExpr": f"{name}_labels[indexof({name}_places, datum.value)]",
        }

    def within(self, low: float, high: float) -> Ticks:
        """The same marks over a smaller domain, without those outside it."""
        inside = [i for i, value in enumerate(self.values) if low <= value <= high]
        return Ticks(
            low, high, tuple(self.values[i] for i in inside), tuple(self.labels[i] for i in inside)
        )


def ticks(values: Iterable[float], formatter: Formatter, *, zero: bool) -> Ticks:
    """About four good steps over the values; ``zero`` makes the domain reach zero.

    Without ``zero`` the domain still starts there when the values come near. Between whole
    numbers, rates apart, no mark stands at a fraction.
    """
    shown = [v for v in values if abs(v) <= _LARGEST]
    low, high = (min(shown), max(shown)) if shown else (0.0, 0.0)
    if zero or (0 <= low < 0.5 * high) or (0.5 * low < high <= 0):
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = _around(low)
    unit = formatter.scale(max(abs(low), abs(high)))
    whole = not formatter.is_rate and all(float(v).is_integer() for v in shown)
    least = 1 / unit if whole else 0.0
    places = _places(low / unit, high / unit, least)
    marks = tuple(place * unit for place in places)
    made = Ticks(marks[0], marks[-1], marks, tuple(formatter.ticks(marks)))
    return made.within(*_trimmed(low, high, marks))


def shares(formatter: Formatter) -> Ticks:
    """The axis of a whole: 0 to 1 in quarters."""
    marks = (0.0, 0.25, 0.5, 0.75, 1.0)
    return Ticks(0.0, 1.0, marks, tuple(formatter.ticks(marks)))


def thinned(indexes: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of the indexes, evenly spread, the first and last among them."""
    if len(indexes) <= most:
        return list(indexes)
    step = (len(indexes) - 1) / (most - 1)
    return [indexes[round(i * step)] for i in range(most)]


def _trimmed(low: float, high: float, marks: Sequence[float]) -> tuple[float, float]:
    """The domain without an almost empty step past zero, for values that barely cross it."""
    first, last, step = marks[0], marks[-1], marks[1] - marks[0]
    margin = 0.1 * step
    if first < low < 0 and low - first > _EMPTY * step:
        first = low - margin
    if last > high > 0 and marks[-2] <= 0 and last - high > _EMPTY * step:
        last = high + margin
    return first, last


def _around(value: float) -> tuple[float, float]:
    """A flat line stands in the middle, above zero: no step finer than its own value."""
    if value == 0:
        return 0.0, 1.0
    return min(0.0, 2 * value), max(0.0, 2 * value)


def _places(low: float, high: float, least: float) -> list[float]:
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / _INTERVALS))
    step = min((s * power for s in _STEPS), key=lambda step: _strain(low, high, step, power))
    step = max(step, least)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def _strain(low: float, high: float, step: float, power: float) -> float:
    """How bad a step is: too many or few ticks, room left empty, and quarters."""
    count = math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9)
    empty = 1 - (high - low) / (count * step)
    return abs(count - _INTERVALS) * 0.5 + empty * 4 + (step == 2.5 * power) * 0.6
