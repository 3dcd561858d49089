"""Lineage as a picture that needs no script."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET

from peter_core.lineage.graph import Edge, Graph, Node
from peter_jupyter.display.keepsake import graph_keepsake
from peter_jupyter.display.lineage import MOST_NODES, graph_html

SVG = "{http://www.w3.org/2000/svg}"
BOARD = Graph(
    (
        Node("dashboard:a", "dashboard", "a", "Delays <b>"),
        Node("chart:a/b", "chart", "b", "Delay & cause"),
        Node("query:a/q", "query", "q"),
        Node("table:local.nyc.flights", "table", "local.nyc.flights"),
        Node("column:local.nyc.flights/dep_delay", "column", "dep_delay"),
    ),
    (
        Edge("chart:a/b", "dashboard:a", "shows"),
        Edge("query:a/q", "chart:a/b", "feeds"),
        Edge("column:local.nyc.flights/dep_delay", "query:a/q", "computes", "delay"),
        Edge("table:local.nyc.flights", "column:local.nyc.flights/dep_delay", "has"),
        Edge("table:local.nyc.flights", "query:a/q", "reads"),
    ),
)


def picture(html: str) -> ET.Element:
    found = re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)
    assert found is not None
    return ET.fromstring(base64.b64decode(found[1]))  # noqa: S314 (Peter's own drawing)


def test_layers_stand_from_the_dashboard_on_the_left_to_its_tables() -> None:
    boxes = picture(graph_html(BOARD)).iter(f"{SVG}g")
    words = {box.findall(f"{SVG}text")[1].text: box.get("transform", "") for box in boxes}
    lefts = {name: float(re.findall(r"[\d.]+", at)[0]) for name, at in words.items()}
    assert sorted(lefts, key=lefts.__getitem__) == [
        "Delays <b>", "Delay & cause", "q", "dep_delay", "nyc.flights",
    ]  # fmt: skip
    assert len(set(lefts.values())) == 5


def test_a_column_and_a_table_say_what_they_are_part_of() -> None:
    small = [text.text for text in picture(graph_html(BOARD)).iter(f"{SVG}text")][::2]
    assert small == ["Dashboard", "Chart", "Query", "Table · local", "Column · nyc.flights"]


def test_every_edge_is_drawn_and_the_picture_is_as_large_as_its_nodes() -> None:
    svg = picture(graph_html(BOARD))
    path = svg.find(f"{SVG}path")
    assert path is not None
    assert path.get("d", "").count("M") == len(BOARD.edges)
    assert int(svg.get("width", "0")) == 5 * 208 + 4 * 72 + 16
    assert "prefers-color-scheme:dark" in ET.tostring(svg, encoding="unicode")


def test_a_lineage_too_large_to_read_is_its_table_alone() -> None:
    many = tuple(Node(f"query:a/q{n}", "query", f"q{n}") for n in range(MOST_NODES + 1))
    html = graph_html(Graph(many, ()))
    assert "<img" not in html
    assert "<details open>" in html
    assert f"q{MOST_NODES}" in html


def test_nothing_is_a_lineage_too() -> None:
    assert "<img" not in graph_html(Graph((), ()))


def test_a_lineage_is_read_in_the_language_of_its_dashboard() -> None:
    kept = graph_keepsake(BOARD, "de-DE")
    html = kept.bundle["text/html"]
    assert 'alt="Herkunft: 1 Dashboard, 1 Diagramm, 1 Abfrage, 1 Tabelle, 1 Spalte"' in html
    assert "<code>Abfrage</code>" in html
    assert "Als Tabelle" in html
    small = [text.text for text in picture(html).iter(f"{SVG}text")][::2]
    assert small == ["Dashboard", "Diagramm", "Abfrage", "Tabelle · local", "Spalte · nyc.flights"]
    assert kept.bundle["text/plain"].startswith("Herkunft · 1 Dashboard")
    assert kept.told == "Bild von Herkunft"
