"""The first rows of a table as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_core.plan.tokens import tokens
from peter_jupyter.display.values import value_text
from peter_jupyter.export.text import Body, Font, anchored, label, moved, number, rect, safe_link

if TYPE_CHECKING:
    from peter_core.plan.tokens import Theme
    from peter_jupyter.export.words import Words

MOST_ROWS = 10
"""Rows that a card is made for; one that is higher for its neighbours shows what fits."""

_HEAD, _CELL, _FOOT = Font(12, 30, 500), Font(13, 36), Font(12.5, 30)
_GAP, _LEAST, _BAR = 24.0, 48.0, 80.0


def table_body(
    view: dict[str, Any], width: float, theme: Theme, words: Words, *, sized: bool
) -> Body:
    """Headings and first rows, cut to the width; what is left out is told below."""
    shown = [at for at, column in enumerate(view["columns"]) if not column.get("hidden")]
    count = len(view["values"][0]) if view["values"] else 0
    size = min(count, view.get("page_size") or count)
    wanted = min(size, 3 if sized else MOST_ROWS)
    table = _Table(view, shown, _widths(view, shown, wanted, width), tokens(theme), words)

    def draw(height: float) -> str:
        room = height - _HEAD.line
        rows = min(size, int(room // _CELL.line))
        if rows < count:
            rows = min(size, max(int((room - _FOOT.line) // _CELL.line), wanted))
        told = words.say("truncated", rows, count) if rows < count else ""
        return table.drawn(rows, width, told)

    return Body(_HEAD.line + wanted * _CELL.line + (_FOOT.line if wanted < count else 0), draw)


def _widths(view: dict[str, Any], shown: list[int], rows: int, width: float) -> list[float]:
    """Each column's share of the width: what its texts need, the rest by that."""
    needed = []
    for at in shown:
        column = view["columns"][at]
        texts = (_text(view, at, row) for row in range(rows))
        widest = max((_CELL.width(text) for text in texts), default=0.0)
        widest = min(widest, 320.0) + (_BAR + 10 if column["bar"] else 0)
        needed.append(max(_HEAD.width(column["title"]), widest, 16.0))
    room = width - _GAP * max(len(shown) - 1, 0)
    spare = room - sum(needed)
    if spare >= 0:
        return [one + spare * one / sum(needed) for one in needed]
    # The widest give way first, down to one width for all of them.
    cut = max(needed)
    while cut > _LEAST and sum(min(one, cut) for one in needed) > room:
        cut -= 4
    return [min(one, cut) for one in needed]


def _text(view: dict[str, Any], at: int, row: int) -> str:
    texts = view["texts"][at]
    return value_text(view["values"][at][row] if texts is None else texts[row], 200)


class _Table:
    def __init__(
        self,
        view: dict[str, Any],
        shown: list[int],
        widths: list[float],
        colors: dict[str, str],
        words: Words,
    ) -> None:
        self._view, self._shown, self._widths = view, shown, widths
        self._colors, self._words = colors, words

    def drawn(self, rows: int, width: float, told: str) -> str:
        colors = self._colors
        kept = self._columns(width)
        parts = [self._heading(at, x, wide) for at, x, wide in kept]
        parts.append(rect(-20, _HEAD.line - 1, width + 40, 1, colors["line"]))
        for row in range(rows):
            y = _HEAD.line + row * _CELL.line
            parts += [moved(x, y, self._cell(at, row, wide)) for at, x, wide in kept]
            if row < rows - 1:
                parts.append(rect(-20, y + _CELL.line - 1, width + 40, 1, colors["grid"]))
        if len(kept) < len(self._shown):
            more = "+ " + self._words.say("things", "column", len(self._shown) - len(kept))
            told = f"{told} · {more}" if told else more
        if told:
            y = _HEAD.line + rows * _CELL.line
            parts.append(label(told, 0, y, _FOOT, colors["ink-3"]))
        return "".join(parts)

    def _columns(self, width: float) -> list[tuple[int, float, float]]:
        """The columns that fit, with their places."""
        found: list[tuple[int, float, float]] = []
        x = 0.0
        for at, wide in zip(self._shown, self._widths, strict=True):
            if found and x + wide > width + 1:
                break
            found.append((at, x, min(wide, width)))
            x += wide + _GAP
        return found

    def _heading(self, at: int, x: float, wide: float) -> str:
        column = self._view["columns"][at]
        text = _HEAD.clipped(column["title"], wide)
        place, anchor = _side(column["align"], wide)
        return label(text, x + place, 0, _HEAD, self._colors["ink-3"], anchor=anchor)

    def _cell(self, at: int, row: int, wide: float) -> str:
        column, value = self._view["columns"][at], self._view["values"][at][row]
        text = _text(self._view, at, row)
        ink = self._colors["ink-3"] if value is None else self._colors["ink"]
        place, anchor = _side(column["align"], wide)
        behind = ""
        if column["bar"] and value is not None:
            anchor, place = "end", wide
            taken = max(_CELL.width(text), 44) + 10
            behind = self._bar(_share(value, column["bar"]), max(wide - taken, 0))
        elif column["color_scale"] and value is not None:
            strength = number(55 * _share(value, column["color_scale"]))
            behind = rect(-12, 0, wide + 24, _CELL.line - 1, self._colors["c1"],
                          fill_opacity=f"{strength}%")  # fmt: skip
        target = self._target(column, row)
        if target is not None:
            ink = self._colors["accent"]
        said = label(_CELL.clipped(text, wide), place, 0, _CELL, ink, anchor=anchor)
        return behind + anchored(target, said)

    def _bar(self, share: float, wide: float) -> str:
        y = _CELL.line / 2 - 3
        ground = rect(0, y, wide, 6, self._colors["bar"], rx=3)
        return ground + (rect(0, y, wide * share, 6, self._colors["c1"], rx=3) if share else "")

    def _target(self, column: dict[str, Any], row: int) -> str | None:
        if not column["link"]:
            return None
        names = [one["field"] for one in self._view["columns"]]
        if column["link"] not in names:
            return None
        return safe_link(self._view["values"][names.index(column["link"])][row])


def _side(align: str, wide: float) -> tuple[float, str]:
    return {"right": (wide, "end"), "center": (wide / 2, "middle")}.get(align, (0.0, "start"))


def _share(value: object, ends: list[float]) -> float:
    """Where a value stands between two ends, 0 to 1."""
    low, high = ends
    try:
        share = (float(str(value)) - low) / (high - low) if high > low else 0.0
    except ValueError:
        return 0.0
    return min(max(share, 0.0), 1.0) if share == share else 0.0
