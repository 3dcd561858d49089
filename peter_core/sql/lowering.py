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
    _type_suffixes(tree)
    _spread_structs(tree)
    lower_pivots(tree)
    return replace(statement, tree=tree)


def _is_lowered(node: exp.Expr) -> bool:
    return isinstance(node, exp.Pivot | exp.Tuple) or _is_suffix(node) or _is_row_struct(node)


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
                fields = [
                    exp.PropertyEQ(this=exp.to_identifier(name), expression=value)
                    for name, value in zip(names, item.expressions, strict=True)
                ]
                item.replace(exp.Struct(expressions=fields))


def _field_names(struct: exp.Expr | None) -> list[str]:
    if not isinstance(struct, exp.Struct):
        return []
    named = [one for one in struct.expressions if isinstance(one, exp.PropertyEQ)]
    return [one.name for one in named] if len(named) == len(struct.expressions) else []
