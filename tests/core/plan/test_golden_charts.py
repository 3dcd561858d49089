"""One chart of each kind, whole: the view as JSON, its picture as SVG.

``PETER_UPDATE_GOLDEN=1 pytest …`` writes the files anew; look at the pictures before committing.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from peter_core.plan.drawing import draw_svg
from tests.core.plan.chart_cases import CASES

GOLDEN = Path(__file__).parents[2] / "fixtures" / "golden"
UPDATE = os.environ.get("PETER_UPDATE_GOLDEN") == "1"
PLOTS = [name for name, case in CASES.items() if case.view().view["kind"] == "vega"]


@pytest.mark.parametrize("name", CASES)
def test_a_chart_is_drawn_as_its_golden_file_says(name: str) -> None:
    view = CASES[name].view()
    assert view.state == "ready"
    found = {"view": view.view, "summary": view.summary, "note": view.note}
    path = GOLDEN / f"{name}.json"
    if UPDATE:
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_has_the_texts_and_shapes_of_its_golden_file(name: str) -> None:
    svg = draw_svg(CASES[name].view().view, width=480, height=220)
    path = GOLDEN / f"{name}.svg"
    if UPDATE:
        path.write_text(svg + "\n", "utf-8")
    assert shown(svg) == shown(path.read_text("utf-8"))


def shown(svg: str) -> tuple[list[str], Counter[str], Counter[str]]:
    """Texts, shapes and colours of a picture; places depend on the fonts of a machine."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    shapes = Counter(re.findall(r'aria-roledescription="[^"]*"|<(path|line|rect|circle)\b', svg))
    return texts, shapes, Counter(re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]+|url)"', svg))
