"""Lines across a plot at one value, labelled in place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peter_core.plan.views.covered import Box
from peter_core.plan.views.frame import Field, compact_number, instant, measure
from peter_core.plan.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.model import Reference, Scalar
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.covered import Ground
    from peter_core.plan.views.places import Places
    from peter_core.plan.views.plot import Plot

_PLOT_PX = (420.0, 200.0)
_LETTER_PX, _LINE_PX = 6.4, 18.0
_LONGEST = 0.5


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the plot: the channel it has a place on, the place, and what it is called.

    ``told`` is its name and place for who hears of it.
    """

    channel: str
    spot: dict[str, Any]
    row: dict[str, float | int]
    share: float
    label: str
    told: str

    @property
    def width(self) -> float:
        """About what its label takes of the plot's width."""
        return (len(self.label) * _LETTER_PX + 8) / _PLOT_PX[0]


def reference_values(references: Sequence[Reference]) -> list[float]:
    """The y values of reference lines, which a domain must reach."""
    return [float(r.y) for r in references if r.y is not None]


def add_references(
    plot: Plot,
    references: Sequence[Reference],
    *,
    x: Field,
    places: Places,
    written: Formatter,
    zone: str,
    ground: Ground,
    flipped: bool = False,
) -> tuple[str, ...]:
    """Draw each line that has a place on the plot; ``flipped`` when measures lie on x.

    Gives what each line is and where, in words. A label of a lying line stands at the end where
    least is covered, one of an upright line above the plot. A long one is cut; its tooltip has
    the whole.
    """
    above: list[Box] = []
    told: list[str] = []
    # What is kept off the letters is no line: it lies below all of them.
    halos: list[dict[str, Any]] = []
    drawn: list[dict[str, Any]] = []
    for index, reference in enumerate(references):
        line = _line(reference, x, places, written, zone, ground, flipped=flipped)
        if line is None:
            continue
        plot.param(f"reference_{index}", line.label)
        told.append(line.told)
        if line.channel == "x":
            mark, box = _above(line, above)
            above.append(box)
            end: dict[str, Any] = {"value": 0}
        else:
            mark, box = _beside(line, ground)
            ground = ground.under([box])
            end = {"value": {"expr": "width"} if mark["align"] == "right" else 0}
        halo, *rest = _layers(index, line, mark, end)
        halos.append(halo)
        drawn += rest
    plot.layers += halos + drawn
    return tuple(told)


def _line(
    reference: Reference,
    x: Field,
    places: Places,
    written: Formatter,
    zone: str,
    ground: Ground,
    *,
    flipped: bool,
) -> _Line | None:
    row: dict[str, float | int] = {}
    if reference.y is not None:
        at: float | int = reference.y
        channel = "x" if flipped else "y"
        spot: dict[str, Any] = {"datum": at, "type": "quantitative"}
        # Two and a half among whole numbers is not three.
        label, place = reference.label, written.fitted([at]).text(at)
    else:
        found = _place(reference.x, x, places, zone)
        if found is None or not _in_sight(found, places):
            return None
        at, label, place = found, reference.label, str(reference.x)
        channel = "y" if flipped else "x"
        kind = {"time": "temporal", "number": "quantitative", "slot": "ordinal"}[places.kind]
        # A field, since Vega-Lite mistakes a bare number on a time axis for a date of its own.
        row, spot = {"f0": at}, {"field": "f0", "type": kind}
    axis = ground.across if channel == "x" else ground.up
    told = say("{value} at {place}", value=label, place=place) if label else place
    return _Line(channel, spot, row, axis.share(at), label or place, told)


def _above(line: _Line, others: Sequence[Box]) -> tuple[dict[str, Any], Box]:
    """A label over the plot: in the middle of its line where both sides have room for it."""
    at, half = line.share, line.width / 2
    if at - half >= 0 and at + half <= 1:
        align, left, most = "center", at - half, 2 * min(at, 1 - at)
    elif at <= 0.5:
        align, left, most = "left", at, 1 - at
    else:
        align, left, most = "right", max(at - line.width, 0.0), at
    width = min(line.width, most)
    level = 0
    while any(Box(left, left + width, level, level + 1).overlap(other) for other in others):
        level += 1
    mark = {"align": align, "baseline": "bottom", "dy": -2 - level * 15, "limit": _limit(most)}
    return mark, Box(left, left + width, level, level + 1)


def _beside(line: _Line, ground: Ground) -> tuple[dict[str, Any], Box]:
    """A label over or under its line, at the end where it hides least."""
    width, tall = min(line.width, _LONGEST), _LINE_PX / _PLOT_PX[1]
    choices = []
    for dy, low in ((-8, line.share), (9, line.share - tall)):
        for align, left in (("left", 0.0), ("right", 1.0 - width)):
            box = Box(left, left + width, low, low + tall)
            hidden = sum(box.overlap(other) for other in ground.covered)
            # The axis stands below.
            hidden += 1.0 if low < 0 else 0.0
            choices.append((round(hidden, 4), align, dy, box))
    _, align, dy, box = min(choices, key=lambda choice: choice[0])
    dx = 2 if align == "left" else -2
    return {"align": align, "dx": dx, "dy": dy, "limit": _limit(_LONGEST)}, box


def _limit(share: float) -> dict[str, str]:
    return {"expr": f"width * {share:.3g}"}


def _layers(
    index: int, line: _Line, mark: dict[str, Any], end: dict[str, Any]
) -> list[dict[str, Any]]:
    """The halo of a line's label, the line, and the label."""
    data: dict[str, Any] = {"values": [line.row]}
    tip = {"tooltip": {"expr": f"[['', reference_{index}]]"}}
    spot = {line.channel: line.spot}
    other = "x" if line.channel == "y" else "y"
    text = {"value": {"expr": f"reference_{index}"}}
    encoding = {**spot, other: end, "text": text}
    # Letters as wide as a pen in the card's colour keep data off the letters.
    pen = {"stroke": "$surface", "strokeWidth": 4, "strokeJoin": "round"}
    return [
        {"data": data, "mark": {"type": "text", **mark, **pen}, "encoding": encoding},
        {"data": data, "mark": {"type": "rule", **tip}, "encoding": spot},
        {"data": data, "mark": {"type": "text", **mark, **tip}, "encoding": encoding},
    ]


def _place(value: Scalar | None, x: Field, places: Places, zone: str) -> float | int | None:
    if places.kind == "slot":
        wanted = _instant(value, zone) if x.is_temporal else value
        for row, raw in enumerate(x.values):
            if (instant(raw, zone) if x.is_temporal else raw) == wanted:
                return places.at[row]
        return None
    if places.kind == "number":
        number = measure(value)
        return None if number is None else compact_number(number)
    return _instant(value, zone)


def _in_sight(at: float | int, places: Places) -> bool:
    known = [place for place in places.at if place is not None]
    return bool(known) and (places.kind == "slot" or min(known) <= at <= max(known))


def _instant(value: object, zone: str) -> float | int | None:
    try:
        return instant(dt.datetime.fromisoformat(str(value)), zone)
    except ValueError:
        return None
