"""Where a number comes from and what hangs on it: nodes, edges, upstream, downstream, impact."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from peter_core.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from peter_core.plan.plan import ChartPlan, Plan

NodeKind = Literal["dashboard", "chart", "query", "table", "column"]
EdgeKind = Literal["reads", "has", "computes", "constrains", "encodes", "feeds", "options", "shows"]


@dataclass(frozen=True, slots=True)
class Node:
    """A thing in the lineage.

    ``id`` is ``dashboard:slug``, ``chart:slug/name``, ``query:slug/name``,
    ``table:project.dataset.name`` or ``column:project.dataset.name/col``; ``title`` is what people
    call it, where that differs from ``name``.
    """

    id: str
    kind: NodeKind
    name: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flows from ``source`` to ``target``.

    A table ``has`` a column; a query ``reads`` a table; a column ``computes`` an output of a query
    or ``constrains`` it (filter, join, group); a column ``encodes`` a chart (``detail`` is
    ``y: delay``, the encoding and the query's output); a query ``feeds`` a chart or gives the
    ``options`` of a filter; a dashboard ``shows`` a chart.
    """

    source: str
    target: str
    kind: EdgeKind
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ImpactedChart:
    """A chart that would break; ``encodings`` are those computed from what goes away.

    Without encodings the chart breaks all the same: its query names what goes away. A filter whose
    options would break stands here as ``filter:name``, as it does among the users of a step.
    """

    dashboard: str
    chart: str
    title: str
    queries: tuple[str, ...]
    encodings: tuple[str, ...] = ()


class Source(Protocol):
    """A column of a table, as SQL lineage names it."""

    @property
    def table(self) -> str:
        """The table, in as many parts as were written."""
        ...

    @property
    def column(self) -> str:
        """The column."""
        ...


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and the edges between them, in a stable order."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    _index: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {node.id: node for node in self.nodes})

    def node(self, id: str) -> Node:
        """The node of an id.

        Raises
        ------
        NotFound
            With the nearest ids as a hint.
        """
        found = self._index.get(id)
        if found is None:
            near = difflib.get_close_matches(id, self._index, n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else "List the nodes of the graph."
            raise NotFound(f"No lineage node has the id {id!r}.", hint=hint)
        return found

    def upstream(self, id: str, depth: int | None = None) -> Graph:
        """The part of the graph the node is made from, at most ``depth`` edges away."""
        return self._reach(id, depth, up=True)

    def downstream(self, id: str, depth: int | None = None) -> Graph:
        """The part of the graph that is made from the node, at most ``depth`` edges away."""
        return self._reach(id, depth, up=False)

    def merged(self, *others: Graph) -> Graph:
        """One graph of all nodes and edges, each once."""
        graphs = (self, *others)
        nodes = {node.id: node for graph in graphs for node in graph.nodes}
        edges = dict.fromkeys(edge for graph in graphs for edge in graph.edges)
        return Graph(tuple(nodes.values()), tuple(edges))

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        """``{"nodes": […], "edges": […]}``; what is not known is left out."""
        nodes = [{"id": n.id, "kind": str(n.kind), "name": n.name}
                 | ({"title": n.title} if n.title else {}) for n in self.nodes]  # fmt: skip
        edges = [{"source": e.source, "target": e.target, "kind": str(e.kind)}
                 | ({"detail": e.detail} if e.detail else {}) for e in self.edges]  # fmt: skip
        return {"nodes": nodes, "edges": edges}

    def _reach(self, id: str, depth: int | None, *, up: bool) -> Graph:
        self.node(id)
        if depth is not None and depth < 0:
            raise InvalidRequest(f"A depth counts edges and cannot be {depth}.")
        beside: dict[str, list[Edge]] = {}
        for edge in self.edges:
            beside.setdefault(edge.target if up else edge.source, []).append(edge)
        reached, taken, frontier, steps = {id}, set[Edge](), [id], 0
        while frontier and (depth is None or steps < depth):
            following = [edge for name in frontier for edge in beside.get(name, ())]
            taken.update(following)
            ends = dict.fromkeys(edge.source if up else edge.target for edge in following)
            frontier = [end for end in ends if end not in reached]
            reached.update(frontier)
            steps += 1
        return Graph(
            tuple(node for node in self.nodes if node.id in reached),
            tuple(edge for edge in self.edges if edge in taken),
        )


def plan_graph(
    plan: Plan,
    *,
    columns: bool = False,
    column_lineage: Mapping[str, Mapping[str, Iterable[Source]]] | None = None,
    side_inputs: Mapping[str, Iterable[Source]] | None = None,
) -> Graph:
    """The lineage of one dashboard: dashboard ← charts ← queries ← tables.

    Parameters
    ----------
    columns
        Whether to go on to columns: with ``column_lineage`` to the encodings of charts.
    column_lineage
        For each query's name: output column to the table columns it is computed from.
    side_inputs
        For each query's name: the columns that only filter, join or group.
    """
    draft = _Draft(plan)
    draft.add_dashboard()
    if columns:
        draft.add_columns(column_lineage or {}, side_inputs or {})
    return draft.graph()


def impact(graph: Graph, drop: str) -> tuple[ImpactedChart, ...]:
    """The charts that break when a table or a column goes away or is renamed.

    Parameters
    ----------
    drop
        A node id, or a bare ``project.dataset.table`` or ``project.dataset.table/column``.

    Raises
    ------
    NotFound
        No published dashboard reads it, or the graph knows no columns.
    """
    id = drop if ":" in drop else f"{'column' if '/' in drop else 'table'}:{drop}"
    below = graph.downstream(id)
    charts = (node for node in below.nodes if node.kind == "chart")
    options = (edge for edge in below.edges if edge.kind == "options")
    return (
        *(_impacted(graph, below, chart) for chart in charts),
        *(_impacted_filter(graph, edge) for edge in options),
    )


def table_id(name: str, ids: Sequence[str]) -> str:
    """The full id of a table named by one, two or three parts; the name itself when unknown."""
    wanted = name.replace("`", "")
    for id in ids:
        if id == wanted or id.endswith(f".{wanted}"):
            return id
    return wanted


def _impacted(graph: Graph, below: Graph, chart: Node) -> ImpactedChart:
    slug, _, name = chart.id.removeprefix("chart:").partition("/")
    into = [edge for edge in below.edges if edge.target == chart.id]
    queries = [graph.node(edge.source).name for edge in into if edge.kind == "feeds"]
    encodings = [edge.detail for edge in into if edge.kind == "encodes" and edge.detail]
    return ImpactedChart(
        dashboard=slug,
        chart=name,
        title=chart.title or name,
        queries=tuple(dict.fromkeys(queries)),
        encodings=tuple(dict.fromkeys(encodings)),
    )


def _impacted_filter(graph: Graph, edge: Edge) -> ImpactedChart:
    return ImpactedChart(
        dashboard=graph.node(edge.target).name,
        chart=f"filter:{edge.detail}",
        title=f"Filter {edge.detail}",
        queries=(graph.node(edge.source).name,),
        encodings=("options",),
    )


def _chart_queries(plan: Plan) -> Iterator[tuple[str, str]]:
    for name, chart in plan.dashboard.charts.items():
        query = getattr(chart, "query", None)
        if query is not None:
            yield name, query


def _option_queries(plan: Plan) -> Iterator[tuple[str, str]]:
    for name, filter_ in plan.dashboard.filters.items():
        query = getattr(getattr(filter_, "options", None), "query", None)
        if query is not None:
            yield name, query


class _Draft:
    """A graph in the making; adding twice is adding once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._slug = plan.dashboard.slug
        self._nodes: dict[str, Node] = {}
        self._edges: dict[Edge, None] = {}

    def graph(self) -> Graph:
        return Graph(tuple(self._nodes.values()), tuple(self._edges))

    def add_dashboard(self) -> None:
        dashboard = self._plan.dashboard
        top = self._node("dashboard", self._slug, self._slug, dashboard.title)
        for name, chart in dashboard.charts.items():
            id = self._node("chart", f"{self._slug}/{name}", name, chart.title)
            self._edge(id, top, "shows")
            query = getattr(chart, "query", None)
            if query is not None:
                self._edge(self._query(query), id, "feeds")
        for name, query in _option_queries(self._plan):
            self._edge(self._query(query), top, "options", name)

    def add_columns(
        self,
        lineage: Mapping[str, Mapping[str, Iterable[Source]]],
        side_inputs: Mapping[str, Iterable[Source]],
    ) -> None:
        for query, outputs in lineage.items():
            for output, sources in outputs.items():
                for source in sources:
                    self._edge(self._column(query, source), self._query(query), "computes", output)
        for query, sources in side_inputs.items():
            for source in sources:
                self._edge(self._column(query, source), self._query(query), "constrains")
        for name, query in _chart_queries(self._plan):
            if name in self._plan.charts:
                self._encodings(self._plan.charts[name], query, lineage.get(query, {}))

    def _encodings(
        self, chart: ChartPlan, query: str, outputs: Mapping[str, Iterable[Source]]
    ) -> None:
        by_name = {output.casefold(): tuple(sources) for output, sources in outputs.items()}
        for encoding, fields in chart.encodings.items():
            for name in fields:
                for source in by_name.get(name.casefold(), ()):
                    self._edge(
                        self._column(query, source),
                        f"chart:{self._slug}/{chart.name}",
                        "encodes",
                        f"{encoding}: {name}",
                    )

    def _query(self, name: str) -> str:
        id = f"query:{self._slug}/{name}"
        if id not in self._nodes:
            self._node("query", f"{self._slug}/{name}", name)
            for table in self._tables(name):
                self._edge(self._node("table", table, table), id, "reads")
        return id

    def _column(self, query: str, source: Source) -> str:
        table = table_id(source.table, self._tables(query))
        owner = self._node("table", table, table)
        id = self._node("column", f"{table}/{source.column}", source.column)
        self._edge(owner, id, "has")
        return id

    def _tables(self, query: str) -> tuple[str, ...]:
        step = self._plan.steps.get(self._plan.query_steps.get(query, query))
        if step is None:
            return ()
        return tuple(table.id for table in step.tables) or step.statement.tables

    def _node(self, kind: NodeKind, rest: str, name: str, title: str | None = None) -> str:
        id = f"{kind}:{rest}"
        known = None if title == name else title
        self._nodes.setdefault(id, Node(id, kind, name, known))
        return id

    def _edge(self, source: str, target: str, kind: EdgeKind, detail: str | None = None) -> None:
        self._edges.setdefault(Edge(source, target, kind, detail))
