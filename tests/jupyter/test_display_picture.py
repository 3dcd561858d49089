"""The picture of a dashboard that is left where HTML and drawings are taken out."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from peter_core.plan.artifact import Artifact
from peter_core.plan.drawing import draw_svg
from peter_jupyter.display import figures
from peter_jupyter.display.artifact import artifact_html
from peter_jupyter.display.figures import Drawings
from peter_jupyter.display.keepsake import MOST, artifact_keepsake
from peter_jupyter.display.picture import artifact_picture, svg_picture
from peter_jupyter.export.svg import export_svg

GALLERY = Path(__file__).parents[1] / "fixtures" / "artifacts" / "gallery.json"
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" viewBox="0 0 40 40">{}</svg>'
)


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    """A dashboard of the gallery's first charts, as large as one that people make."""
    payload = orjson.loads(GALLERY.read_bytes())
    tab = payload["layout"]["tabs"][0]
    few = {"tabs": [{**tab, "rows": tab["rows"][:3]}]}
    shown = {tile["chart"] for row in few["tabs"][0]["rows"] for tile in row}
    charts = {name: chart for name, chart in payload["charts"].items() if name in shown}
    body = orjson.dumps({**payload, "layout": few, "charts": charts})
    return Artifact(payload["slug"], payload["revision"], "etag", body)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of what is drawn from here on."""
    found: list[tuple[int, int]] = []

    def draw(view: dict[str, Any], **how: Any) -> str:
        found.append((how["width"], how["height"]))
        return draw_svg(view, **how)

    monkeypatch.setattr(figures, "draw_svg", draw)
    return found


def size(picture: str | None) -> tuple[int, int]:
    assert picture is not None
    png = base64.b64decode(picture)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack_from(">II", png, 16)
    return width, height


def a_view(artifact: Artifact) -> dict[str, Any]:
    views = (chart["view"] for chart in artifact.payload["charts"].values())
    found: dict[str, Any] = next(v for v in views if v and v["kind"] == "vega")
    return found


def test_a_dashboard_is_one_picture_within_the_room_it_has(artifact: Artifact) -> None:
    picture = artifact_picture(artifact, Drawings(), 120_000)
    assert size(picture)[0] == 1024
    assert len(picture or "") <= 120_000


def test_less_room_is_fewer_colours_then_fewer_pixels_then_no_picture(artifact: Artifact) -> None:
    svg = export_svg(artifact.body, width=1024)
    whole = svg_picture(svg, 200_000)
    fewer = svg_picture(svg, len(whole or "") - 1)
    assert size(fewer) == size(whole)
    assert len(fewer or "") < len(whole or "")
    smaller = svg_picture(svg, len(fewer or "") - 1)
    assert size(smaller)[0] == 640
    assert svg_picture(svg, 5_000) is None


def test_a_still_and_its_picture_are_below_what_a_notebook_may_weigh(artifact: Artifact) -> None:
    kept = artifact_keepsake(artifact)
    picture = kept.picture()
    assert picture is not None
    assert len(orjson.dumps(kept.bundle)) + len(picture) <= MOST


def test_a_still_that_fills_the_room_has_no_picture_and_none_is_tried(
    artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = artifact_keepsake(artifact)
    monkeypatch.setattr("vl_convert.svg_to_png", None)
    assert replace(kept, bundle={"text/html": "x" * MOST}).picture() is None


def test_the_picture_takes_the_charts_of_the_still(
    artifact: Artifact, drawn: list[tuple[int, int]]
) -> None:
    drawings = Drawings()
    artifact_html(artifact, drawings)
    before = len(drawn)
    assert before > 2
    artifact_picture(artifact, drawings, 120_000)
    assert len(drawn) - before <= before / 2


def test_a_chart_is_drawn_again_where_its_shape_would_not_fit(
    artifact: Artifact, drawn: list[tuple[int, int]]
) -> None:
    view, drawings = a_view(artifact), Drawings()
    drawings.draw(view, theme="light", width=500, height=240)
    scaled = drawings.fitted(view, theme="light", width=430, height=236)
    assert 'width="430" height="236" viewBox="0 0 500 240"' in scaled
    assert drawn == [(500, 240)]
    drawings.fitted(view, theme="light", width=200, height=240)
    drawings.fitted(view, theme="dark", width=500, height=240)
    assert drawn[1:] == [(200, 240), (500, 240)]


def test_a_huge_drawing_is_no_picture_and_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vl_convert.svg_to_png", None)
    assert svg_picture(SQUARE.replace('width="40"', 'width="900000"').format(""), 10**9) is None
    assert svg_picture("", 10**9) is None


def test_characters_that_no_xml_may_hold_do_not_end_the_process() -> None:
    words = '<text x="2" y="20" font-family="Inter">\x00\x1b\ud800\uffff</text>'
    assert size(svg_picture(SQUARE.format(words), 10_000)) == (40, 40)
