"""A dashboard as one PNG: what is left of it where a page takes out HTML and drawings."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from peter_core.plan.tokens import tokens
from peter_jupyter.export.palette import palette_png
from peter_jupyter.export.svg import export_svg
from peter_jupyter.export.text import legal

if TYPE_CHECKING:
    from peter_core.plan.artifact import Artifact
    from peter_jupyter.display.figures import Drawings

_WIDTH = 1024
"""Pixels: the least at which cards stand beside each other as on a wide page."""

_MOST_PIXELS = 8_000_000
# What is tried where there is less room than it takes: fewer colours, then fewer pixels.
_TRIES = ((1.0, (48, 24)), (0.625, (24,)))
_FAMILY = re.compile(r'font-family="[^"]*"')
_ROOT = re.compile(r'<svg [^>]*?width="([0-9.]+)" height="([0-9.]+)"[^>]*>')


def artifact_picture(artifact: Artifact, drawings: Drawings, room: int) -> str | None:
    """The dashboard in the light theme as a PNG in base64, or nothing where it is too large.

    Parameters
    ----------
    drawings
        Charts that were drawn already.
    room
        The most characters it may take.
    """
    if room <= 0:
        return None
    return svg_picture(export_svg(artifact.body, width=_WIDTH, draw=drawings.fitted), room)


def svg_picture(svg: str, room: int) -> str | None:
    """A drawing as a PNG in base64, or nothing where that takes more than ``room`` characters."""
    import vl_convert

    root = _ROOT.match(svg)
    if root is None or float(root[1]) * float(root[2]) > _MOST_PIXELS:
        return None
    ground = f'<rect width="100%" height="100%" fill="{tokens("light")["bg"]}"/>'
    drawing = legal(f"{root[0]}{ground}{svg[root.end() :]}")
    # The fonts that the drawing library brings: the same picture on every machine, in half the
    # time.
    drawing = _FAMILY.sub(_own_family, drawing)
    for scale, palettes in _TRIES:
        png: bytes = vl_convert.svg_to_png(drawing, scale=scale)
        for colors in palettes:
            small = palette_png(png, colors=colors)
            if small is not None and len(small) * 4 / 3 + 4 <= room:
                return base64.b64encode(small).decode()
    return None


def _own_family(found: re.Match[str]) -> str:
    name, kind = ("Mono", "monospace") if "mono" in found[0] else ("Sans", "sans-serif")
    return f'font-family="Liberation {name}, {kind}"'
