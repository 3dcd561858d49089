"""What a reviewer sees in a statement without running it: facts with their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.structure import (
    Place,
    aliases_of,
    conditions,
    conjuncts,
    cte_names,
    dotted,
    enclosing,
    first_select,
    is_one_row,
    is_outermost,
    is_star,
    is_table,
    is_total,
    keyword_place,
    place_of,
    root_of,
    tables_of,
)

if TYPE_CHECKING:
    from peter_core.sql.statement import Statement

_PSEUDO_PARTITIONS = frozenset({"_partitiontime", "_partitiondate"})
_LITERALS = (exp.Literal, exp.Null, exp.Boolean, exp.Parameter, exp.Placeholder)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing seen: what it is called (a CTE, a table), where, and whether it is at the top."""

    name: str
    place: Place | None
    outermost: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """An output column: ``fixed`` when the statement itself gives it one value."""

    name: str
    place: Place | None
    fixed: bool


@dataclass(frozen=True, slots=True)
class RowLimit:
    """The outermost LIMIT.

    ``ordered`` is whether an ORDER BY says which rows stay, ``single`` whether the statement gives
    one row whatever the limit.
    """

    rows: int
    ordered: bool
    single: bool
    place: Place | None


def stars(statement: Statement) -> tuple[Remark, ...]:
    """Each ``*`` and ``t.*`` over a table, as opposed to one over a CTE or a subquery.

    ``COUNT(*)`` and ``EXISTS (SELECT * …)`` read no columns and are left out.
    """
    found = []
    for select in statement.tree.find_all(exp.Select):
        if isinstance(select.parent, exp.Exists):
            continue
        tables = tables_of(select, cte_names(statement))
        for expression in select.expressions:
            if is_star(expression) and (covered := _covered(expression, tables)):
                place = place_of(statement, expression)
                found.append(Remark(covered, place, is_outermost(select)))
    return tuple(found)


def unused_ctes(statement: Statement) -> tuple[Remark, ...]:
    """CTEs that nothing reads; one that only reads itself is unused too."""
    found = []
    for cte in statement.tree.find_all(exp.CTE):
        name = cte.alias
        owner = cte.parent.parent if cte.parent else None
        # A pipe statement is parsed into CTEs that nobody wrote.
        if owner is None or name.startswith("__tmp"):
            continue
        inside = {id(node) for node in cte.walk()}
        readers = (
            table
            for table in owner.find_all(exp.Table)
            if not table.db and table.name.casefold() == name.casefold() and id(table) not in inside
        )
        if next(readers, None) is None:
            found.append(Remark(name, place_of(statement, cte.args.get("alias") or cte)))
    return tuple(found)


def needless_orders(statement: Statement) -> tuple[Place | None, ...]:
    """ORDER BY of a CTE or a subquery without LIMIT: its order reaches nobody.

    The order inside ``ARRAY(SELECT …)`` and in aggregates and windows counts.
    """
    found = []
    for query in statement.tree.find_all(exp.Query):
        order = query.args.get("order")
        if order is None or query.args.get("limit") or query.args.get("offset"):
            continue
        if not _is_root(query) and not isinstance(enclosing(query), exp.Array):
            found.append(keyword_place(statement, order, "order"))
    return tuple(found)


def row_limit(statement: Statement) -> RowLimit | None:
    """The outermost LIMIT where it is a number."""
    root = root_of(statement)
    limit = root.args.get("limit")
    rows = limit.expression if limit is not None else None
    if limit is None or not isinstance(rows, exp.Literal) or not rows.name.isdigit():
        return None
    return RowLimit(
        rows=int(rows.name),
        ordered=root.args.get("order") is not None,
        single=isinstance(root, exp.Select) and (not root.args.get("from_") or is_total(root)),
        place=keyword_place(statement, limit, "limit"),
    )


def outputs(statement: Statement) -> dict[str, Output]:
    """The named output columns by their name in lower case; those of a ``*`` are not told."""
    select = first_select(root_of(statement))
    pinned = _pinned(select) if select is not None else frozenset()
    found: dict[str, Output] = {}
    for expression in select.expressions if select is not None else ():
        name = expression.alias_or_name
        if not name or is_star(expression):
            continue
        inner = expression.unalias()
        computed = inner.find(exp.Column, exp.AggFunc, exp.Query, exp.Window)
        fixed = computed is None or (isinstance(inner, exp.Column)
                                     and inner.name.casefold() in pinned)  # fmt: skip
        found[name.casefold()] = Output(name, place_of(statement, expression), fixed)
    return found


def loose_joins(statement: Statement) -> tuple[Remark, ...]:
    """Joins that no condition ties to the other side: each row meets each row.

    UNNEST, arrays of a joined table and subqueries of one row are meant to be joined so.
    """
    found = []
    ctes = {cte.alias.casefold(): cte.this for cte in statement.tree.find_all(exp.CTE)}
    for select in statement.tree.find_all(exp.Select):
        source = select.args.get("from_")
        many = source is not None and not _is_small(source.this, select, ctes)
        for join in select.args.get("joins") or ():
            if _is_small(join.this, select, ctes):
                continue
            if many and not _is_tied(join, select):
                found.append(Remark(join.this.alias_or_name, place_of(statement, join.this)))
            many = True
    return tuple(found)


def joined_tables(statement: Statement) -> tuple[str, ...]:
    """The tables of a plain join at the top: no grouping, no subquery, no UNNEST; else empty.

    Such a statement gives more rows than its largest table only where keys meet several times.
    """
    root = root_of(statement)
    if not isinstance(root, exp.Select) or not root.args.get("joins"):
        return ()
    if any(root.args.get(part) for part in ("group", "distinct", "laterals", "limit")):
        return ()
    sources = [root.args["from_"].this, *(join.this for join in root.args["joins"])]
    ctes = cte_names(statement)
    if any(not is_table(source, ctes) for source in sources):
        return ()
    if is_total(root):
        return ()
    return tuple(dotted(source) for source in sources)


def filters_on(statement: Statement, table: str, column: str) -> bool:
    """Whether some condition of the statement looks at a column of a table.

    A condition counts unless its column is plainly one of another table; ``_PARTITIONTIME`` and
    ``_PARTITIONDATE`` count for every table.
    """
    wanted = {column.casefold(), *_PSEUDO_PARTITIONS}
    ctes = cte_names(statement)
    for condition in conditions(statement.tree):
        for found in condition.find_all(exp.Column):
            if found.name.casefold() in wanted:
                owner = _owner(found, ctes)
                if owner is None or same_table(owner, table):
                    return True
    return False


def table_place(statement: Statement, table: str) -> Place | None:
    """Where a table is named first."""
    ctes = cte_names(statement)
    for node in statement.tree.find_all(exp.Table):
        if is_table(node, ctes) and same_table(dotted(node), table):
            return place_of(statement, node)
    return None


def same_table(written: str, id: str) -> bool:
    """Whether a name of one, two or three parts may mean the table of an id."""
    return id == written or id.endswith(f".{written}")


def _is_root(query: exp.Expr) -> bool:
    return enclosing(query) is None


def _covered(star: exp.Expr, tables: dict[str, str]) -> str:
    if isinstance(star, exp.Column):
        return tables.get(star.table.casefold(), "")
    return ", ".join(tables.values())


def _owner(column: exp.Column, ctes: frozenset[str]) -> str | None:
    """The table a qualified column belongs to; ``None`` when that cannot be told at a glance."""
    select = column.find_ancestor(exp.Select)
    if not column.table or select is None:
        return None
    return tables_of(select, ctes).get(column.table.casefold())


def _pinned(select: exp.Select) -> frozenset[str]:
    """Columns that WHERE sets equal to one value."""
    where = select.args.get("where")
    names: set[str] = set()
    for equal in where.find_all(exp.EQ) if where is not None else ():
        sides = (equal.this, equal.expression)
        if any(isinstance(side, _LITERALS) for side in sides):
            names.update(side.name.casefold() for side in sides if isinstance(side, exp.Column))
    return frozenset(names)


def _is_small(source: exp.Expr, select: exp.Select, ctes: dict[str, exp.Expr]) -> bool:
    """Whether joining it without a condition is meant: arrays, and sources of one row."""
    if isinstance(source, (exp.Unnest, exp.Lateral)):
        return True
    if isinstance(source, exp.Table) and source.db:
        return source.parts[0].name.casefold() in aliases_of(select)
    return is_one_row(source, ctes)


def _is_tied(join: exp.Join, select: exp.Select) -> bool:
    """Whether ON, USING or WHERE relates the joined source to another one."""
    if join.args.get("using") or join.args.get("method"):
        return True
    name, aliases = join.this.alias_or_name.casefold(), aliases_of(select)
    on = join.args.get("on")
    where = select.args.get("where")
    return any(
        _relates(test, name, aliases)
        for condition in (on, where.this if where is not None else None)
        for test in conjuncts(condition)
    )


def _relates(test: exp.Expr, name: str, aliases: frozenset[str]) -> bool:
    # A qualifier that is no alias is a struct column, which may belong to either side.
    owners = [
        column.parts[0].name.casefold() if len(column.parts) > 1 else ""
        for column in test.find_all(exp.Column)
    ]
    known = {owner if owner in aliases else "" for owner in owners}
    if len(known) > 1:
        return name in known or "" in known
    return known == {""} and len(owners) > 1
