"""What the cards of a drawn dashboard hold: a number, a figure, words, or why there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from peter_core.plan.drawing import draw_svg
from peter_core.plan.tokens import tokens
from peter_jupyter.export.table import table_body
from peter_jupyter.export.text import (
    Body,
    Font,
    Run,
    broken,
    label,
    moved,
    number,
    paragraph,
    plain,
    rect,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.plan.tokens import Theme
    from peter_jupyter.export.words import Words

_SMALL = Font(12.5, 18)
_STRONG = Font(12.5, 18, 600)
_TEXT = Font(14, 20)
_HEADING = Font(14, 20, 600)
_PLOT_PX = 236
_SPARK = (112.0, 36.0)
_TRIANGLES = {"up": "M4 1l4 6H0z", "down": "M4 7L0 1h8z", "flat": "M0 3h8v2H0z"}


class Draw(Protocol):
    """Gives a Vega view as an SVG of a size in pixels, without its legend."""

    def __call__(self, view: dict[str, Any], *, theme: Theme, width: int, height: int) -> str: ...


def body_of(
    chart: dict[str, Any],
    width: float,
    theme: Theme,
    words: Words,
    *,
    sized: bool,
    draw: Draw = draw_svg,
) -> Body:
    """A chart in whatever state it is, at a width in pixels.

    Parameters
    ----------
    sized
        Whether the document gives the card's height, so that the figure may be low.
    draw
        What draws a Vega view.
    """
    view = chart["view"]
    if chart["state"] != "ready" or view is None:
        return _state(chart, width, theme, words)
    match view["kind"]:
        case "kpi":
            return _kpi(view, width, theme)
        case "table":
            return table_body(view, width, theme, words, sized=sized)
        case "text":
            return _prose(view, width, theme)
        case _:
            return _figure(view, chart["summary"], width, theme, sized=sized, draw=draw)


def _kpi(view: dict[str, Any], width: float, theme: Theme) -> Body:
    colors, value, delta = tokens(theme), view["value"], view["delta"]
    text, symbol = f"{value.get('before') or ''}{value['text']}", value.get("unit") or ""
    # A value of many digits is written smaller rather than cut.
    whole = Font(30, 36, 600).width(text) * 0.98 + 1 + Font(18, 36, 600).width(symbol)
    size = min(30.0, max(11.0, 30 * width / (whole or 1)))
    big, small = Font(size, 36, 600), Font(0.6 * size, 36, 600)
    taken = big.width(text) * 0.98 + 1
    parts = [label(text, 0, 8, big, colors["ink"])]
    if symbol:
        unit = (
            f'<tspan font-size="{number(small.size)}" font-weight="600" letter-spacing="0" '
            f'fill="{colors["ink-2"]}">{plain(symbol)}</tspan>'
        )
        parts[0] = parts[0].replace("</text>", f"{unit}</text>")
        taken += small.width(symbol)
    if view.get("sparkline") and width - taken >= _SPARK[0] * 0.5 + 12:
        wide = min(_SPARK[0], width - taken - 12)
        line = sparkline(view["sparkline"], wide, _SPARK[1], colors["c1"])
        parts.append(moved(width - wide, 8, line))
    if delta is not None:
        parts.append(_delta(delta, width, colors))
    return Body(44 + (26 if delta is not None else 0), lambda _: "".join(parts))


def _delta(delta: dict[str, Any], width: float, colors: dict[str, str]) -> str:
    ink = {True: colors["good"], False: colors["bad"]}.get(delta["good"], colors["ink-2"])
    told = _SMALL.clipped(delta["label"] or "", width - _STRONG.width(delta["text"]) - 17)
    # One text, so that the second part stands after the first in any font.
    more = f'<tspan dx="6" font-weight="400" fill="{colors["ink-3"]}">{plain(told)}</tspan>'
    words = label(delta["text"], 11, 0, _STRONG, ink).replace("</text>", f"{more}</text>")
    mark = f'<path d="{_TRIANGLES[delta["direction"]]}" fill="{ink}"/>'
    return moved(0, 52, moved(0, 5, mark), words)


def sparkline(values: Sequence[float | None], width: float, height: float, color: str) -> str:
    """A line with a soft fill below it; nothing where no two neighbours are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), max(known) - min(known)
    step, inset = width / (len(values) - 1), 2.0
    runs: list[list[str]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        share = 0.5 if span == 0 else (value - low) / span
        runs[-1].append(f"{number(at * step)},{number(height - inset - share * (height - 4))}")
    drawn = [run for run in runs if len(run) > 1]
    fills = "".join(
        f'<path d="M{"L".join(run)}L{run[-1].split(",")[0]},{number(height)}'
        f'L{run[0].split(",")[0]},{number(height)}Z" fill="{color}" fill-opacity="0.1"/>'
        for run in drawn
    )
    lines = "".join(f"M{'L'.join(run)}" for run in drawn)
    pen = 'stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"'
    return f'{fills}<path d="{lines}" fill="none" stroke="{color}" {pen}/>' if drawn else ""


def _figure(
    view: dict[str, Any],
    summary: str | None,
    width: float,
    theme: Theme,
    *,
    sized: bool,
    draw: Draw,
) -> Body:
    legend, taken = _legend(view.get("legend") or (), width, theme)
    least = max(view.get("min_height") or 0, 60 if sized else _PLOT_PX)

    def drawn(height: float) -> str:
        plot = draw(view, theme=theme, width=int(width), height=int(height - taken))
        # Vega clips the last pixels of labels at the edge.
        plot = plot.replace("<svg ", '<svg overflow="visible" ', 1)
        told = f' role="img" aria-label="{plain(summary)}"' if summary else ""
        return legend + moved(0, taken, f"<g{told}>{plot}</g>")

    return Body(taken + least, drawn)


def _legend(entries: Iterable[dict[str, Any]], width: float, theme: Theme) -> tuple[str, float]:
    """The entries in as many lines as they need, and the height of these."""
    colors = tokens(theme)
    parts: list[str] = []
    x, y = 0.0, 0.0
    for entry in entries:
        text = _SMALL.clipped(entry["label"], width - 24)
        wide = (20 if entry["mark"] != "square" else 16) + _SMALL.width(text)
        if x and x + wide > width:
            x, y = 0.0, y + 24
        ink = colors.get(str(entry["color"]).removeprefix("$"), colors["c1"])
        key = _key(entry["mark"], ink, x, y)
        parts += [key, label(text, x + wide - _SMALL.width(text), y - 5, _SMALL, colors["ink-2"])]
        x += wide + 16
    return "".join(parts), y + 24 if parts else 0.0


def _key(mark: str, ink: str, x: float, y: float) -> str:
    if mark == "square":
        return rect(x, y - 1, 10, 10, ink, rx=3)
    dashes = ' stroke-dasharray="4 3"' if mark == "dash" else ""
    place = f"M{number(x)} {number(y + 4)}h14"
    return f'<path d="{place}" stroke="{ink}" stroke-width="2"{dashes}/>'


def _state(chart: dict[str, Any], width: float, theme: Theme, words: Words) -> Body:
    colors = tokens(theme)
    problem = chart["problem"] or {"title": words.say("failedTitle"), "detail": chart["summary"]}
    tone = colors["bad"] if chart["state"] == "failed" else colors["ink"]
    blocks = [(problem["title"], _HEADING, tone)]
    blocks += [(problem.get("detail"), Font(13, 20), colors["ink-2"]),
               (problem.get("hint"), Font(13, 20), colors["ink-3"])]  # fmt: skip
    parts, y = [], 0.0
    for text, font, ink in blocks:
        lines = wrapped(text or "", font, min(width, 520))
        parts.append(paragraph(lines, 0, y, font, {"ink": ink}))
        y += len(lines) * font.line + (6 if lines else 0)
    return Body(y + 10, lambda height: moved(0, max(4, (height - y) / 2), *parts))


def _prose(view: dict[str, Any], width: float, theme: Theme) -> Body:
    colors = tokens(theme)
    room = min(width, 560)
    parts, y = [], 0.0
    for block in view["blocks"]:
        heading = block["kind"] == "heading"
        font = _HEADING if heading else _TEXT
        inks = {"ink": colors["ink" if heading else "ink-2"], "link": colors["accent"]}
        items = block["items"] if block["kind"] == "list" else [block["children"]]
        indent = 20 if block["kind"] == "list" else 0
        for at, children in enumerate(items):
            lines = broken(_runs(children), font, room - indent)
            if indent:
                mark = f"{at + 1}." if block["ordered"] else "•"
                parts.append(label(mark, 14, y, font, inks["ink"], anchor="end"))
            parts.append(paragraph(lines, indent, y, font, inks))
            y += max(len(lines), 1) * font.line
        y += 8
    return Body(max(y - 8, 0), lambda _: "".join(parts))


def _runs(children: list[dict[str, Any]], within: Run | None = None) -> list[Run]:
    """The inlines of a text as stretches that each have one manner."""
    base = within or Run("")
    found: list[Run] = []
    for child in children:
        if "text" in child:
            found.append(Run(child["text"], base.strong, base.em, base.code, base.link))
        elif "code" in child:
            found.append(Run(child["code"], base.strong, base.em, True, base.link))
        elif "strong" in child:
            found += _runs(child["strong"], Run("", True, base.em, base.code, base.link))
        elif "em" in child:
            found += _runs(child["em"], Run("", base.strong, True, base.code, base.link))
        else:
            link = Run("", base.strong, base.em, base.code, child["link"])
            found += _runs(child["children"], link)
    return found
