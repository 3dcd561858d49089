"""Pictures of an artifact's views that need no script: charts and sparklines as images."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from peter_core.plan.drawing import draw_svg
from peter_core.plan.tokens import tokens
from peter_jupyter.display.markup import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.plan.tokens import Theme
    from peter_jupyter.export.bodies import Draw

_COLOR_PROPERTIES = ("fill", "stroke", "stop-color")
_SIZE = re.compile(r' width="[^"]*" height="[^"]*"')
_LEAST_SCALE, _LEAST_FILLED = 0.8, 0.7


@dataclass(frozen=True, slots=True)
class _Drawing:
    svg: str
    width: int
    height: int


class Drawings:
    """The charts of one dashboard as they were drawn, so that each is drawn once."""

    def __init__(self) -> None:
        self._kept: dict[bytes, _Drawing] = {}

    def draw(self, view: dict[str, Any], *, theme: Theme, width: int, height: int) -> str:
        """A Vega view as an SVG of exactly that size in pixels."""
        svg = draw_svg(view, theme=theme, width=width, height=height)
        self._kept[_key(view, theme)] = _Drawing(svg, width, height)
        return svg

    def fitted(self, view: dict[str, Any], *, theme: Theme, width: int, height: int) -> str:
        """The same at about that size: what was drawn before is scaled if it nearly fits."""
        kept = self._kept.get(_key(view, theme))
        if kept is not None:
            scale = min(width / kept.width, height / kept.height)
            filled = min(kept.width * scale / width, kept.height * scale / height)
            if _LEAST_SCALE <= scale <= 1 / _LEAST_SCALE and filled >= _LEAST_FILLED:
                return _SIZE.sub(f' width="{width}" height="{height}"', kept.svg, count=1)
        return self.draw(view, theme=theme, width=width, height=height)


def _key(view: dict[str, Any], theme: Theme) -> bytes:
    return theme.encode() + orjson.dumps(view)


def chart_image(
    view: dict[str, Any], alt: str, *, width: int, height: int, draw: Draw = draw_svg
) -> Markup:
    """A Vega view as one image that follows the page's colour scheme by itself.

    Parameters
    ----------
    alt
        The chart's summary: what the picture says, in a sentence.
    width, height
        Pixels to lay the chart out in.
    draw
        What draws the view.
    """
    svg = draw(view, theme="light", width=width, height=height)
    if "$seq" in json.dumps(view.get("spec")):
        # A continuous scale has colours of its own in each theme: no table of them would do.
        dark = draw(view, theme="dark", width=width, height=height)
        svg = _both(svg, dark, width, height)
    else:
        svg = _with_dark_colors(svg)
    return _image(svg, alt, width, height)


def sparkline_image(values: Sequence[float | None]) -> Markup:
    """A small line without words; nothing where fewer than two values are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = 108 / max(1, len(values) - 1)
    parts, pen = [], "M"
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{2 + index * step:.1f} {33 - 30 * (value - low) / span:.1f}")
        pen = "L"
    color = tokens("light")["c1"]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="112" height="36" viewBox="0 0 112 36">'
        f'<path d="{"".join(parts)}" fill="none" stroke="{color}" stroke-width="1.75" '
        f'stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )
    return _image(_with_dark_colors(svg), "", 112, 36)


def svg_image(svg: str, alt: str, width: int, height: int) -> Markup:
    """A drawing in the light theme's colours as an image that follows the page's scheme."""
    return _image(_with_dark_colors(svg), alt, width, height)


def _image(svg: str, alt: str, width: int, height: int) -> Markup:
    data = base64.b64encode(svg.encode()).decode()
    return Markup(
        f'<img src="data:image/svg+xml;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(alt)}">'
    )


def _with_dark_colors(svg: str) -> str:
    """The light drawing with rules that swap each token's colour when the page is dark."""
    dark = tokens("dark")
    rules, seen = [], set[str]()
    for name, color in tokens("light").items():
        if color in seen or color not in svg or name.startswith("seq"):
            continue
        seen.add(color)
        rules += [f'[{p}="{color}"]{{{p}:{dark[name]}}}' for p in _COLOR_PROPERTIES]
    style = f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    return re.sub(r"(<svg\b[^>]*>)", lambda match: match[1] + style, svg, count=1)


def _both(light: str, dark: str, width: int, height: int) -> str:
    dark_only = "@media (prefers-color-scheme:dark){.l{display:none}.d{display:inline}}"
    style = f"<style>.d{{display:none}}{dark_only}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">{style}'
        f'<g class="l">{_inner(light)}</g><g class="d">{_inner(dark)}</g></svg>'
    )


def _inner(svg: str) -> str:
    return svg[svg.index("<svg") :]
