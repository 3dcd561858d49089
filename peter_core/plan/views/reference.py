"""Lines across a plot at one value, labelled in place."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from peter_core.plan.views.frame import Field, compact_number, instant, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.model import Reference, Scalar
    from peter_core.plan.formats import Formatter
    from peter_core.plan.views.places import Places
    from peter_core.plan.views.plot import Plot


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
    flipped: bool = False,
) -> None:
    """Draw each line that has a place on the plot; ``flipped`` when measures lie on x."""
    for index, reference in enumerate(references):
        row: dict[str, float | int] = {}
        if reference.y is not None:
            label = reference.label or written.text(reference.y)
            channel = "x" if flipped else "y"
            spot: dict[str, Any] = {"datum": reference.y, "type": "quantitative"}
        else:
            found = _place(reference.x, x, places, zone)
            if found is None or not _in_sight(found, places):
                continue
            label = reference.label or str(reference.x)
            channel = "y" if flipped else "x"
            kind = {"time": "temporal", "number": "quantitative", "slot": "ordinal"}[places.kind]
            # A field, since Vega-Lite mistakes a bare number on a time axis for a date of its own.
            row["f0"] = found
            spot = {"field": "f0", "type": kind}
        _draw(plot, index, channel, spot, label, row)


def _draw(
    plot: Plot,
    index: int,
    channel: str,
    spot: dict[str, Any],
    label: str,
    row: dict[str, float | int],
) -> None:
    plot.param(f"reference_{index}", label)
    data: dict[str, Any] = {"values": [row]}
    plot.layers.append({"data": data, "mark": {"type": "rule"}, "encoding": {channel: spot}})
    other = "x" if channel == "y" else "y"
    offset = {"dx": 2, "dy": -8} if channel == "y" else {"dx": 5, "dy": 6}
    text = {"expr": f"reference_{index}"}
    plot.layers.append(
        {
            "data": data,
            "mark": {"type": "text", "align": "left", **offset},
            "encoding": {channel: spot, other: {"value": 0}, "text": {"value": text}},
        }
    )


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
