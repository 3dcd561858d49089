"""Pictures of Vega views without a browser: fallbacks of a saved notebook, and exports."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from peter_core.plan.tokens import themed, vega_config
from peter_core.plan.views.dots import HOVER
from peter_core.plan.views.plot import FIGURE_WIDTH

if TYPE_CHECKING:
    from peter_core.plan.tokens import Theme

VEGA_LITE = "6.4"

_PLACES = re.compile(r' (?:d|transform|[xy][12]?|width|height)="[^"]*"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-\d+)?")
_SILENT = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GRADIENT = re.compile(r"\bgradient_\d+\b")


def draw_svg(
    view: dict[str, Any], *, theme: Theme = "light", width: int = 640, height: int = 280
) -> str:
    """A Vega view as an SVG of that size in CSS pixels, without its legend.

    Raises
    ------
    ValueError
        When the view is not of kind ``vega``.
    """
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(
        _complete(view, theme, width, height), vl_version=VEGA_LITE, allowed_base_urls=[]
    )
    return _own_names(_compact(svg))


def _complete(view: dict[str, Any], theme: Theme, width: int, height: int) -> dict[str, Any]:
    """The spec with colours, data and a size; what answers a pointer is left out."""
    if view.get("kind") != "vega":
        raise ValueError(f"Only a Vega view is drawn, not one of kind {view.get('kind')!r}.")
    spec: dict[str, Any] = themed(view["spec"], theme)
    columns, values = view["data"]["columns"], view["data"]["values"]
    names = [column["name"] for column in columns]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    spec["data"] = {"name": "table", "values": rows}
    spec["width"], spec["height"] = width, max(height, view["min_height"] or 0)
    spec["params"] = [
        {"name": FIGURE_WIDTH, "value": width} if param["name"] == FIGURE_WIDTH else param
        for param in spec["params"]
    ]
    spec["layer"] = [_still(layer) for layer in spec["layer"] if layer.get("name") != HOVER]
    spec["config"] = {**themed(vega_config(), theme), **spec.get("config", {}), "aria": False}
    drawable: dict[str, Any] = _drawable(spec)
    return drawable


def _drawable(value: Any) -> Any:
    """The same without characters that XML does not know: the drawing library ends the process."""
    if isinstance(value, str):
        return _NOT_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _drawable(item) for key, item in value.items()}
    return [_drawable(item) for item in value] if isinstance(value, list) else value


def _compact(svg: str) -> str:
    """The drawing with places to a tenth of a pixel; who does not see it reads the summary."""
    return _PLACES.sub(lambda found: _LONG_NUMBER.sub(_tenths, found[0]), _SILENT.sub("", svg))


def _tenths(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1) + 0.0:.1f}".removesuffix(".0")


def _own_names(svg: str) -> str:
    """Gradients named by the picture's content: two pictures may stand in one page."""
    mark = hashlib.sha256(_GRADIENT.sub("", svg).encode()).hexdigest()[:8]
    order = {name: i for i, name in enumerate(dict.fromkeys(_GRADIENT.findall(svg)))}
    return _GRADIENT.sub(lambda match: f"gradient-{mark}-{order[match.group()]}", svg)


def _still(layer: dict[str, Any]) -> dict[str, Any]:
    left_out = {"tooltip"}
    if layer["mark"]["type"] == "rect":
        # Round corners make each cell of a heatmap ten times as long.
        left_out.add("cornerRadius")
    mark = {key: value for key, value in layer["mark"].items() if key not in left_out}
    return {**layer, "mark": mark}
