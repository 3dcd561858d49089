"""A statement in plainer BigQuery SQL with the same meaning, before it is typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.pivots import lower_pivots
from peter_core.sql.trees import copy_of, nodes_of

if TYPE_CHECKING:
    from peter_core.sql.statement import Statement


def lowered(statement: Statement) -> Statement:
    """The statement with PIVOTs as aggregations and struct tuples with names.

    The text stays: problems are placed in what the author wrote. The tree is a copy where it
    differs.

    Raises
    ------
    Untranslatable
        A PIVOT or UNPIVOT whose meaning cannot be kept.
    """
    if not any(_is_lowered(node) for node in nodes_of(statement.tree)):
        return statement
    tree = copy_of(statement.tree)
    _name_tuples(tree)
    _name_branches(tree)
    _type_suffixes(tree)
    _spread_structs(tree)
    lower_pivots(tree)
    return replace(statement, tree=tree)


def _is_lowered(node: exp.Expr) -> bool:
    if isinstance(node, exp.Pivot | exp.Tuple | exp.SetOperation):
        return True
    return _is_suffix(node) or _is_row_struct(node)


def _is_row_struct(node: exp.Expr) -> bool:
    """``SELECT AS STRUCT`` whose rows are read as a table: the fields are its columns."""
    if not isinstance(node, exp.Select) or node.args.get("kind") != "STRUCT":
        return False
    around = node.parent
    if isinstance(around, exp.Subquery):
        return isinstance(around.parent, exp.From | exp.Join)
    return around is None or isinstance(around, exp.CTE)


def _spread_structs(tree: exp.Expr) -> None:
    for select in tree.find_all(exp.Select):
        if _is_row_struct(select):
            select.set("kind", None)


def _is_suffix(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() == "_table_suffix"


def _type_suffixes(tree: exp.Expr) -> None:
    """``_TABLE_SUFFIX`` is in no schema; a cast says that it is a text."""
    for column in list(tree.find_all(exp.Column)):
        if not _is_suffix(column):
            continue
        cast: exp.Expr = exp.Cast(this=column.copy(), to=exp.DataType.build("STRING", "bigquery"))
        if isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
            cast = exp.alias_(cast, column.name)
        column.replace(cast)


def _name_tuples(tree: exp.Expr) -> None:
    """``[STRUCT(1 AS a), (2)]``: the tuples of an array have the fields of its first struct."""
    for array in tree.find_all(exp.Array):
        first, *others = array.expressions or [None]
        names = _field_names(first)
        if not names:
            continue
        for item in others:
            if isinstance(item, exp.Tuple) and len(item.expressions) == len(names):
                item.replace(_named(names, item.expressions))


def _name_branches(tree: exp.Expr) -> None:
    """Structs of a set operation meet by their places; DuckDB would match their names."""
    for node in tree.find_all(exp.SetOperation):
        first: exp.Expr = node
        while isinstance(first, exp.SetOperation):
            first = first.this
        other = node.expression
        if not isinstance(first, exp.Select) or not isinstance(other, exp.Select):
            continue
        if len(first.expressions) != len(other.expressions):
            continue
        if first.args.get("kind") == other.args.get("kind") == "STRUCT":
            _alias_alike(first, other)
        else:
            _name_alike(first, other)


def _alias_alike(first: exp.Select, other: exp.Select) -> None:
    """``SELECT AS STRUCT 1, 2``: fields have no names, or those of the first query."""
    for place, (mine, theirs) in enumerate(zip(first.expressions, other.expressions, strict=True)):
        if mine.is_star or theirs.is_star:
            return
        name = mine.alias_or_name or str(place + 1)
        for item in (mine, theirs):
            if item.alias != name:
                item.replace(exp.alias_(item.unalias().copy(), name, quoted=True))


def _name_alike(first: exp.Select, other: exp.Select) -> None:
    for mine, theirs in zip(first.expressions, other.expressions, strict=True):
        names, struct = _field_names(mine.unalias()), theirs.unalias()
        if not names or not isinstance(struct, exp.Struct | exp.Tuple):
            continue
        if len(struct.expressions) == len(names):
            struct.replace(_named(names, struct.expressions))


def _named(names: list[str], values: list[exp.Expr]) -> exp.Struct:
    bare = [one.expression if isinstance(one, exp.PropertyEQ) else one for one in values]
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(name), expression=value.unalias())
        for name, value in zip(names, bare, strict=True)
    ]
    return exp.Struct(expressions=fields)


def _field_names(struct: exp.Expr | None) -> list[str]:
    if not isinstance(struct, exp.Struct):
        return []
    named = [one for one in struct.expressions if isinstance(one, exp.PropertyEQ)]
    return [one.name for one in named] if len(named) == len(struct.expressions) else []
