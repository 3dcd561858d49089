"""A Vega-Lite spec in the making: columns, labels and layers under names of ours.

Texts of the document and the data go into ``data`` and into values of ``params``. Expressions and
field names are written here and hold none of them, so no text can change what a spec does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.plan.locales import Locale
    from peter_core.plan.views.axes import Ticks

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FIGURE_WIDTH = "figure_width"
"""The parameter that tells it; who draws without an element sets its value."""

Mark = Literal["square", "line", "dash"]
Legend = list[dict[str, Any]]


class Plot:
    """Collects what a Vega view is made of."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        self._columns: list[dict[str, str]] = []
        self._values: list[list[object]] = []
        self._params: list[dict[str, Any]] = []
        self._tips: list[str] = []
        self.layers: list[dict[str, Any]] = []
        self.legend: Legend = []
        self.min_height: int | None = None

    def column(self, name: str, kind: str, values: Sequence[object]) -> None:
        """Add a column of the plot's table; ``kind`` is number, time or text."""
        self._columns.append({"name": name, "type": kind})
        self._values.append(list(values))

    def tip(self, title: str, texts: Sequence[str]) -> None:
        """Add a line of the tooltip: its title and its text for every row."""
        self.column(f"t{len(self._tips)}", "text", texts)
        self._tips.append(title)

    def param(self, name: str, value: object) -> None:
        """Give an expression a value to read."""
        self._params.append({"name": name, "value": value})

    def measure_figure(self) -> None:
        """Let expressions read how wide the figure is in pixels, its axes' labels included."""
        self._params.append({"name": FIGURE_WIDTH, "expr": "containerSize()[0] || width"})

    def tooltip(self) -> dict[str, str]:
        """The tooltip of a mark: pairs of title and text."""
        pairs = ", ".join(f"[tips[{i}], datum.t{i}]" for i in range(len(self._tips)))
        return {"expr": f"[{pairs}]"}

    def measured(self, axis: Literal["x", "y"], field: str, marks: Ticks) -> dict[str, Any]:
        """The channel of a measured axis with its ticks and labels."""
        self.param(f"{axis}_places", list(marks.values))
        self.param(f"{axis}_labels", list(marks.labels))
        return {
            "field": field,
            "type": "quantitative",
            "scale": marks.scale(),
            "axis": marks.axis(axis),
            "stack": None,
        }

    def zero_line(self, axis: Literal["x", "y"], marks: Ticks) -> None:
        """Draw where values change their sign, when they do; what grows from it is told apart."""
        if not marks.low < 0 < marks.high:
            return
        zero = {"datum": 0, "type": "quantitative"}
        mark = {"type": "rule", "color": "$line-strong", "strokeDash": [1, 0]}
        self.layers.append({"data": {"values": [{}]}, "mark": mark, "encoding": {axis: zero}})

    def swatch(
        self, label: str, color: str, mark: Mark, series: tuple[str, int] | None = None
    ) -> None:
        """Add an entry of the legend; ``series`` is a column and its value in the rows it names."""
        shown = list(series) if series else None
        self.legend.append({"label": label, "color": color, "mark": mark, "series": shown})

    def view(self, table: dict[str, Any]) -> dict[str, Any]:
        """The finished view; ``table`` is the data behind it as a table view."""
        params = [*self._params, {"name": "tips", "value": self._tips}]
        names = self._locale.d3_time()
        spec: dict[str, Any] = {
            "$schema": SCHEMA,
            "data": {"name": "table"},
            "width": "container",
            "height": "container",
            "params": params,
            "layer": self.layers,
        }
        if names:
            spec["config"] = {"locale": {"time": names}}
        return {
            "kind": "vega",
            "spec": spec,
            "data": {"columns": self._columns, "values": self._values},
            "legend": self.legend,
            "table": table,
            "min_height": self.min_height,
        }
