"""One chart of each kind, whole: the view as JSON, its picture as SVG in both themes.

``PETER_UPDATE_GOLDEN=1 pytest …`` writes the files anew and tells what changed in each.
"""

from __future__ import annotations

import pytest

from peter_core.plan.drawing import draw_svg
from peter_core.plan.tokens import Theme
from tests import golden
from tests.core.plan import chart_cases
from tests.core.plan.chart_cases import Case

_WEEKLY = chart_cases.CASES["bar-grouped"].columns
_DAILY = chart_cases.CASES["line"].columns

CASES: dict[str, Case] = {
    **chart_cases.CASES,
    "area": Case({"type": "area", "x": "flight_date", "y": "flights"}, _DAILY),
    "area-normalized": Case(
        {"type": "area", "x": "week", "y": "orders", "series": "region", "stack": "normalize"},
        _WEEKLY,
    ),
    "bar-horizontal": Case(
        {"type": "bar", "x": "region", "y": "orders", "horizontal": True, "format": "compact"},
        _WEEKLY,
    ),
    "kpi-target": Case(
        {"type": "kpi", "value": "flights", "aggregate": "last", "better": "lower",
         "comparison": {"to": "target", "value": 700, "show": "absolute", "label": "Plan"},
         "sparkline": {"x": "flight_date"}},
        _DAILY,
    ),
    "scatter-series": Case(
        {"type": "scatter", "x": "week", "y": "orders", "series": "region"}, _WEEKLY
    ),
}  # fmt: skip
PLOTS = [name for name, case in CASES.items() if case.view().view["kind"] == "vega"]
EVERY_KIND = {"kpi", "line", "area", "bar", "scatter", "pie", "heatmap", "table", "text"}


def test_there_is_a_golden_file_of_every_kind_and_none_without_its_case() -> None:
    assert {case.chart["type"] for case in CASES.values()} == EVERY_KIND
    views = {path.stem for path in golden.FOLDER.glob("*.json")}
    pictures = {path.stem for path in golden.FOLDER.glob("*.svg")}
    assert views == set(CASES)
    assert pictures == {f"{name}{dark}" for name in PLOTS for dark in ("", "-dark")}


@pytest.mark.parametrize("name", CASES)
def test_a_chart_is_drawn_as_its_golden_file_says(name: str) -> None:
    view = CASES[name].view()
    assert view.state == "ready"
    golden.hold_json(name, {"view": view.view, "summary": view.summary, "note": view.note})


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_has_the_texts_shapes_and_colours_of_its_golden_file(
    name: str, theme: Theme
) -> None:
    svg = draw_svg(CASES[name].view().view, theme=theme, width=480, height=220)
    golden.hold_svg(f"{name}-dark" if theme == "dark" else name, svg)
