"""Values by category: adding up, ordering, and folding the smallest into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from peter_core.plan.views.frame import MAX_POINTS, measure
from peter_core.plan.views.series import OTHER
from peter_core.plan.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.model import BarChart
    from peter_core.plan.views.frame import Frame
    from peter_core.plan.views.places import Places
    from peter_core.plan.views.series import Long


@dataclass(frozen=True, slots=True)
class Bar:
    """The sum of one series in one category; ``raw`` is exact where the values are."""

    slot: int
    series: int
    value: float
    raw: object
    text: str


@dataclass(frozen=True, slots=True)
class Slots:
    """Categories in the order shown, and the bars in them; ``other`` is the place of the rest.

    ``moved`` is where each category of the axis as it was stands now.
    """

    labels: tuple[str, ...]
    bars: list[Bar]
    moved: dict[int, int]
    note: str | None = None
    other: int | None = None

    def arranged(self, places: Places) -> Places:
        """The axis with its categories where they are shown."""
        at = [None if slot is None else self.moved.get(int(slot)) for slot in places.at]
        return replace(places, at=list(at), labels=self.labels)


def gather(chart: BarChart, frame: Frame, long: Long, places: Places, *, rate: bool) -> Slots:
    """Sum rows of one category, order the categories, and keep at most ``limit`` of them.

    The rest becomes "Other". Shares (``rate``) cannot be added, so their rest is left out.
    """
    sums, repeated = _sums(long, places)
    totals = [0.0] * places.slots
    for (slot, _), raw in sums.items():
        totals[slot] += measure(raw) or 0.0
    order = _order(chart, frame, places, totals)
    most = min(chart.limit or MAX_POINTS, MAX_POINTS)
    kept, rest = order[:most], order[most:]
    if rest and chart.limit and chart.sort is None:
        by_size = sorted(order, key=lambda slot: -abs(totals[slot]))
        kept, rest = by_size[:most], by_size[most:]
    names = dict.fromkeys(range(places.slots), "")
    for at, text in zip(places.at, places.texts, strict=True):
        names[int(at or 0)] = text
    place = {slot: at for at, slot in enumerate(kept)}
    labels = [places.labels[slot] for slot in kept]
    bars = [
        Bar(place[slot], series, measure(raw) or 0.0, raw, names[slot])
        for (slot, series), raw in sums.items()
        if slot in place
    ]
    fold = bool(rest) and chart.limit is not None and not rate
    if fold:
        labels.append(say(OTHER))
        bars += _other(sums, set(rest), len(kept))
    other = len(kept) if fold else None
    return Slots(tuple(labels), bars, place, _note(repeated, rest, fold=fold), other)


def added(a: object, b: object) -> object:
    """The sum of two numbers, exact unless one is a float; a null adds nothing."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, float) or isinstance(b, float):
        return (measure(a) or 0.0) + (measure(b) or 0.0)
    return a + b if isinstance(a, (int, Decimal)) and isinstance(b, (int, Decimal)) else a


def _sums(long: Long, places: Places) -> tuple[dict[tuple[int, int], object], bool]:
    sums: dict[tuple[int, int], object] = {}
    origins: dict[tuple[int, int], set[int]] = {}
    repeated = False
    for point, origin in zip(long.points, long.origin, strict=True):
        at = places.at[point.row]
        if at is None or point.y is None:
            continue
        key = (int(at), point.series)
        seen = origins.setdefault(key, set())
        repeated = repeated or origin in seen
        seen.add(origin)
        sums[key] = added(sums.get(key), point.value)
    return sums, repeated


def _order(chart: BarChart, frame: Frame, places: Places, totals: Sequence[float]) -> list[int]:
    slots = list(range(places.slots))
    sort = chart.sort
    if sort is None:
        return slots
    if isinstance(sort, str):
        return sorted(slots, key=lambda slot: totals[slot], reverse=sort == "descending")
    keys = _sort_keys(frame, sort.field, places)
    present = sorted(
        (slot for slot in slots if slot in keys),
        key=lambda slot: keys[slot],
        reverse=sort.order == "descending",
    )
    return present + [slot for slot in slots if slot not in keys]


def _sort_keys(frame: Frame, name: str, places: Places) -> dict[int, tuple[float, str]]:
    field = frame.field(name)
    keys: dict[int, tuple[float, str]] = {}
    for row, value in enumerate(field.values):
        at = places.at[row]
        if at is None or value is None:
            continue
        number = measure(value)
        if number is None:
            keys.setdefault(int(at), (0.0, str(value)))
        else:
            keys[int(at)] = (keys.get(int(at), (0.0, ""))[0] + number, "")
    return keys


def _other(sums: dict[tuple[int, int], object], rest: set[int], slot: int) -> list[Bar]:
    folded: dict[int, object] = {}
    for (at, series), raw in sums.items():
        if at in rest:
            folded[series] = added(folded.get(series), raw)
    text = f"{say(OTHER)} ({len(rest):,})"
    return [Bar(slot, series, measure(raw) or 0.0, raw, text) for series, raw in folded.items()]


def _note(repeated: bool, rest: Sequence[int], *, fold: bool) -> str | None:
    notes = []
    if repeated:
        notes.append(say("Rows of the same category were added up."))
    if rest and not fold:
        notes.append(say("{more} more categories are not drawn.", more=len(rest)))
    return " ".join(notes) or None
