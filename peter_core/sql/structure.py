"""The shape of a parsed statement: its places in the text, its sources, what stands at the top."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.positions import line_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peter_core.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the statement's text; line and column count from 1."""

    line: int
    column: int


def place_of(statement: Statement, node: exp.Expr) -> Place | None:
    """Where a part of the statement begins; ``None`` when the parser kept no position."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return _at(statement, min(starts)) if starts else None


def keyword_place(statement: Statement, node: exp.Expr, word: str) -> Place | None:
    """The keyword that opens a clause: the last one before the clause's first token."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    if not starts:
        return None
    words = list(re.finditer(rf"\b{word}\b", statement.text[: min(starts)], re.IGNORECASE))
    return _at(statement, words[-1].start() if words else min(starts))


def _at(statement: Statement, offset: int) -> Place:
    return Place(*line_column(statement.text, offset))


def root_of(statement: Statement) -> exp.Expr:
    """The outermost query without the parentheses around it."""
    node: exp.Expr = statement.tree
    while isinstance(node, (exp.Subquery, exp.Paren)) and not node.args.get("limit"):
        node = node.this
    return node


def first_select(node: exp.Expr | None) -> exp.Select | None:
    """The SELECT that names the output columns: the first of a set operation."""
    while isinstance(node, (exp.SetOperation, exp.Subquery, exp.Paren)):
        node = node.this
    return node if isinstance(node, exp.Select) else None


def enclosing(node: exp.Expr) -> exp.Expr | None:
    """What a query stands in, parentheses apart; ``None`` for the outermost one."""
    parent = node.parent
    while isinstance(parent, (exp.Subquery, exp.Paren)):
        parent = parent.parent
    return parent


def is_outermost(select: exp.Select) -> bool:
    """Whether a SELECT gives rows of the result itself, alone or in a set operation."""
    parent = enclosing(select)
    while isinstance(parent, exp.SetOperation):
        parent = enclosing(parent)
    return parent is None


def cte_names(statement: Statement) -> frozenset[str]:
    """The names of all CTEs in lower case."""
    return frozenset(cte.alias.casefold() for cte in statement.tree.find_all(exp.CTE))


def sources_of(select: exp.Select) -> Iterator[exp.Expr]:
    """What a SELECT reads: FROM, then its joins."""
    source = select.args.get("from_")
    if source is not None:
        yield source.this
    for join in select.args.get("joins") or ():
        yield join.this


def aliases_of(select: exp.Select) -> frozenset[str]:
    """The names in lower case by which a SELECT calls what it reads."""
    return frozenset(source.alias_or_name.casefold() for source in sources_of(select))


def tables_of(select: exp.Select, ctes: frozenset[str]) -> dict[str, str]:
    """Alias in lower case to the dotted name, for the tables a SELECT reads itself."""
    aliases = aliases_of(select)
    return {
        source.alias_or_name.casefold(): dotted(source)
        for source in sources_of(select)
        if is_table(source, ctes) and source.args["this"] and source.text("db") not in aliases
    }


def is_table(node: exp.Expr, ctes: frozenset[str]) -> bool:
    """Whether a source is a table of the warehouse and no CTE."""
    return isinstance(node, exp.Table) and (bool(node.db) or node.name.casefold() not in ctes)


def dotted(table: exp.Expr) -> str:
    """The name of a table as written, without quotes."""
    parts = table.parts if isinstance(table, exp.Table) else []
    return ".".join(part.name for part in parts)


def is_star(expression: exp.Expr) -> bool:
    """``*`` or ``t.*``."""
    return isinstance(expression, exp.Star) or (
        isinstance(expression, exp.Column) and isinstance(expression.this, exp.Star)
    )


def is_one_row(node: exp.Expr, ctes: Mapping[str, exp.Expr]) -> bool:
    """Whether a source gives one row at most: an aggregate, LIMIT 1, no FROM, or a view of such.

    ``ctes`` holds the queries of CTEs by their names in lower case.
    """
    seen: set[str] = set()
    while True:
        if isinstance(node, (exp.Subquery, exp.Paren)):
            node = node.this
        elif isinstance(node, exp.Table):
            name = node.name.casefold()
            if node.db or name in seen or name not in ctes:
                return False
            seen.add(name)
            node = ctes[name]
        elif not isinstance(node, exp.Select):
            return False
        elif _gives_one_row(node):
            return True
        elif node.args.get("joins"):
            return False
        else:
            node = node.args["from_"].this


def _gives_one_row(select: exp.Select) -> bool:
    limit = select.args.get("limit")
    if limit is not None and limit.expression.name in ("0", "1"):
        return True
    return select.args.get("from_") is None or is_total(select)


def is_total(select: exp.Select) -> bool:
    """Whether a SELECT aggregates everything to one row."""
    if select.args.get("group"):
        return False
    return any(
        call.find_ancestor(exp.Select) is select and call.find_ancestor(exp.Window) is None
        for part in select.expressions
        for call in part.find_all(exp.AggFunc)
    )


def conditions(tree: exp.Expr) -> Iterator[exp.Expr]:
    """WHERE, HAVING, QUALIFY and the conditions of joins."""
    yield from tree.find_all(exp.Where, exp.Having, exp.Qualify)
    for join in tree.find_all(exp.Join):
        if join.args.get("on") is not None:
            yield join.args["on"]
        yield from (exp.column(name.name) for name in join.args.get("using") or ())


def conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """The parts of a condition that must all hold."""
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, exp.And):
            waiting += [part.expression, part.this]
        elif isinstance(part, exp.Paren):
            waiting.append(part.this)
        elif part is not None:
            yield part
