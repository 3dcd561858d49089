"""Rows in long form: which series a value belongs to, and the colour the series keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.plan.views.frame import Field, measure
from peter_core.plan.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peter_core.dashboard.model import Dashboard
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.frame import Frame

MAX_SERIES = 6
OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one series: ``row`` is its place in the result, ``value`` the raw one."""

    row: int
    series: int
    y: float | None
    value: object


@dataclass(frozen=True, slots=True)
class Series:
    """A name and its colour token; ``total`` is the size it is ranked by."""

    name: str
    color: str
    total: float


@dataclass(frozen=True, slots=True)
class Long:
    """Points of up to six series. ``folded`` series share the last one, in grey.

    ``origin`` numbers the series before folding, so that the lines of folded ones stay apart.
    """

    points: list[Point]
    origin: list[int]
    series: tuple[Series, ...]
    folded: int
    measures: tuple[Field, ...]

    @property
    def single(self) -> bool:
        """Whether one colour is enough."""
        return len(self.series) == 1


def melt(
    frame: Frame,
    ys: Sequence[str],
    split_by: str | None,
    dashboard: Dashboard,
    limit: int | None = None,
) -> Long:
    """The measures of a chart as points of series.

    Several measures are series by their titles, a ``split_by`` column makes one of each value.
    Colours follow the names in order, so a series keeps its own whatever its rank.
    """
    measures = tuple(frame.number(name) for name in ys)
    keys, names = _keys(frame, split_by, dashboard)
    many = len(measures) > 1
    labels: dict[tuple[int, object], int] = {}
    titles: list[str] = []
    points: list[Point] = []
    for index, field in enumerate(measures):
        for row, value in enumerate(field.values):
            label = (index, keys[row])
            if label not in labels:
                labels[label] = len(titles)
                name = names(keys[row])
                titles.append(
                    f"{name} · {field.title}"
                    if many and split_by
                    else field.title
                    if many
                    else name
                )
            points.append(Point(row, labels[label], measure(value), value))
    if not split_by and not many:
        titles = [measures[0].title]
    by_name = _name_order(list(labels), titles, many and not split_by)
    return _folded(points, titles, by_name, limit, measures)


def _keys(
    frame: Frame, split_by: str | None, dashboard: Dashboard
) -> tuple[list[object], Callable[[object], str]]:
    if split_by is None:
        return [None] * frame.rows, lambda _key: ""
    field = frame.field(split_by)
    written: Formatter = field.formatter(None, dashboard)
    texts = {}
    for value in field.values:
        key = _hashable(value)
        if key not in texts:
            texts[key] = written.text(value)
    return [_hashable(value) for value in field.values], lambda key: texts[key]


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    # True and 1 are one dictionary key, but two series.
    return ("bool", value) if isinstance(value, bool) else value


def _name_order(labels: list[tuple[int, object]], titles: list[str], as_given: bool) -> list[int]:
    order = list(range(len(titles)))
    if as_given:
        return order

    def natural(i: int) -> tuple[bool, float, str, int]:
        number = measure(labels[i][1]) if i < len(labels) else None
        return (number is None, number or 0.0, titles[i].casefold(), i)

    return sorted(order, key=natural)


def _folded(
    points: list[Point],
    titles: list[str],
    by_name: list[int],
    limit: int | None,
    measures: tuple[Field, ...],
) -> Long:
    totals = [0.0] * len(titles)
    for point in points:
        totals[point.series] += abs(point.y or 0.0)
    most = min(limit or MAX_SERIES, MAX_SERIES)
    kept = by_name
    if len(titles) > most:
        # Six colours: five of the largest and the grey of the rest.
        room = most if limit and limit < MAX_SERIES else MAX_SERIES - 1
        largest = set(sorted(by_name, key=lambda i: -totals[i])[:room])
        kept = [i for i in by_name if i in largest]
    colors = {i: f"$c{rank + 1}" for rank, i in enumerate(kept)}
    ranked = sorted(kept, key=lambda i: -totals[i]) if len(measures) == 1 else kept
    place = {i: at for at, i in enumerate(ranked)}
    series = [Series(titles[i], colors[i], totals[i]) for i in ranked]
    folded = len(titles) - len(kept)
    if folded:
        rest = sum(totals[i] for i in range(len(titles)) if i not in place)
        series.append(Series(say(OTHER), "$other", rest))
    moved = [Point(p.row, place.get(p.series, len(ranked)), p.y, p.value) for p in points]
    return Long(moved, [p.series for p in points], tuple(series), folded, measures)
