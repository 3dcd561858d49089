"""Texts of a drawing: how wide they are, where they break, and their SVG."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

SANS = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace"

# Hundredths of an em of the printable ASCII characters in Inter, the widest of the fonts above.
_WIDTHS = (
    28, 28, 40, 63, 64, 81, 64, 22, 36, 36, 50, 66, 28, 46, 28, 36, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 28, 28, 66, 66, 66, 51, 94, 68, 65, 73, 72, 60, 59, 74, 74, 26, 54, 65, 56, 89, 75, 76,
    63, 76, 64, 64, 64, 74, 68, 95, 64, 66, 62, 36, 36, 36, 47, 45, 50, 56, 62, 56, 62, 58, 36, 61,
    59, 24, 24, 54, 24, 87, 59, 60, 61, 61, 37, 52, 36, 58, 56, 81, 54, 56, 54, 36, 33, 36, 66,
)  # fmt: skip
_OTHER, _WIDE, _MONO, _BOLD = 66, 104, 60, 1.04
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A space that must not break a line is part of its word.
_SPACE = " \t\r\n\f\v"
_PIECES = re.compile(f"[{_SPACE}]+|[^{_SPACE}]+")


@dataclass(frozen=True, slots=True)
class Font:
    """A size in pixels with its line height, and a weight."""

    size: float
    line: float
    weight: int = 400
    mono: bool = False

    def width(self, text: str) -> float:
        """About how many pixels a text takes; drawings leave room for other fonts."""
        if self.mono:
            return len(text) * _MONO * self.size / 100
        units = sum(_units(character) for character in text)
        return units * self.size / 100 * (_BOLD if self.weight >= 600 else 1.0)

    @property
    def baseline(self) -> float:
        """Pixels from the top of a line to where its letters stand."""
        return self.line / 2 + 0.36 * self.size

    def clipped(self, text: str, room: float) -> str:
        """The text in one line, with an ellipsis where it is wider than the room."""
        text = re.sub(f"[{_SPACE}]+", " ", text).strip(_SPACE)
        if self.width(text) <= room:
            return text
        while text and self.width(text + "…") > room:
            text = text[: min(len(text) - 1, int(len(text) * 0.9) + 1)]
        return text.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one manner."""

    text: str
    strong: bool = False
    em: bool = False
    code: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a card: the least height it needs, and its SVG at a height it is given."""

    height: float
    draw: Callable[[float], str]


def number(value: float) -> str:
    """A place or a length as SVG has it."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def plain(text: object) -> str:
    """A text as XML: nothing in it is a tag, and no character that XML does not know is left."""
    return html.escape(_NOT_XML.sub("\ufffd", str(text)), quote=True)


def legal(svg: str) -> str:
    """A drawing without the characters that XML does not know."""
    return _NOT_XML.sub("\ufffd", svg)


def moved(x: float, y: float, *parts: str) -> str:
    """A group at a place."""
    return f'<g transform="translate({number(x)} {number(y)})">{"".join(parts)}</g>'


def rect(x: float, y: float, width: float, height: float, fill: str, **more: object) -> str:
    """A rectangle; further attributes are named as in Python, ``stroke_width=1``."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    rest = "".join(f' {name.replace("_", "-")}="{plain(v)}"' for name, v in more.items())
    return f'<rect {place} fill="{fill}"{rest}/>'


def label(text: str, x: float, y: float, font: Font, color: str, *, anchor: str = "start") -> str:
    """One line of text; ``y`` is the top of its line."""
    return _element([Run(text)], x, y, font, {"ink": color}, anchor)


def wrapped(text: str, font: Font, room: float) -> list[list[Run]]:
    """A text in lines of at most a width."""
    return broken([Run(text)], font, room)


def broken(runs: Iterable[Run], font: Font, room: float) -> list[list[Run]]:
    """Runs in lines of at most a width; a word that is wider than a line is cut."""
    lines: list[list[Run]] = [[]]
    left = room
    for run in runs:
        face = _face(run, font)
        for piece in _PIECES.findall(run.text):
            if piece[0] in _SPACE:
                if lines[-1]:
                    _put(lines[-1], replace(run, text=" "))
                    left -= face.width(" ")
                continue
            if face.width(piece) > left and lines[-1]:
                lines.append([])
                left = room
            for part in _parts(piece, face, room):
                if face.width(part) > left and lines[-1]:
                    lines.append([])
                    left = room
                _put(lines[-1], replace(run, text=part))
                left -= face.width(part)
    for line in lines:
        if line:
            line[-1] = replace(line[-1], text=line[-1].text.rstrip(_SPACE))
    return [line for line in lines if line]


def paragraph(
    lines: Iterable[list[Run]], x: float, y: float, font: Font, colors: Mapping[str, str]
) -> str:
    """Lines under each other from ``y``; colours are ``ink`` and, where there are any, ``link``."""
    return "".join(
        _element(line, x, y + at * font.line, font, colors, "start")
        for at, line in enumerate(lines)
    )


def safe_link(target: object) -> str | None:
    """The address when it is a web page's, otherwise nothing."""
    if not isinstance(target, str):
        return None
    try:
        parts = urlsplit(target.strip())
    except ValueError:
        return None
    return target.strip() if parts.scheme in ("http", "https") and parts.netloc else None


def anchored(target: object, inner: str) -> str:
    """A link around a drawing, where the target is a web page."""
    href = safe_link(target)
    if href is None:
        return inner
    return f'<a href="{plain(href)}" target="_blank" rel="noopener noreferrer">{inner}</a>'


def _element(
    runs: list[Run], x: float, y: float, font: Font, colors: Mapping[str, str], anchor: str
) -> str:
    inner = "".join(_span(run, colors) for run in runs)
    weight = f' font-weight="{font.weight}"' if font.weight != 400 else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return (
        f'<text x="{number(x)}" y="{number(y + font.baseline)}" '
        f'font-size="{number(font.size)}"{weight}{side} fill="{colors["ink"]}">{inner}</text>'
    )


def _span(run: Run, colors: Mapping[str, str]) -> str:
    more = ' font-weight="600"' if run.strong else ""
    more += ' font-style="italic"' if run.em else ""
    more += f' font-family="{MONO}" font-size="12"' if run.code else ""
    linked = safe_link(run.link) is not None
    more += f' fill="{colors["link"]}" text-decoration="underline"' if linked else ""
    inner = f"<tspan{more}>{plain(run.text)}</tspan>" if more else plain(run.text)
    return anchored(run.link, inner)


def _face(run: Run, font: Font) -> Font:
    if run.code:
        return replace(font, size=12, mono=True)
    return replace(font, weight=600) if run.strong else font


def _parts(word: str, face: Font, room: float) -> list[str]:
    parts = [""]
    for character in word:
        if parts[-1] and face.width(parts[-1] + character) > room:
            parts.append("")
        parts[-1] += character
    return parts


def _put(line: list[Run], run: Run) -> None:
    if line and replace(line[-1], text="") == replace(run, text=""):
        line[-1] = replace(run, text=line[-1].text + run.text)
    else:
        line.append(run)


def _units(character: str) -> int:
    code = ord(character)
    if 32 <= code < 127:
        return _WIDTHS[code - 32]
    if unicodedata.combining(character):
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER
