"""Which parts of a plot its marks cover, so that words can stand where nothing is."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peter_core.plan.views.dots import Dot
    from peter_core.plan.views.places import Places


@dataclass(frozen=True, slots=True)
class Span:
    """The values at the two ends of an axis: left and right, or bottom and top."""

    first: float
    last: float

    def share(self, value: float) -> float:
        """How far along the axis a value stands: 0 at its first end, 1 at its last."""
        return (value - self.first) / ((self.last - self.first) or 1.0)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a plot, in shares of its width and height from the lower left corner."""

    left: float
    right: float
    low: float
    high: float

    def overlap(self, other: Box) -> float:
        """The share of the plot that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.high, other.high) - max(self.low, other.low)
        return max(wide, 0.0) * max(tall, 0.0)


@dataclass(frozen=True, slots=True)
class Ground:
    """A plot as words see it: its axes, and what is covered already."""

    across: Span
    up: Span
    covered: tuple[Box, ...] = ()

    def box(self, x: tuple[float, float], y: tuple[float, float]) -> Box:
        """The part between two places on each axis."""
        left, right = sorted(self.across.share(at) for at in x)
        low, high = sorted(self.up.share(at) for at in y)
        return Box(left, right, low, high)

    def under(self, boxes: Iterable[Box]) -> Ground:
        """The same plot with more of it covered."""
        return Ground(self.across, self.up, (*self.covered, *boxes))


def span_of(places: Places) -> Span:
    """The ends of an x axis that is as long as its places."""
    if places.kind == "slot":
        return Span(-0.5, places.slots - 0.5)
    known = [at for at in places.at if at is not None]
    return Span(min(known), max(known)) if known else Span(0.0, 1.0)


def below_lines(ground: Ground, dots: Iterable[Dot], *, filled: bool) -> Ground:
    """The plot with the stretches between neighbours of a line covered.

    ``filled`` covers down to where each dot's area begins.
    """
    lines: dict[int, list[Dot]] = defaultdict(list)
    for dot in dots:
        if dot.y is not None:
            lines[dot.line].append(dot)
    boxes = []
    for line in lines.values():
        for one, next_ in itertools.pairwise(line if len(line) > 1 else line * 2):
            y = [one.y or 0.0, next_.y or 0.0, *([one.low, next_.low] if filled else [])]
            boxes.append(ground.box((one.x, next_.x), (min(y), max(y))))
    return ground.under(boxes)
