"""What a dropped or renamed table or column breaks, and what has to be changed for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from peter_core.errors import InvalidRequest, NotFound
from peter_core.lineage.graph import impact, table_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.lineage.graph import Edge, Graph, ImpactedChart, Node

Change = Literal["drop", "rename"]
Use = Literal["reads", "computes", "constrains"]

_USES: dict[str, Use] = {"reads": "reads", "computes": "computes", "constrains": "constrains"}
_NAMED_AS = "Name a table (dataset.table) or a column (dataset.table/column)."
_COLUMN = re.compile(r"[^\W\d]\w*")
_TABLE = re.compile(r"[\w\-:]+(\.[\w\-]+){0,2}")


@dataclass(frozen=True, slots=True)
class AffectedQuery:
    """A query that names what goes away; its SQL has to change.

    ``uses`` says how: the query ``reads`` the table, the column ``computes`` its ``outputs``, or
    only ``constrains`` it (WHERE, JOIN, GROUP BY, ORDER BY). ``carried`` are the outputs that bear
    the column's own name: after a rename they need ``new AS old``, or their encodings change, too.
    """

    dashboard: str
    query: str
    uses: tuple[Use, ...]
    outputs: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of ``node`` breaks over all published dashboards.

    ``charts`` are the charts and filters that break, with the encodings drawn from it; ``queries``
    the places where the name is written. ``new_name`` is the name after a rename.
    """

    change: Change
    node: str
    new_name: str | None
    dashboards: tuple[str, ...]
    charts: tuple[ImpactedChart, ...]
    queries: tuple[AffectedQuery, ...]


def assess(
    graph: Graph, *, drop: str | None = None, rename: tuple[str, str] | None = None
) -> Impact:
    """What breaks when a table or a column is dropped or renamed.

    Parameters
    ----------
    graph
        The lineage of all dashboards, with columns.
    drop
        A node id, or a bare ``dataset.table``, ``dataset.table/column`` or
        ``dataset.table.column``, with or without its project.
    rename
        The same, and the new name of the table or of the column.

    Raises
    ------
    InvalidRequest
        Not exactly one change is asked for, it is no table or column, or the new name is none.
    NotFound
        No published dashboard reads it; the nearest ids are the hint.
    """
    if (drop is None) == (rename is None):
        raise InvalidRequest(
            "Say what changes: a drop or a rename.", hint="Give one of drop and rename."
        )
    old, new = rename if rename is not None else (str(drop), None)
    node = _changed(graph, old)
    new_name = None if new is None else _new_name(node, new)
    charts = impact(graph, node.id)
    queries = tuple(_queries(graph, node))
    dashboards = dict.fromkeys([*(c.dashboard for c in charts), *(q.dashboard for q in queries)])
    return Impact(
        change="drop" if new_name is None else "rename",
        node=node.id,
        new_name=new_name,
        dashboards=tuple(sorted(dashboards)),
        charts=charts,
        queries=queries,
    )


def _changed(graph: Graph, written: str) -> Node:
    """The table or column that is meant; columns do not care for case."""
    kind, colon, rest = written.partition(":")
    if colon and kind in ("dashboard", "chart", "query"):
        raise InvalidRequest(
            f"A {kind} is nothing that a table's owner changes.",
            hint=_NAMED_AS,
        )
    name = rest if colon and kind in ("table", "column") else written
    tables = [node.name for node in graph.nodes if node.kind == "table"]
    table, slash, column = name.partition("/")
    if not slash and table_id(table, tables) not in tables:
        # As SQL writes a column: dataset.table.column.
        owner, dot, last = table.replace("`", "").rpartition(".")
        if dot and table_id(owner, tables) in tables:
            table, slash, column = owner, dot, last
    full = table_id(table, tables)
    if not slash:
        return _read(graph, "table", full)
    wanted = f"column:{full}/{column}".casefold()
    found = next((node for node in graph.nodes if node.id.casefold() == wanted), None)
    return found or _read(graph, "column", f"{full}/{column}")


def _read(graph: Graph, kind: str, name: str) -> Node:
    """The node, which is there when a published dashboard reads it."""
    known = [node.id.partition(":")[2] for node in graph.nodes if node.kind == kind]
    if name in known:
        return graph.node(f"{kind}:{name}")
    near = get_close_matches(name, known, 2)
    raise NotFound(
        f"No published dashboard reads the {kind} {name}: its change breaks none.",
        hint=f"Did you mean {' or '.join(near)}?" if near else _NAMED_AS,
    )


def _new_name(node: Node, written: str) -> str:
    name = written.replace("`", "").strip().removeprefix(f"{node.kind}:")
    if node.kind == "column":
        owner = node.id.removeprefix("column:").rpartition("/")[0]
        name = name.removeprefix(f"{owner}/")
    if not (_COLUMN if node.kind == "column" else _TABLE).fullmatch(name):
        raise InvalidRequest(
            f"{written[:80]!r} cannot be the new name of a {node.kind}.",
            hint="A column moves to no other table by a rename."
            if node.kind == "column"
            else "Write it as dataset.table, with its project if that changes.",
        )
    if name == node.name:
        raise InvalidRequest(f"The new name of the {node.kind} is the old one, {name}.")
    return name


def _queries(graph: Graph, node: Node) -> Iterator[AffectedQuery]:
    into: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        if edge.source == node.id and edge.kind in _USES:
            into.setdefault(edge.target, []).append(edge)
    for id_, edges in into.items():
        dashboard, _, query = id_.removeprefix("query:").partition("/")
        outputs = dict.fromkeys(e.detail for e in edges if e.kind == "computes" and e.detail)
        yield AffectedQuery(
            dashboard=dashboard,
            query=query,
            uses=tuple(dict.fromkeys(_USES[edge.kind] for edge in edges)),
            outputs=tuple(outputs),
            carried=tuple(o for o in outputs if o.casefold() == node.name.casefold()),
        )
