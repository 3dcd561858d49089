"""A typed BigQuery tree turned into one that DuckDB reads with the same meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.aggregates import AGGREGATE_RULES
from peter_core.sql.duckdb_nodes import Untranslatable
from peter_core.sql.guard import function_name
from peter_core.sql.scalars import SCALAR_RULES
from peter_core.sql.support import NOT_IN_DUCKDB, PSEUDO_COLUMNS, UNSUPPORTED_NODES
from peter_core.sql.temporal import TEMPORAL_RULES
from peter_core.sql.time_values import TIME_VALUE_RULES
from peter_core.sql.trees import nodes_of
from peter_core.sql.unnests import rewrite_unnests
from peter_core.sql.wildcards import expand_wildcards
from peter_core.sql.worker_calls import WORKER_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peter_core.sql.schema import SchemaMapping

    Rule = Callable[[exp.Expr], exp.Expr | None]

RULES: dict[type[exp.Expr], Rule] = {
    **SCALAR_RULES,
    **AGGREGATE_RULES,
    **TEMPORAL_RULES,
    **TIME_VALUE_RULES,
    **WORKER_RULES,
}


_LISTS = (exp.Query, exp.Unnest, exp.Subquery, exp.Paren)


def rewrite(tree: exp.Expr, names: Sequence[str], schema: SchemaMapping) -> exp.Expr:
    """Rewrite a typed tree in place, innermost parts first.

    Parameters
    ----------
    tree
        Qualified and typed; consumed.
    names
        The result's column names as the author spelled them.
    schema
        The tables there are, for those that are named by a wildcard.

    Raises
    ------
    Untranslatable
        With every part that has no DuckDB counterpart.
    """
    _refuse_unsupported(tree)
    _spell_names(tree, names)
    _expand_group_aliases(tree)
    expand_wildcards(tree, schema)
    rewrite_unnests(tree)
    found: list[tuple[exp.Expr, str]] = []
    for node in reversed(nodes_of(tree)):
        if isinstance(node, exp.Table):
            _drop_project(node)
        rule = RULES.get(type(node))
        if rule is None:
            continue
        try:
            made = rule(node)
        except Untranslatable as error:
            found.extend(error.found)
            continue
        if made is None or made is node:
            continue
        if made.type is None:
            made.type = node.type
        if node is tree:
            tree = made
        else:
            node.replace(made)
    if found:
        raise Untranslatable(found)
    return tree


def _refuse_unsupported(tree: exp.Expr) -> None:
    found: list[tuple[exp.Expr, str]] = []
    for node in nodes_of(tree):
        if isinstance(node, exp.Version):
            found.append((node.parent or node, "FOR SYSTEM_TIME AS OF"))
        elif isinstance(node, exp.Column) and node.name.lower() in PSEUDO_COLUMNS:
            found.append((node, node.name.upper()))
        elif isinstance(node, exp.TableSample):
            found.append((node.parent or node, "TABLESAMPLE"))
        elif isinstance(node, exp.Func):
            name = function_name(node)
            if name is None and type(node) in UNSUPPORTED_NODES:
                name = node.sql_name()
            if name and name in NOT_IN_DUCKDB:
                found.append((node, name))
        elif isinstance(node, exp.SetOperation) and _is_by_name(node):
            found.append((node.expression, "A set operation BY NAME of this kind"))
        elif isinstance(node, exp.Any | exp.All) and isinstance(node.this, _LISTS):
            if isinstance(node.parent, exp.Like | exp.ILike):
                found.append((node.parent, "LIKE with a list that is computed"))
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
            found.append((node, ".".join(p.name for p in node.flatten() if p.name).upper()))
    if found:
        raise Untranslatable(found)


def _is_by_name(node: exp.SetOperation) -> bool:
    """Matched by name, and not the one kind that both sides have: UNION ALL BY NAME."""
    if not node.args.get("by_name"):
        return False
    plain = isinstance(node, exp.Union) and not node.args.get("on")
    return not plain or bool(node.args.get("side") or node.args.get("kind"))


def _drop_project(node: exp.Table) -> None:
    if node.args.get("db"):
        node.set("catalog", None)
        if node.meta_get("bare"):
            node.set("db", None)


def _expand_group_aliases(tree: exp.Expr) -> None:
    """GROUP BY an output name: BigQuery means the output, DuckDB finds two columns ambiguous."""
    for group in tree.find_all(exp.Group):
        select = group.parent
        if not isinstance(select, exp.Select):
            continue
        outputs = {
            one.alias.lower(): one.this for one in select.expressions if isinstance(one, exp.Alias)
        }
        for item in list(group.expressions):
            bare = isinstance(item, exp.Column) and not item.table
            if bare and item.name.lower() in outputs:
                item.replace(outputs[item.name.lower()].copy())
            elif item.find(exp.Query) is not None:
                _group_by_place(item, select)


def _group_by_place(item: exp.Expr, select: exp.Select) -> None:
    """DuckDB finds two subqueries of the same words unlike; their place in the output is not."""
    wanted = _without_tables(item)
    for place, output in enumerate(select.expressions, 1):
        if isinstance(output, exp.Alias) and _without_tables(output.this) == wanted:
            item.replace(exp.Literal.number(place))
            return


def _without_tables(node: exp.Expr) -> exp.Expr:
    """Qualifying leaves a few columns of a GROUP BY without their table."""
    bare = node.copy()
    for column in bare.find_all(exp.Column):
        column.set("table", None)
    return bare


def _spell_names(tree: exp.Expr, names: Sequence[str]) -> None:
    """Give the outermost columns their own spelling: qualifying made them lower case."""
    query: exp.Expr = tree
    while isinstance(query, exp.Subquery | exp.SetOperation) and isinstance(query.this, exp.Query):
        query = query.this
    if not isinstance(query, exp.Select) or len(query.expressions) != len(names):
        return
    for item, name in zip(list(query.expressions), names, strict=True):
        if isinstance(item, exp.Star) or item.is_star:
            continue
        identifier = exp.to_identifier(name, quoted=True)
        if isinstance(item, exp.Alias):
            item.set("alias", identifier)
        elif isinstance(item, exp.Subquery) and item.alias:
            item.set("alias", exp.TableAlias(this=identifier))
        else:
            made = exp.Alias(this=item.copy(), alias=identifier)
            made.type = item.type
            item.replace(made)
