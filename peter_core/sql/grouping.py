"""What GROUP BY asks of a query: every column grouped or aggregated, every aggregate in its place.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#group_by_clause
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.guard import function_name
from peter_core.sql.outputs import output_name
from peter_core.sql.trees import children_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from peter_core.sql.relations import Field, Scope

    Fault: TypeAlias = tuple[exp.Expr, str, str, str | None]
    Path: TypeAlias = tuple[str, ...]

NOT_GROUPED = "not-grouped"
AGGREGATE = "aggregate-not-allowed"
WINDOW = "window-not-allowed"

# The parser counts these among the aggregates; BigQuery has them with OVER only.
_WINDOW_ONLY = (
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile, exp.PercentRank, exp.CumeDist, exp.Lag,
    exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.PercentileCont, exp.PercentileDisc,
)  # fmt: skip
_AGGREGATE_NAMES = frozenset(
    """
    APPROX_TOP_COUNT APPROX_TOP_SUM APPROX_QUANTILES APPROX_COUNT_DISTINCT ARRAY_CONCAT_AGG BIT_AND
    BIT_OR BIT_XOR LOGICAL_AND LOGICAL_OR COUNTIF STRING_AGG ARRAY_AGG MAX_BY MIN_BY VAR_POP
    VAR_SAMP VARIANCE STDDEV STDDEV_POP STDDEV_SAMP COVAR_POP COVAR_SAMP CORR ST_CENTROID_AGG
    ST_UNION_AGG ST_EXTENT
    """.split()  # noqa: SIM905 - a list of words reads better
)
_SKETCHES = frozenset({"INIT", "MERGE", "MERGE_PARTIAL"})
_AROUND = (exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)


def grouping_faults(node: exp.Select, scope: Scope, fields: Iterable[Field]) -> Iterator[Fault]:
    """The faults of one SELECT: place, rule, message and hint of each.

    Parameters
    ----------
    node
        The SELECT, whose names are known to exist.
    scope
        Its FROM items, and its output columns as aliases.
    fields
        Its output columns, stars expanded.
    """
    try:
        misplaced = list(_misplaced(node, scope))
        yield from misplaced
        if not misplaced:
            yield from _Grouping(node, scope).faults()
    except RecursionError:
        # Too deep to be compared; what is not known to be wrong is right.
        return


def is_aggregate(node: exp.Expr) -> bool:
    """Whether the node is a call of an aggregate function that is not one over a window."""
    if isinstance(node, _WINDOW_ONLY):
        return False
    if not isinstance(node, exp.AggFunc):
        name = function_name(node) if isinstance(node, exp.Func) else None
        dotted = isinstance(node.parent, exp.Dot) and name in _SKETCHES
        if not dotted and name not in _AGGREGATE_NAMES:
            return False
    outer = node
    while isinstance(outer.parent, (*_AROUND, exp.Dot, exp.SafeFunc)):
        outer = outer.parent
    return not (isinstance(outer.parent, exp.Window) and outer.arg_key == "this")


def _within(root: exp.Expr | None, *, windows: bool = True) -> Iterator[exp.Expr]:
    """The nodes of one query level: subqueries are closed."""
    stack = [root] if root is not None else []
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, exp.Query) or (not windows and isinstance(node, exp.Window)):
            continue
        stack += reversed(children_of(node))


# Misplaced calls ---------------------------------------------------------------------------------


def _misplaced(node: exp.Select, scope: Scope) -> Iterator[Fault]:
    places: list[tuple[str, exp.Expr | None]] = [("WHERE", node.args.get("where"))]
    for join in node.args.get("joins") or ():
        places.append(("JOIN … ON", join.args.get("on")))
    group = node.args.get("group")
    places.append(("GROUP BY", group))
    # A name that is also a column's may mean the column.
    taken = {one.key for relation in scope.sources.values() for one in relation.fields}
    if any(relation.open for relation in scope.sources.values()):
        taken |= {output_name(item).lower() for item in node.expressions}
    places.extend(("GROUP BY", item) for item in _grouped_items(node, group, taken))
    for clause, root in places:
        yield from _not_here(clause, root)
    for part in _within(node.args.get("having")):
        if isinstance(part, exp.Window):
            yield part, WINDOW, "A window function cannot stand in HAVING.", "Use QUALIFY."
            return
    for root in (*node.expressions, *(node.args.get(key) for key in ("having", "order"))):
        yield from _nested(root)


def _not_here(clause: str, root: exp.Expr | None) -> Iterator[Fault]:
    for part in _within(root):
        if isinstance(part, exp.Window):
            message = f"A window function cannot stand in {clause}."
            yield (
                part,
                WINDOW,
                message,
                "Use QUALIFY, or a subquery." if clause == "WHERE" else None,
            )
            return
        if is_aggregate(part):
            message = f"{_called(part)} is an aggregate and cannot stand in {clause}."
            yield part, AGGREGATE, message, "Use HAVING." if clause == "WHERE" else None
            return


def _nested(root: exp.Expr | None) -> Iterator[Fault]:
    for part in _within(root):
        if not is_aggregate(part):
            continue
        for inner in (one for child in part.iter_expressions() for one in _within(child)):
            if is_aggregate(inner) and not isinstance(inner, exp.Grouping):
                message = f"{_called(inner)} is an aggregate inside of {_called(part)}."
                yield inner, AGGREGATE, message, "Aggregate in a subquery first."
                return
            if isinstance(inner, exp.Window):
                message = f"A window function cannot stand inside of {_called(part)}."
                yield inner, WINDOW, message, "Compute it in a subquery first."
                return


def _called(node: exp.Expr) -> str:
    name = function_name(node) if isinstance(node, exp.Func) else None
    if name:
        return name
    if isinstance(node, exp.GroupConcat):
        return "STRING_AGG"
    return str(node.sql_name()) if isinstance(node, exp.Func) else "It"


# Groups ------------------------------------------------------------------------------------------


def _group_expressions(group: exp.Expr | None) -> list[exp.Expr]:
    """The expressions of GROUP BY, those of ROLLUP, CUBE and GROUPING SETS among them."""
    if group is None:
        return []
    found: list[exp.Expr] = []
    stack = list(group.iter_expressions(reverse=True))
    while stack:
        one = stack.pop()
        if isinstance(one, exp.Rollup | exp.Cube | exp.GroupingSets | exp.Tuple | exp.Paren):
            stack.extend(one.iter_expressions(reverse=True))
        else:
            found.append(one)
    return found


def _ordinal(node: exp.Expr) -> int | None:
    is_number = isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit()
    return int(node.this) if is_number else None


def _alias_of(node: exp.Expr) -> str | None:
    """The name when it is a single one, which may be that of an output column."""
    is_name = isinstance(node, exp.Column) and len(node.parts) == 1
    return node.name.lower() if is_name and not isinstance(node.this, exp.Star) else None


def _has_star(node: exp.Select) -> bool:
    return any(one.is_star for one in node.expressions)


def _grouped_items(
    node: exp.Select, group: exp.Expr | None, taken: Iterable[str] = ()
) -> Iterator[exp.Expr]:
    """The items of the SELECT list that GROUP BY names by number, or by a name not taken."""
    items = node.expressions
    by_name = {output_name(one).lower(): one for one in items}
    for one in _group_expressions(group):
        number, name = _ordinal(one), _alias_of(one)
        if number is not None and not _has_star(node) and 0 < number <= len(items):
            yield items[number - 1].unalias()
        elif name is not None and name in by_name and name not in taken:
            yield by_name[name].unalias()


@dataclass(slots=True)
class _Grouping:
    """The groups of one SELECT."""

    node: exp.Select
    scope: Scope
    paths: set[Path] = field(default_factory=set)
    keys: set[object] = field(default_factory=set)
    kinds: set[type[exp.Expr]] = field(default_factory=set)

    def faults(self) -> Iterator[Fault]:
        group = self.node.args.get("group")
        if group is not None and group.args.get("all"):
            return
        clauses = [self.node.args.get(key) for key in ("having", "qualify", "order")]
        if group is None and not self._aggregates([*self.node.expressions, clauses[0], clauses[2]]):
            if clauses[0] is not None:
                message = "HAVING needs a GROUP BY or an aggregate."
                yield clauses[0], NOT_GROUPED, message, "Use WHERE for a condition on rows."
            elif self.node.args.get("distinct") and not _has_star(self.node):
                yield from self._ordered_distinct(clauses[2])
            return
        for one in (*_group_expressions(group), *_grouped_items(self.node, group)):
            self._add(one)
        seen: set[str] = set()
        for item in self.node.expressions:
            yield from self._once(self._stars(item) if item.is_star else self._loose(item), seen)
        windows = self.node.args.get("windows") or ()
        for clause in (*clauses, *windows):
            yield from self._once(self._loose(clause, aliases=True), seen)

    def _ordered_distinct(self, order: exp.Expr | None) -> Iterator[Fault]:
        for item in self.node.expressions:
            self._add(item.unalias())
        for column in self._loose(order, aliases=True):
            name = ".".join(part.name for part in _parts(column))
            message = f"`{name}` is not among the columns of SELECT DISTINCT, so it gives no order."
            yield column, NOT_GROUPED, message, "Select it too, or use GROUP BY."
            return

    def _once(self, columns: Iterable[exp.Expr], seen: set[str]) -> Iterator[Fault]:
        for column in columns:
            name = ".".join(part.name for part in _parts(column)) or "*"
            if name.lower() in seen:
                continue
            seen.add(name.lower())
            if isinstance(column, exp.Star) or column.is_star:
                message = "The star has columns that are neither grouped nor aggregated."
                yield column, NOT_GROUPED, message, "Name the columns you need."
            else:
                message = f"`{name}` is neither grouped nor aggregated."
                hint = f"Add it to GROUP BY, or take one of its values with ANY_VALUE({name})."
                yield column, NOT_GROUPED, message, hint

    def _aggregates(self, roots: list[exp.Expr | None]) -> bool:
        return any(is_aggregate(part) for root in roots for part in _within(root))

    def _add(self, one: exp.Expr) -> None:
        while isinstance(one, exp.Paren):
            one = one.this
        path = self._path(one) if isinstance(one, exp.Column) else None
        if path is not None:
            self.paths.add(path)
        else:
            self.keys.add(self._key(one))
            self.kinds.add(type(one))

    def _stars(self, item: exp.Expr) -> Iterator[exp.Expr]:
        """The star itself, when a column it stands for is not grouped."""
        star = item if isinstance(item, exp.Star) else item.this
        if not isinstance(item, exp.Star) or star.args.get("replace"):
            return
        dropped = {name.name.lower() for name in star.args.get("except_") or ()}
        for alias, relation in self.scope.sources.items():
            if relation.open or relation.element is not None or alias.startswith("\x00"):
                return
            for one in relation.fields:
                path = ("" if one.key in self.scope.using else alias, one.key)
                if one.key not in dropped and not self._is_grouped(path):
                    yield item
                    return

    def _loose(self, root: exp.Expr | None, *, aliases: bool = False) -> Iterator[exp.Expr]:
        """The columns of an expression that are neither grouped nor aggregated."""
        stack = [root] if root is not None else []
        while stack:
            node = stack.pop()
            if type(node) in self.kinds and self._key(node) in self.keys:
                continue
            if is_aggregate(node):
                continue
            if isinstance(node, exp.Query):
                yield from self._correlated(node)
                continue
            if isinstance(node, exp.Column):
                name = _alias_of(node)
                if aliases and name is not None and name in self.scope.aliases:
                    continue
                path = self._path(node)
                if path is not None and not self._is_grouped(path):
                    yield node
                continue
            if isinstance(node, exp.PropertyEQ | exp.Kwarg):
                stack.append(node.expression)
                continue
            stack += reversed(children_of(node))

    def _correlated(self, query: exp.Query) -> Iterator[exp.Expr]:
        """The columns of a subquery that it takes, by their table's alias, from this SELECT."""
        if self.keys:
            return
        own = {
            str(one.alias_or_name).lower()
            for one in query.find_all(exp.Table, exp.Subquery, exp.Unnest, exp.CTE, exp.TableAlias)
        }
        own |= {name.name.lower() for one in query.find_all(exp.TableAlias) for name in one.columns}
        for column in query.find_all(exp.Column):
            parts = _parts(column)
            if len(parts) < 2 or parts[0].name.lower() in own:
                continue
            path = self._path(column) if parts[0].name.lower() in self.scope.sources else None
            if path is not None and not self._is_grouped(path):
                yield column

    def _is_grouped(self, path: Path) -> bool:
        return any(path[:count] in self.paths for count in range(1, len(path) + 1))

    def _path(self, column: exp.Expr) -> Path | None:
        """The FROM item, the column and the fields; ``None`` for what comes from elsewhere."""
        parts = [part.name.lower() for part in _parts(column)]
        if not parts or column.is_star:
            return None
        sources = self.scope.sources
        if len(parts) > 1 and parts[0] in sources:
            return ("" if parts[1] in self.scope.using else parts[0], *parts[1:])
        owners = [alias for alias, one in sources.items() if one.find(parts[0]) is not None]
        if parts[0] in self.scope.using:
            return ("", *parts)
        if len(owners) == 1:
            return (owners[0], *parts)
        if owners or parts[0] in sources:
            return None
        open_ = [alias for alias, one in sources.items() if one.open]
        return (open_[0], *parts) if len(open_) == len(sources) == 1 else None

    def _key(self, node: exp.Expr) -> object:
        """What is the same for two expressions that mean the same."""
        if isinstance(node, exp.Paren):
            return self._key(node.this)
        if isinstance(node, exp.Column):
            path = self._path(node)
            return path if path is not None else tuple(p.name.lower() for p in _parts(node))
        if isinstance(node, exp.Identifier | exp.Var):
            return node.name.lower()
        parts: list[object] = [type(node)]
        for key, value in sorted(node.args.items()):
            if isinstance(value, list):
                parts.append((key, *(self._part(one) for one in value)))
            elif value not in (None, False):
                parts.append((key, self._part(value)))
        return tuple(parts)

    def _part(self, value: object) -> object:
        return self._key(value) if isinstance(value, exp.Expr) else value


def _parts(column: exp.Expr) -> list[exp.Expr]:
    return list(column.parts) if isinstance(column, exp.Column) else []
