"""UNNEST in a FROM clause: rows of an array with their offset from 0, as a lateral subquery."""

from __future__ import annotations

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, number


def rewrite_unnests(tree: exp.Expr) -> None:
    """Replace every UNNEST that stands as a table.

    DuckDB counts positions from 1 and spreads structs over several columns; BigQuery gives one
    element a row, whose fields may be named alone.
    """
    elements: dict[str, tuple[str, str | None]] = {}
    for node in list(tree.find_all(exp.Unnest)):
        if isinstance(node.parent, exp.From | exp.Join) and node.arg_key == "this":
            _replace(node, elements)
    if not elements:
        return
    for column in list(tree.find_all(exp.Column)):
        names = elements.get(column.table)
        if names is not None and column.name not in names and not isinstance(column.this, exp.Star):
            element = exp.column(names[0], column.table, quoted=True)
            made = exp.Dot(this=element, expression=exp.to_identifier(column.name, quoted=True))
            made.type = column.type
            column.replace(made)


def _replace(node: exp.Unnest, elements: dict[str, tuple[str, str | None]]) -> None:
    alias = node.args.get("alias")
    table = alias.name if alias and alias.name else f"_u{len(elements)}"
    columns = [one.name for one in alias.columns] if alias else []
    element = columns[0] if columns else "f0_"
    offset = node.args.get("offset")
    position = None
    if offset:
        position = offset.name if isinstance(offset, exp.Expr) else "offset"
    elements[table] = (element, position)
    array = node.expressions[0]
    outputs: list[exp.Expr] = [exp.alias_(call("unnest", array.copy()), element, quoted=True)]
    if position is not None:
        index = exp.Sub(
            this=call("generate_subscripts", array.copy(), number(1)), expression=number(1)
        )
        outputs.append(exp.alias_(index, position, quoted=True))
    inner = exp.Select(expressions=outputs)
    named = exp.TableAlias(this=exp.to_identifier(table, quoted=True))
    join = node.parent
    node.replace(exp.Subquery(this=inner, alias=named))
    if isinstance(join, exp.Join) and join.kind != "CROSS" and not join.args.get("on"):
        join.set("on", exp.Boolean(this=True))
