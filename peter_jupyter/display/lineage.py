"""Lineage as a picture without scripts, with its table: what a saved notebook keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.plan.tokens import tokens
from peter_core.plan.words import say
from peter_jupyter.display.figures import svg_image
from peter_jupyter.display.markup import (
    Heading,
    Markup,
    card,
    escape,
    fold,
    page,
    pill,
    status,
    table,
)
from peter_jupyter.display.reports import (
    graph_counts,
    made_from,
    node_kind,
    node_title,
    ordered_nodes,
)
from peter_jupyter.display.values import NULL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peter_core.lineage.graph import Graph, Node

MOST_NODES = 120
"""With more of them a picture that cannot be searched says nothing; the table does."""

_WIDTH, _HEIGHT, _GAP, _RANK, _MARGIN = 208, 44, 14, 72, 8
_LAYERS = ("dashboard", "chart", "query", "column", "table")
_COLORS = {"dashboard": "c3", "chart": "c1", "query": "c2", "table": "c4", "column": "ink-3"}
_SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
_LETTERS = 27
"""Letters of a name that fit on a node."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A node's upper left corner, in pixels."""

    x: float
    y: float


def graph_html(graph: Graph) -> str:
    """Lineage drawn in layers, and as a table: each thing and what it is made from."""
    headings = [Heading(""), Heading(say("Name")), Heading(say("Made from"))]
    made = made_from(graph)
    rows = [
        [
            Markup(f"<code>{escape(node_kind(node))}</code>"),
            node_title(node),
            ", ".join(made[node.id]) or NULL,
        ]
        for node in ordered_nodes(graph)
    ]
    counts = graph_counts(graph)
    svg = graph_svg(graph)
    picture = _picture(svg, counts) if svg else Markup("")
    about = say("each thing and what it is made from")
    many = len(graph.nodes) > MOST_NODES
    listed = fold(say("As a table"), about, table(headings, rows), shown=many)
    return page(card(status(pill(say("Lineage"), "info"), counts), picture, listed))


def graph_svg(graph: Graph) -> str:
    """Lineage drawn in layers; nothing where there are no nodes, or too many for a picture."""
    if not 0 < len(graph.nodes) <= MOST_NODES:
        return ""
    places = _places(graph)
    width = round(max(at.x for at in places.values()) + _WIDTH + _MARGIN)
    height = round(max(at.y for at in places.values()) + _HEIGHT + _MARGIN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="system-ui,sans-serif">'
        f"{_lines(graph, places)}{''.join(_box(node, places[node.id]) for node in graph.nodes)}"
        "</svg>"
    )


def _picture(svg: str, counts: Iterable[str]) -> Markup:
    width, height = map(int, _SIZE.findall(svg)[0])
    image = svg_image(svg, say("Lineage: {things}", things=", ".join(counts)), width, height)
    return Markup(f'<div class="pt-block pt-drawn">{image}</div>')


def _places(graph: Graph) -> dict[str, _Place]:
    """Layers from the dashboard on the left to its tables, each in the order of its neighbours."""
    kinds = [kind for kind in _LAYERS if any(node.kind == kind for node in graph.nodes)]
    beside: dict[str, list[str]] = {}
    for edge in graph.edges:
        beside.setdefault(edge.source, []).append(edge.target)
    tallest = max(sum(node.kind == kind for node in graph.nodes) for kind in kinds)
    places: dict[str, _Place] = {}
    for at, kind in enumerate(kinds):
        layer = [node for node in graph.nodes if node.kind == kind]
        layer.sort(key=lambda node: _middle(beside.get(node.id, ()), places))
        top = _MARGIN + (tallest - len(layer)) * (_HEIGHT + _GAP) / 2
        for row, node in enumerate(layer):
            places[node.id] = _Place(_MARGIN + at * (_WIDTH + _RANK), top + row * (_HEIGHT + _GAP))
    return places


def _middle(ids: Iterable[str], places: dict[str, _Place]) -> float:
    heights = [places[id].y for id in ids if id in places]
    return sum(heights) / len(heights) if heights else 0.0


def _lines(graph: Graph, places: dict[str, _Place]) -> str:
    paths = []
    for edge in graph.edges:
        start, end = places[edge.target], places[edge.source]
        x1, y1 = start.x + _WIDTH, start.y + _HEIGHT / 2
        x2, y2 = end.x, end.y + _HEIGHT / 2
        bend = (x1 + x2) / 2
        paths.append(f"M{x1:g},{y1:g}C{bend:g},{y1:g} {bend:g},{y2:g} {x2:g},{y2:g}")
    color = tokens("light")["line-strong"]
    return f'<path d="{"".join(paths)}" fill="none" stroke="{color}" stroke-width="1.5"/>'


def _box(node: Node, at: _Place) -> str:
    colors = tokens("light")
    small, name = _words(node)
    return (
        f'<g transform="translate({at.x:g},{at.y:g})">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="{colors["surface"]}" '
        f'stroke="{colors["line-strong"]}"/>'
        f'<rect x="1" y="8" width="3" height="{_HEIGHT - 16}" rx="1.5" '
        f'fill="{colors[_COLORS[node.kind]]}"/>'
        f'<text x="14" y="17" font-size="11.5" fill="{colors["ink-3"]}">{escape(small)}</text>'
        f'<text x="14" y="34" font-size="13" font-weight="500" fill="{colors["ink"]}">'
        f"{escape(name)}</text></g>"
    )


def _words(node: Node) -> tuple[str, str]:
    """What stands on a node: the kind with what it is part of, and its name."""
    kind, name, of = node_kind(node), node.title or node.name, ""
    if node.kind == "table" and node.name.count(".") > 1:
        of, _, name = node.name.partition(".")
    elif node.kind == "column":
        of = ".".join(node.id.partition(":")[2].partition("/")[0].split(".")[-2:])
    return _fit(f"{kind} · {of}" if of else kind, _LETTERS + 3), _fit(name, _LETTERS)


def _fit(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
