"""Where a number comes from and what hangs on it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from peter_jupyter.http.models.shapes import Answer, Body

Name = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


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


class RenameBody(Body):
    """A new name for a table or a column."""

    old: Name
    new: Name


class ImpactBody(Body):
    """A change that is thought of: one of both.

    Tables are ``dataset.table`` with or without their project, columns ``dataset.table/column``;
    node ids will do.
    """

    drop: Name | None = None
    rename: RenameBody | None = None


class ImpactedChart(Answer):
    """A chart or filter that breaks; ``encodings`` are those computed from what goes away."""

    dashboard: str
    chart: str
    title: str
    queries: tuple[str, ...]
    encodings: tuple[str, ...]


class AffectedQuery(Answer):
    """A query whose SQL names what goes away; ``carried`` are outputs that bear its name."""

    dashboard: str
    query: str
    uses: tuple[Literal["reads", "computes", "constrains"], ...]
    outputs: tuple[str, ...]
    carried: tuple[str, ...]


class ImpactAnswer(Answer):
    """What a change breaks over all published dashboards."""

    change: Literal["drop", "rename"]
    node: str
    new_name: str | None
    dashboards: tuple[str, ...]
    charts: tuple[ImpactedChart, ...]
    queries: tuple[AffectedQuery, ...]
