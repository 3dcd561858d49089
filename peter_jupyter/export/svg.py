"""A whole dashboard as one SVG: the artifact's cards in their layout, texts as texts.

No browser draws it and nothing in it can run or ask for anything: there is no script, no style
sheet, no image and no address but those of links.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peter_core.errors import InvalidRequest
from peter_core.plan.drawing import draw_svg
from peter_core.plan.tokens import tokens
from peter_jupyter.export.bodies import Draw, body_of
from peter_jupyter.export.text import (
    SANS,
    Body,
    Font,
    label,
    legal,
    moved,
    number,
    paragraph,
    plain,
    rect,
    wrapped,
)
from peter_jupyter.export.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.plan.tokens import Theme

WIDTHS = (320, 4096)
"""Pixels that a drawing may be wide."""

_NEEDED = {"slug", "revision", "title", "locale", "timezone", "filters", "layout", "charts"}
_TITLE, _SUB, _META = Font(22, 28, 600), Font(14, 20), Font(12.5, 18)
_TAB, _CARD, _KPI = Font(16, 24, 600), Font(14, 20, 600), Font(13, 20, 500)
_PILL, _NOTE = Font(12, 20, 500), Font(12, 16)
_CHECK = "M5.5 12.5l4.5 4.5 8.5-10"


def export_svg(
    artifact_json: bytes, *, width: int = 1280, theme: Theme = "light", draw: Draw = draw_svg
) -> str:
    """The dashboard as one SVG of a width in pixels and the height it needs.

    Parameters
    ----------
    draw
        What draws its charts.

    Raises
    ------
    InvalidRequest
        When the width is out of bounds, or the bytes are no artifact.
    """
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise InvalidRequest(
            f"A drawing is {WIDTHS[0]:,} to {WIDTHS[1]:,} pixels wide, not {width:,}."
        )
    return _Sheet(read_artifact(artifact_json), width, theme, draw).drawn()


def read_artifact(artifact_json: bytes) -> dict[str, Any]:
    """The JSON of an artifact as Python values.

    Raises
    ------
    InvalidRequest
        When the bytes are no artifact.
    """
    try:
        payload: dict[str, Any] = json.loads(artifact_json)
        if payload["format"] != 1 or not payload.keys() >= _NEEDED:
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(
            "What was given for export is no dashboard artifact.",
            hint="Export the body of Peter.data() or Peter.preview().",
        ) from error
    return payload


@dataclass(frozen=True, slots=True)
class _Card:
    """A card of a width: the least height it needs, and what is drawn at a height."""

    width: float
    body: Body


class _Sheet:
    """The page that is drawn, from its top to its foot."""

    def __init__(self, payload: dict[str, Any], width: int, theme: Theme, draw: Draw) -> None:
        self._draw = draw
        self._payload, self._theme, self._colors = payload, theme, tokens(theme)
        self._width, self._words = width, Words(payload)
        self._narrow, self._medium = width <= 640, width <= 1000
        self._side, self._gap = (14, 12) if self._narrow else (32, 16)
        self._room = float(width - 2 * self._side)

    def drawn(self) -> str:
        parts: list[str] = []
        y = 20.0 if self._narrow else 28.0
        head, taken = self._head()
        parts.append(moved(self._side, y, head))
        y += taken + 20
        for part, height in self._main():
            parts.append(moved(self._side, y, part))
            y += height + self._gap
        foot, taken = self._foot()
        parts.append(moved(self._side, y, foot))
        y += taken + 28
        size = f'width="{self._width}" height="{number(y)}"'
        return legal(
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
            f'viewBox="0 0 {self._width} {number(y)}" '
            f'xml:lang="{plain(self._payload["locale"])}" font-family="{SANS}" fill="none">'
            f"<title>{plain(self._payload['title'])}</title>"
            f"{rect(0, 0, self._width, y, self._colors['bg'])}{''.join(parts)}</svg>\n"
        )

    def _head(self) -> tuple[str, float]:
        payload, colors = self._payload, self._colors
        as_of = payload["as_of"]
        told = self._words.say("asOf", self._words.moment(as_of)) if as_of else ""
        wide = 26 + _PILL.width(told)
        beside = bool(told) and not self._medium
        room = self._room - (wide + 24 if beside else 0)
        blocks: list[tuple[str, Font, str, float]] = [
            (payload["title"], _TITLE, "ink", room),
            (payload.get("description") or "", _SUB, "ink-2", min(room, 620)),
            (" · ".join(self._words.filters()), _META, "ink-3", room),
        ]
        parts, y = [], 0.0
        for text, font, ink, most in blocks:
            lines = wrapped(text, font, most)
            parts.append(paragraph(lines, 0, y, font, {"ink": colors[ink]}))
            y += len(lines) * font.line + (4 if lines else 0)
        if told:
            place = (self._room - wide, y - 24) if beside else (0.0, y + 4)
            parts.append(moved(*place, self._pill(told, "ink-2", "grid")))
            y += 0 if beside else 28
        return "".join(parts), y

    def _main(self) -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        tabs = self._payload["layout"]["tabs"]
        for tab in tabs:
            if len(tabs) > 1 and tab.get("title"):
                title = _TAB.clipped(tab["title"], self._room)
                found.append((label(title, 0, 4, _TAB, self._colors["ink"]), 28))
            for row in tab["rows"]:
                found += [self._line(line) for line in self._lines(row)]
        return found

    def _lines(self, row: list[dict[str, Any]]) -> list[list[tuple[dict[str, Any], int]]]:
        """The tiles of a row with the columns each spans, in lines of at most twelve."""
        lines: list[list[tuple[dict[str, Any], int]]] = []
        left = 0
        for tile, span in zip(row, self._spans(row), strict=True):
            if span > left:
                lines.append([])
                left = 12
            lines[-1].append((tile, span))
            left -= span
        return lines

    def _spans(self, row: list[dict[str, Any]]) -> list[int]:
        widths = [int(tile.get("width") or 12) for tile in row]
        if not self._medium:
            return widths
        kpis = [self._payload["charts"][tile["chart"]]["type"] == "kpi" for tile in row]
        if self._narrow:
            return _paired(kpis)
        return _paired([kpi or wide <= 6 for kpi, wide in zip(kpis, widths, strict=True)])

    def _line(self, line: list[tuple[dict[str, Any], int]]) -> tuple[str, float]:
        column = (self._room - 11 * self._gap) / 12
        cards = [self._card(tile, span * column + (span - 1) * self._gap) for tile, span in line]
        height = max(card.body.height for card in cards)
        parts, x = [], 0.0
        for card in cards:
            parts.append(moved(x, 0, card.body.draw(height)))
            x += card.width + self._gap
        return "".join(parts), height

    def _card(self, tile: dict[str, Any], width: float) -> _Card:
        chart = self._payload["charts"][tile["chart"]]
        side, above = (16, 14) if self._narrow else (20, 16)
        room = width - 2 * side
        head, taken = self._card_head(chart, room)
        sized = bool(tile.get("height"))
        body = body_of(chart, room, self._theme, self._words, sized=sized, draw=self._draw)
        note, noted = self._note(chart, room)
        around = above + taken + noted + above
        colors = self._colors

        def draw(height: float) -> str:
            frame = rect(0.5, 0.5, width - 1, height - 1, colors["surface"], rx=12,
                         stroke=colors["line"])  # fmt: skip
            inner = body.draw(height - around)
            parts = [moved(0, taken, inner), moved(0, height - 2 * above - noted + 8, note)]
            return frame + moved(side, above, head, *parts)

        least = max(around + body.height, float(tile.get("height") or 0))
        return _Card(width, Body(least, draw))

    def _card_head(self, chart: dict[str, Any], room: float) -> tuple[str, float]:
        colors = self._colors
        kpi = chart["type"] == "kpi"
        badges, taken = self._badges(chart)
        font, ink = (_KPI, colors["ink-2"]) if kpi else (_CARD, colors["ink"])
        parts, y = [], 0.0
        if badges:
            parts.append(moved(room - taken, 0, badges))
        blocks = [(chart["title"] or "", font, ink), (chart["description"] or "", _META,
                                                      colors["ink-3"])]  # fmt: skip
        for text, face, color in blocks:
            lines = wrapped(text, face, max(room - (taken + 8 if badges else 0), 80))
            parts.append(paragraph(lines, 0, y, face, {"ink": color}))
            y += len(lines) * face.line + (1 if lines else 0)
        y = max(y, 20.0 if badges else 0.0)
        return "".join(parts), y + (0 if kpi or y == 0 else 12)

    def _badges(self, chart: dict[str, Any]) -> tuple[str, float]:
        """What a reader must know of a card's data, and how wide that is."""
        if chart["type"] == "text" or chart["state"] == "failed":
            return "", 0.0
        say, told = self._words.say, list[tuple[str, str, str]]()
        if chart["freshness"] == "stale":
            since = chart["computed_at"]
            text = say("stale", self._words.day(since)) if since else say("staleBare")
            told.append((text, "warn", "warn-wash"))
        if chart["failed_checks"]:
            told.append((say("checksFailed", len(chart["failed_checks"])), "bad", "bad-wash"))
        receipt = chart["receipt"]
        verified = receipt is not None and receipt["verdict"] == "passed"
        if verified and not receipt["matches"]:
            told.append((say("changedSince"), "warn", "warn-wash"))
        parts, x = [], 0.0
        for text, ink, wash in told:
            parts.append(moved(x, 0, self._pill(text, ink, wash)))
            x += 30 + _PILL.width(text)
        if verified and receipt["matches"]:
            parts.append(moved(x, 3, self._check(receipt)))
            x += 18
        return "".join(parts), max(x - 4, 0.0)

    def _check(self, receipt: dict[str, Any]) -> str:
        told = self._words.say("verifiedAndMatches", self._words.verified(receipt))
        pen = 'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"'
        mark = f'<path transform="scale(0.58)" d="{_CHECK}" stroke="{self._colors["good"]}" {pen}/>'
        return f"<g><title>{plain(told)}</title>{mark}</g>"

    def _pill(self, text: str, ink: str, wash: str) -> str:
        wide = 26 + _PILL.width(text)
        dot = f'<circle cx="11" cy="10" r="3" fill="{self._colors[ink]}"/>'
        words = label(text, 19, 0, _PILL, self._colors[ink])
        return rect(0, 0, wide, 20, self._colors[wash], rx=10) + dot + words

    def _note(self, chart: dict[str, Any], room: float) -> tuple[str, float]:
        text = chart.get("note") or self._words.cut(chart)
        if not text:
            return "", 0.0
        lines = wrapped(text, _NOTE, room)
        drawn = paragraph(lines, 0, 0, _NOTE, {"ink": self._colors["ink-3"]})
        return drawn, 8 + len(lines) * _NOTE.line

    def _foot(self) -> tuple[str, float]:
        items = self._words.origin()
        parts, x, y = [], 0.0, 0.0
        for item in items:
            text = _META.clipped(item, self._room)
            wide = _META.width(text)
            if x and x + wide > self._room:
                x, y = 0.0, y + 22
            parts.append(label(text, x, y, _META, self._colors["ink-3"]))
            x += wide + 20
        return "".join(parts), y + 18


def _paired(halves: Sequence[bool]) -> list[int]:
    """Six columns for each of two halves that are neighbours, twelve for every other card."""
    spans: list[int] = []
    at = 0
    while at < len(halves):
        pair = halves[at] and at + 1 < len(halves) and halves[at + 1]
        spans += [6, 6] if pair else [12]
        at += 2 if pair else 1
    return spans
