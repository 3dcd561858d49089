"""Dots of a plot in long form, and the mark that follows the pointer over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peter_core.plan.views.frame import compact_number
from peter_core.plan.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.plan.views.frame import Field
    from peter_core.plan.views.plot import Plot
    from peter_core.plan.views.series import Long

HOVER = "hover"


@dataclass(frozen=True, slots=True)
class Dot:
    """One value on the plot; ``series`` is -1 for the comparison, ``line`` joins dots.

    ``low`` is where its area or bar begins, ``lone`` a dot that no line reaches.
    """

    x: float | int
    y: float | None
    series: int
    line: int
    x_text: str
    name: str = ""
    text: str = ""
    raw: object = None
    low: float = 0.0
    lone: bool = False


def write_dots(
    plot: Plot, dots: Sequence[Dot], x: Field, long: Long, *, split_by: str | None = None
) -> None:
    """Add the columns ``f0`` x, ``f1`` y, ``f2`` series, ``f3`` line, ``f4`` low and the texts."""
    plot.column("f0", "time" if x.is_temporal else "number", [dot.x for dot in dots])
    plot.column("f1", "number", [None if d.y is None else compact_number(d.y) for d in dots])
    compare = any(dot.series < 0 for dot in dots)
    if not long.single or compare:
        plot.column("f2", "number", [dot.series for dot in dots])
        plot.column("f3", "number", [dot.line for dot in dots])
    if any(dot.low for dot in dots) or not long.single:
        plot.column("f4", "number", [compact_number(dot.low) for dot in dots])
    elif long.single:
        plot.column("f4", "number", [0] * len(dots))
    if any(dot.lone for dot in dots):
        plot.column("f5", "number", [int(dot.lone) for dot in dots])
    plot.tip(x.title, [dot.x_text for dot in dots])
    many = len(long.measures) > 1
    if not long.single or compare:
        plot.tip(split_by or say("Series"), [dot.name for dot in dots])
    plot.tip(say("Value") if many else long.measures[0].title, [dot.text for dot in dots])


def series_color(long: Long) -> dict[str, Any]:
    """The colour channel of the series."""
    if long.single:
        return {"value": long.series[0].color}
    return {
        "field": "f2",
        "type": "nominal",
        "scale": {
            "domain": list(range(len(long.series))),
            "range": [series.color for series in long.series],
        },
        "legend": None,
    }


def hover_layer(plot: Plot, encoding: dict[str, Any]) -> dict[str, Any]:
    """A dot that appears at the value nearest to the pointer, with its tooltip."""
    shown = {"condition": {"param": HOVER, "empty": False, "value": 1}, "value": 0}
    select = {"type": "point", "nearest": True, "on": "pointermove", "clear": "pointerout"}
    return {
        "name": HOVER,
        "params": [{"name": HOVER, "select": select}],
        "mark": {"type": "point", "size": 64, "stroke": "$surface", "strokeWidth": 1.5,
                 "tooltip": plot.tooltip()},
        "encoding": {**encoding, "opacity": shown},
    }  # fmt: skip
