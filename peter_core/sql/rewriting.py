"""A typed BigQuery tree turned into one that DuckDB reads with the same meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.aggregates import AGGREGATE_RULES
from peter_core.sql.duckdb_nodes import Untranslatable
from peter_core.sql.guard import function_name
from peter_core.sql.scalars import SCALAR_RULES
from peter_core.sql.support import NOT_IN_DUCKDB
from peter_core.sql.tables import is_named_table, table_name
from peter_core.sql.temporal import TEMPORAL_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Rule = Callable[[exp.Expr], exp.Expr | None]

RULES: dict[type[exp.Expr], Rule] = {**SCALAR_RULES, **AGGREGATE_RULES, **TEMPORAL_RULES}


def rewrite(tree: exp.Expr, names: Sequence[str]) -> exp.Expr:
    """Rewrite a typed tree in place, innermost parts first.

    Parameters
    ----------
    tree
        Qualified and typed; consumed.
    names
        The result's column names as the author spelled them.

    Raises
    ------
    Untranslatable
        With every part that has no DuckDB counterpart.
    """
    _refuse_unsupported(tree)
    _spell_names(tree, names)
    found: list[tuple[exp.Expr, str]] = []
    for node in reversed(list(tree.walk())):
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
    for node in tree.walk():
        if isinstance(node, exp.Version):
            found.append((node.parent or node, "FOR SYSTEM_TIME AS OF"))
        elif isinstance(node, exp.Table) and is_named_table(node) and "*" in node.name:
            found.append((node, f"The wildcard table `{table_name(node)}`"))
        elif isinstance(node, exp.Func):
            name = function_name(node)
            if name and name in NOT_IN_DUCKDB:
                found.append((node, name))
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
            found.append((node, ".".join(p.name for p in node.flatten() if p.name).upper()))
    if found:
        raise Untranslatable(found)


def _drop_project(node: exp.Table) -> None:
    if node.args.get("db"):
        node.set("catalog", None)


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
        else:
            made = exp.Alias(this=item.copy(), alias=identifier)
            made.type = item.type
            item.replace(made)
