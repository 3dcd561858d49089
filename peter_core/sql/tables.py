"""The tables a statement reads, told apart from its CTEs and from arrays of an earlier table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.trees import nodes_of_type

if TYPE_CHECKING:
    from collections.abc import Iterator


METADATA = frozenset({"information_schema", "__tables__", "__tables_summary__"})
"""Parts of names, in lower case, that BigQuery answers with metadata."""


@dataclass(frozen=True, slots=True)
class TableUse:
    """One place where a table is read; ``name`` is its dotted name as written."""

    name: str
    node: exp.Table


def table_uses(tree: exp.Expr) -> tuple[TableUse, ...]:
    """Every table read, in the order of the text where it is known."""
    uses = [
        TableUse(table_name(node), node)
        for node in nodes_of_type(tree, exp.Table)
        if is_named_table(node) and cte_of(node) is None and array_root(node) is None
    ]
    return tuple(sorted(uses, key=lambda use: use.node.this.meta_get("start") or 0))


def is_named_table(node: exp.Table) -> bool:
    """Whether it is a name, and not a table function or a placeholder."""
    return isinstance(node.this, exp.Identifier | exp.Dot) and bool(node.name)


def table_name(node: exp.Table) -> str:
    """The dotted name, without quotes."""
    return ".".join(part.name for part in node.parts)


def is_information_schema(name: str) -> bool:
    """Whether a dotted name is a view of ``INFORMATION_SCHEMA``: that part, then one name."""
    parts = name.lower().split(".")
    return len(parts) > 1 and parts[-2] == "information_schema" and parts[-1] not in METADATA


def cte_of(node: exp.Table) -> exp.CTE | None:
    """The CTE a one-part name refers to; CTE names do not care for case."""
    if node.args.get("db") or not isinstance(node.this, exp.Identifier):
        return None
    name = node.name.lower()
    child: exp.Expr = node
    parent = node.parent
    while parent is not None:
        with_ = parent.args.get("with_")
        if isinstance(with_, exp.With) and with_ is not child:
            found = next((cte for cte in with_.expressions if cte.alias.lower() == name), None)
            if found is not None:
                return found if isinstance(found, exp.CTE) else None
        if isinstance(parent, exp.With):
            found = _earlier(parent, child, name)
            if found is not None:
                return found
        child, parent = parent, parent.parent
    return None


def _earlier(with_: exp.With, inside: exp.Expr, name: str) -> exp.CTE | None:
    """A CTE of the same WITH that the body of ``inside`` may name."""
    for cte in with_.expressions:
        if cte is inside and not with_.args.get("recursive"):
            return None
        if cte.alias.lower() == name:
            return cte if isinstance(cte, exp.CTE) else None
    return None


def array_root(node: exp.Table) -> str | None:
    """The alias of an earlier table, when ``FROM t, t.items`` names an array and not a table."""
    parts = node.parts
    if len(parts) < 2:
        return None
    select = node.find_ancestor(exp.Select)
    if select is None:
        return None
    first = parts[0].name.lower()
    for alias in _aliases_before(select, node):
        if alias.lower() == first:
            return alias
    return None


def _aliases_before(select: exp.Select, node: exp.Table) -> Iterator[str]:
    sources: list[exp.Expr] = []
    if from_ := select.args.get("from_"):
        sources.append(from_.this)
    sources.extend(join.this for join in select.args.get("joins") or ())
    for source in sources:
        if source is node:
            return
        if alias := source.alias_or_name:
            yield alias
