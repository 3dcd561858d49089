from __future__ import annotations

import json
import re

import pytest

from peter_core.plan.drawing import draw_svg
from peter_core.plan.tokens import tokens
from tests.core.plan.chart_cases import CASES

PLOTS = {
    name: view
    for name, view in ((name, case.view().view) for name, case in CASES.items())
    if view["kind"] == "vega"
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_has_its_themes_colours(name: str) -> None:
    light, dark = draw_svg(PLOTS[name]), draw_svg(PLOTS[name], theme="dark")
    assert "$" not in light
    assert light != dark
    # A heatmap mixes its colours; its axis has the plain ones.
    shown = "ink-3" if name == "heatmap" else "c1"
    assert tokens("light")[shown] in light
    assert tokens("dark")[shown] in dark


def test_two_pictures_in_one_page_do_not_share_a_gradient() -> None:
    names = [set(re.findall(r'id="([^"]+)"', draw_svg(PLOTS["area-comparison"], theme=theme)))
             for theme in ("light", "dark")]  # fmt: skip
    assert names[0] and names[1] and not names[0] & names[1]


def test_a_picture_has_the_size_that_was_asked_for() -> None:
    assert 'width="500" height="180"' in draw_svg(PLOTS["line"], width=500, height=180)


def test_drawing_leaves_the_view_as_it_was() -> None:
    before = json.dumps(PLOTS["area-comparison"])
    draw_svg(PLOTS["area-comparison"])
    assert json.dumps(PLOTS["area-comparison"]) == before


def test_a_table_is_not_drawn_here() -> None:
    with pytest.raises(ValueError, match="not one of kind 'table'"):
        draw_svg(CASES["table"].view().view)


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1b", "\ufffe", "\ud800"])
def test_a_character_that_xml_does_not_know_does_not_end_the_process(character: str) -> None:
    view = json.loads(json.dumps(PLOTS["bar"]))
    data = view["data"]["values"]
    view["data"]["values"] = [
        [f"{value}{character}" if isinstance(value, str) else value for value in column]
        for column in data
    ]
    assert data != view["data"]["values"]
    assert "32.7k\ufffd" in draw_svg(view)
