"""Fewer points for a line too long to draw, without losing its peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def peaks(values: Sequence[float | None], most: int) -> list[int]:
    """Indexes of at most ``most`` values: of each stretch its lowest and highest, and both ends.

    A stretch of nulls keeps one null, so that a gap stays a gap.
    """
    count = len(values)
    if count <= most:
        return list(range(count))
    stretches = (most - 2) // 2
    kept = {0, count - 1}
    for stretch in range(stretches):
        begin = 1 + stretch * (count - 2) // stretches
        end = 1 + (stretch + 1) * (count - 2) // stretches
        known = [(v, i) for i in range(begin, end) if (v := values[i]) is not None]
        if known:
            kept.update((min(known)[1], max(known)[1]))
        elif begin < end:
            kept.add(begin)
    return sorted(kept)
