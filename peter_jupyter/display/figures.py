"""Pictures of an artifact's views that need no script: charts and sparklines as images."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from peter_core.plan.tokens import tokens
from peter_jupyter.display.markup import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLOR_PROPERTIES = ("fill", "stroke", "stop-color")


def chart_image(view: dict[str, Any], alt: str, *, width: int, height: int) -> Markup:
    """A Vega view as one image that follows the page's colour scheme by itself.

    Parameters
    ----------
    alt
        The chart's summary: what the picture says, in a sentence.
    width, height
        Pixels to lay the chart out in.
    """
    from peter_core.plan.drawing import draw_svg

    svg = draw_svg(view, theme="light", width=width, height=height)
    if "$seq" in json.dumps(view.get("spec")):
        # A continuous scale has colours of its own in each theme: no table of them would do.
        dark = draw_svg(view, theme="dark", width=width, height=height)
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
