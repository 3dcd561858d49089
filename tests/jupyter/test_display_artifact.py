"""The still and the words of a dashboard, from an artifact with every view and state."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from peter_core.plan.artifact import Artifact
from peter_core.plan.words import catalogue_of
from peter_jupyter.display.artifact import MOST_ROWS, artifact_html, artifact_text
from peter_jupyter.display.figures import sparkline_image
from tests.jupyter.test_display import HOSTILE, Words

GALLERY = Path(__file__).parents[1] / "fixtures" / "artifacts" / "gallery.json"


def artifact(payload: dict[str, Any]) -> Artifact:
    return Artifact(payload["slug"], payload["revision"], "etag", orjson.dumps(payload))


@pytest.fixture(scope="module")
def payload() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(GALLERY.read_text())
    return loaded


@pytest.fixture(scope="module")
def html(payload: dict[str, Any]) -> str:
    return artifact_html(artifact(payload))


def test_every_chart_has_its_tile_in_the_documents_order(
    payload: dict[str, Any], html: str
) -> None:
    words = Words(html)
    assert words.open == []
    placed = [t["chart"] for tab in payload["layout"]["tabs"] for row in tab["rows"] for t in row]
    titles = [payload["charts"][name]["title"] for name in placed]
    at = [words.text.index(f"{title}\n") for title in titles if title]
    assert at == sorted(at)
    assert sum("pt-tile" in (attrs.get("class") or "") for _, attrs in words.tags) == len(placed)


def test_charts_are_images_with_their_sentence_that_follow_the_colour_scheme(
    payload: dict[str, Any], html: str
) -> None:
    images = [attrs for tag, attrs in Words(html).tags if tag == "img"]
    drawn = [c for c in payload["charts"].values() if c["view"] and c["view"]["kind"] == "vega"]
    named = {attrs["alt"] for attrs in images if attrs["alt"]}
    assert named == {c["summary"] for c in drawn if c["problem"] is None}
    for attrs in images:
        source = attrs["src"] or ""
        assert source.startswith("data:image/svg+xml;base64,")
        svg = base64.b64decode(source.partition(",")[2]).decode()
        assert "prefers-color-scheme:dark" in svg
        assert "<script" not in svg


def test_no_script_and_no_outside_address_but_links(html: str) -> None:
    words = Words(html)
    assert "script" not in {tag for tag, _ in words.tags}
    for tag, attrs in words.tags:
        assert not any(name.startswith("on") for name in attrs)
        if tag == "a":
            assert re.match(r"https?://|mailto:", attrs["href"] or "")
            assert attrs["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("javascript:alert(1)", None), (" JaVaScRiPt:alert(1)", None), ("vbscript:x", None),
        ("data:text/html,x", None), ("file:///etc/passwd", None), ("//evil.example", None),
        ("https://[", None), ("", None), ("https://a.example/b", "https://a.example/b"),
        ('https://a.example/"onmouseover="x', 'https://a.example/"onmouseover="x'),
        ("https://a.example/'><script>", "https://a.example/'><script>"),
    ],
)  # fmt: skip
def test_a_text_links_web_pages_only_and_no_address_leaves_its_attribute(
    payload: dict[str, Any], address: str, kept: str | None
) -> None:
    children = [{"link": address, "children": [{"text": "words"}]}]
    view = {"kind": "text", "blocks": [{"kind": "paragraph", "children": children}]}
    chart = {**payload["charts"]["words"], "view": view}
    layout = {"tabs": [{"title": None, "rows": [[{"chart": "words", "width": 12}]]}]}
    html = artifact_html(artifact({**payload, "charts": {"words": chart}, "layout": layout}))
    words = Words(html)
    assert "words" in words.text
    assert [attrs["href"] for tag, attrs in words.tags if tag == "a"] == ([kept] if kept else [])
    assert "script" not in {tag for tag, _ in words.tags}
    assert not any(name.startswith("on") for _, attrs in words.tags for name in attrs)


def test_hostile_words_stay_words_in_every_place(payload: dict[str, Any]) -> None:
    def poisoned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: poisoned(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [poisoned(item, key) for item in value]
        kept = ("kind", "type", "color", "mark", "direction", "align", "chart", "state",
                "freshness", "field", "link", "name", "computed_at", "code")  # fmt: skip
        return HOSTILE if isinstance(value, str) and key not in kept else value

    charts = {
        name: chart if (chart["view"] or {}).get("kind") == "vega" else poisoned(chart)
        for name, chart in payload["charts"].items()
    }
    hostile = {**payload, "title": HOSTILE, "description": HOSTILE, "charts": charts}
    words = Words(artifact_html(artifact(hostile)))
    tags = {tag for tag, _ in words.tags}
    assert not tags & {"script", "iframe", "object", "form", "input"}
    assert not any(name.startswith("on") for _, attrs in words.tags for name in attrs)
    assert {attrs["src"][:5] for tag, attrs in words.tags if tag == "img" and attrs["src"]} == {
        "data:"
    }
    assert "<img src=x onerror" in words.text


def test_a_long_table_is_cut_and_says_so(payload: dict[str, Any], html: str) -> None:
    rows = max(
        len(c["view"]["values"][0])
        for c in payload["charts"].values()
        if c["view"] and c["view"]["kind"] == "table"
    )
    assert rows > MOST_ROWS
    assert f"First {MOST_ROWS} of {rows:,} rows" in html


def test_the_words_hold_title_filters_every_chart_its_state_and_the_footer(
    payload: dict[str, Any],
) -> None:
    text = artifact_text(artifact(payload))
    lines = text.splitlines()
    assert lines[0].startswith(f"Dashboard {payload['title']} ({payload['slug']} @ ")
    assert any(line.startswith("Filters: ") for line in lines)
    for name, chart in payload["charts"].items():
        line = next(line for line in lines if f"[{name}, {chart['type']}" in line)
        assert (chart["summary"] or "") in line
        if chart["state"] != "ready":
            assert chart["state"] in line
            assert chart["problem"]["detail"] in text
        if chart["freshness"] == "stale":
            assert "stale: " in line
        if chart["truncated"]:
            assert re.search(r"First [\d,]+ (of [\d,]+ )?rows", line) or chart["note"] in line
    assert "queries from cache" in lines[-1]
    assert payload["revision"][:7] in lines[-1]


def german(payload: dict[str, Any]) -> dict[str, Any]:
    """The same as a German dashboard's, as far as Peter itself says it."""
    catalogue = catalogue_of("de")
    assert catalogue is not None
    return {**payload, "locale": "de-DE", "words": catalogue.for_surface()}


def test_a_still_speaks_the_language_of_its_dashboard(payload: dict[str, Any]) -> None:
    told = Words(artifact_html(artifact(german(payload)))).text
    assert "Die ersten 100 von " in told
    assert "Abfragen aus dem Zwischenspeicher" in told
    assert "Datenstand " in told
    assert "Veraltet" in told
    for english in ("First 100", "from cache", "scanned", "Stale", "Data as of", ": all\n"):
        assert english not in told


def test_the_words_of_a_still_speak_the_language_of_its_dashboard(payload: dict[str, Any]) -> None:
    lines = artifact_text(artifact(german(payload))).splitlines()
    assert any(line.startswith("Filter: ") for line in lines)
    stale = next(name for name, c in payload["charts"].items() if c["freshness"] == "stale")
    assert any("veraltet" in line for line in lines if f"[{stale}, " in line)
    assert "Abfragen aus dem Zwischenspeicher" in lines[-1]


@pytest.mark.parametrize("values", [[], [1.0], [None, 1.0, None], [None, None]])
def test_a_sparkline_needs_two_values(values: list[float | None]) -> None:
    assert sparkline_image(values) == ""


def test_a_flat_sparkline_with_gaps_is_drawn() -> None:
    assert "<img" in sparkline_image([1.0, None, 1.0, 1.0])
