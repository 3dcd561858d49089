"""Joins that repeat rows which are then summed: the fan trap, as far as a statement shows it.

Whether a key is unique is not in a statement. What is: the columns a subquery is grouped by, arrays
that are unnested beside the row they belong to, and sums over both sides of one join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from peter_core.sql.structure import (
    Place,
    conjuncts,
    cte_names,
    dotted,
    is_one_row,
    is_table,
    place_of,
    sources_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peter_core.sql.statement import Statement

Why = Literal["array", "grouped", "both", "larger"]


@dataclass(frozen=True, slots=True)
class Multiplication:
    """A join that repeats, or may repeat, the rows whose column is summed.

    ``summed`` is the column as written, ``joined`` what it is joined with. ``why``: ``array`` (its
    own array is unnested), ``grouped`` (the other side has several rows a key, by its GROUP BY),
    ``both`` (both sides are summed), ``larger`` (the other table has more rows).
    """

    summed: str
    joined: str
    why: Why
    place: Place | None


@dataclass(frozen=True, slots=True)
class _Source:
    """A FROM item at its place in FROM: what it is unique by, ``None`` where that is not told."""

    name: str
    place: int
    node: exp.Expr
    unique_by: frozenset[str] | None
    one_row: bool
    rows: int | None


def multiplications(statement: Statement, rows: Mapping[str, int]) -> tuple[Multiplication, ...]:
    """Where SUM adds the same row more than once, or may.

    Parameters
    ----------
    rows
        Table names as the statement writes them, to their rows, where they are known.
    """
    ctes = {cte.alias.casefold(): cte.this for cte in statement.tree.find_all(exp.CTE)}
    found: list[Multiplication] = []
    for select in statement.tree.find_all(exp.Select):
        if select.args.get("joins"):
            sources = _sources(statement, select, ctes, rows)
            found.extend(_of_select(statement, select, sources))
    return tuple(found)


def _of_select(
    statement: Statement, select: exp.Select, sources: dict[str, _Source]
) -> Iterator[Multiplication]:
    summed = _summed(select, frozenset(sources))
    if not summed:
        return
    equal = _equalities(select, frozenset(sources))
    for source in sources.values():
        for owner, column in summed.items():
            why = _why(sources[owner], source, summed, equal)
            if why is not None:
                place = place_of(statement, source.node)
                yield Multiplication(column, source.name, why, place)
                break


def _why(
    owner: _Source,
    other: _Source,
    summed: Mapping[str, str],
    equal: Mapping[str, frozenset[str] | None],
) -> Why | None:
    """Why the other source repeats the owner's rows; ``None`` where nothing says so."""
    mine, theirs = owner.name.casefold(), other.name.casefold()
    if mine == theirs or other.one_row:
        return None
    if (root := _array_of(other.node)) is not None:
        return "array" if root == mine and not equal.get(theirs, frozenset()) else None
    keys = equal.get(theirs)
    if not keys:
        return None
    if other.unique_by is not None:
        return None if other.unique_by <= keys else "grouped"
    # What is joined later and is smaller is looked up: seats of the plane of each flight.
    known = owner.rows is not None and other.rows is not None
    larger = known and (other.rows or 0) > (owner.rows or 0)
    if theirs in summed:
        first = owner.place < other.place
        return "both" if first and (larger or not known) else None
    return "larger" if larger and owner.place < other.place else None


def _sources(
    statement: Statement,
    select: exp.Select,
    ctes: dict[str, exp.Expr],
    rows: Mapping[str, int],
) -> dict[str, _Source]:
    names = cte_names(statement)
    found: dict[str, _Source] = {}
    for place, node in enumerate(sources_of(select)):
        name = node.alias_or_name
        if not name and isinstance(node, exp.Unnest):
            alias = node.args.get("alias")
            name = alias.columns[0].name if alias is not None and alias.columns else ""
        plain = is_table(node, names)
        query = _query(node, ctes)
        found[name.casefold()] = _Source(
            name=name,
            place=place,
            node=node,
            unique_by=_unique_by(query),
            one_row=not plain and not isinstance(node, exp.Unnest) and is_one_row(node, ctes),
            rows=rows.get(dotted(node)) if plain else None,
        )
    return found


def _query(node: exp.Expr, ctes: Mapping[str, exp.Expr]) -> exp.Expr | None:
    if isinstance(node, exp.Table):
        node = ctes.get(node.name.casefold(), node) if not node.db else node
    while isinstance(node, exp.Subquery):
        node = node.this
    return node


def _unique_by(query: exp.Expr | None) -> frozenset[str] | None:
    """Output names that are unique together; the empty set is never meant."""
    if not isinstance(query, exp.Select):
        return None
    outputs = {one.unalias().sql(): one.alias_or_name.casefold() for one in query.expressions}
    names = [one.alias_or_name.casefold() for one in query.expressions]
    if query.args.get("distinct"):
        return frozenset(names)
    group = query.args.get("group")
    if group is None or any(value for key, value in group.args.items() if key != "expressions"):
        return None
    keys = set()
    for item in group.expressions:
        if isinstance(item, exp.Literal) and item.name.isdigit():
            place = int(item.name) - 1
            key = names[place] if place < len(names) else None
        else:
            key = outputs.get(item.sql()) or (item.name.casefold() if item.name else None)
        if key is None or key not in names:
            return None
        keys.add(key)
    return frozenset(keys) or None


def _array_of(node: exp.Expr) -> str | None:
    """The source whose array is unnested: ``UNNEST(t.items)`` or ``t.items``."""
    if isinstance(node, exp.Unnest) and len(node.expressions) == 1:
        array = node.expressions[0]
        many = isinstance(array, exp.Column | exp.Dot)
        roots = [one.parts[0].name for one in array.find_all(exp.Column) if len(one.parts) > 1]
        return roots[0].casefold() if many and roots else ""
    return None


def _summed(select: exp.Select, names: frozenset[str]) -> dict[str, str]:
    """Source to the first of its columns that is summed alone; in the order of the text."""
    found: dict[str, str] = {}
    for item in select.expressions:
        for call in item.find_all(exp.Sum):
            if call.find_ancestor(exp.Select) is not select or _is_window(call):
                continue
            columns = list(call.find_all(exp.Column))
            owners = {one.parts[0].name.casefold() if len(one.parts) > 1 else "" for one in columns}
            plain = not call.find(exp.Distinct, exp.Query)
            if plain and len(owners) == 1 and owners <= names:
                found.setdefault(owners.pop(), columns[0].sql("bigquery"))
    return found


def _is_window(call: exp.Expr) -> bool:
    window = call.find_ancestor(exp.Window, exp.Select)
    return isinstance(window, exp.Window)


def _equalities(select: exp.Select, names: frozenset[str]) -> dict[str, frozenset[str] | None]:
    """The columns of each source that a condition sets equal to something.

    ``None`` for a source that another kind of condition of a join looks at: how many of its rows
    meet one row cannot be told then.
    """
    keys: dict[str, set[str]] = {name: set() for name in names}
    unknown: set[str] = set()
    where = select.args.get("where")
    tests = [(test, False) for test in conjuncts(where.this if where is not None else None)]
    for join in select.args.get("joins") or ():
        tests += [(test, True) for test in conjuncts(join.args.get("on"))]
        for shared in join.args.get("using") or ():
            for name in names:
                keys[name].add(shared.name.casefold())
    for test, joins in tests:
        sides = (test.this, test.expression) if isinstance(test, exp.EQ) else ()
        owned = [_owner(side, names) for side in sides]
        for side, owner in zip(sides, owned, strict=True):
            if owner is not None:
                keys[owner].add(side.name.casefold())
        if joins and not any(owned):
            unknown |= {one.parts[0].name.casefold() for one in test.find_all(exp.Column)}
    return {name: None if name in unknown else frozenset(keys[name]) for name in names}


def _owner(side: exp.Expr, names: frozenset[str]) -> str | None:
    if isinstance(side, exp.Dot):
        return next(
            (name for one in side.find_all(exp.Column) if (name := one.parts[0].name.casefold())
             in names), None,
        )  # fmt: skip
    if not isinstance(side, exp.Column) or len(side.parts) < 2:
        return None
    name = side.parts[0].name.casefold()
    return name if name in names else None
