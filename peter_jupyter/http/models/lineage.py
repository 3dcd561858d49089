"""Where a number comes from and what hangs on it."""

from __future__ import annotations

from typing import Literal

from peter_jupyter.http.models.shapes import Answer


class LineageNode(Answer):
    """A thing in the lineage.

    Ids are ``dashboard:slug``, ``chart:slug/name``, ``query:slug/name``,
    ``table:project.dataset.name`` and ``column:project.dataset.name/col``.
    """

    id: str
    kind: Literal["dashboard", "chart", "query", "table", "column"]
    name: str
    title: str | None = None


class LineageEdge(Answer):
    """Data flows from ``source`` to ``target``."""

    source: str
    target: str
    kind: Literal["reads", "has", "computes", "constrains", "encodes", "feeds", "options", "shows"]
    detail: str | None = None


class LineageGraph(Answer):
    """Nodes and the edges between them."""

    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
