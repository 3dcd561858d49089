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
            _name_field(column, column.table, names[0])


def _name_field(column: exp.Column, table: str, element: str) -> None:
    row = exp.column(element, table, quoted=True)
    made = exp.Dot(this=row, expression=exp.to_identifier(column.name, quoted=True))
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
    if columns:
        elements[table] = (element, position)
        _name_bare_fields(node, table, element)
    outputs = [exp.alias_(_rows(node.expressions[0], bool(columns)), element, quoted=True)]
    if position is not None:
        index = exp.Sub(
            this=call("generate_subscripts", node.expressions[0].copy(), number(1)),
            expression=number(1),
        )
        outputs.append(exp.alias_(index, position, quoted=True))
    inner = exp.Select(expressions=outputs)
    named = exp.TableAlias(this=exp.to_identifier(table, quoted=True))
    join = node.parent
    node.replace(exp.Subquery(this=inner, alias=named))
    if isinstance(join, exp.Join) and join.kind != "CROSS" and not join.args.get("on"):
        join.set("on", exp.Boolean(this=True))


def _rows(array: exp.Expr, named: bool) -> exp.Expr:
    """A row an element. One without a name can only be read by its fields: they are spread."""
    if named:
        return call("unnest", array.copy())
    depth = exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=number(2))
    return call("unnest", array.copy(), depth)


def _name_bare_fields(node: exp.Unnest, table: str, element: str) -> None:
    """Fields of a named element that stand without its name, where no table could claim them."""
    select = node.find_ancestor(exp.Select)
    fields = _fields(node.expressions[0])
    if select is None or not fields:
        return
    outputs = {one.alias.lower() for one in select.expressions if isinstance(one, exp.Alias)}
    for column in list(select.find_all(exp.Column)):
        if column.table or column.name.lower() not in fields:
            continue
        if column.name.lower() in outputs and _orders_outputs(column, select):
            continue
        _name_field(column, table, element)


def _fields(array: exp.Expr) -> set[str]:
    kind = array.type
    if kind is None or not kind.is_type(exp.DType.ARRAY) or not kind.expressions:
        return set()
    struct = kind.expressions[0]
    if not isinstance(struct, exp.DataType) or not struct.is_type(exp.DType.STRUCT):
        return set()
    return {one.name.lower() for one in struct.expressions if isinstance(one, exp.ColumnDef)}


def _orders_outputs(column: exp.Column, select: exp.Select) -> bool:
    """Whether it stands where an output's name goes before a column's."""
    clauses = [select.args.get(key) for key in ("order", "having", "qualify")]
    parent = column.parent
    while parent is not None and parent is not select:
        if any(parent is clause for clause in clauses):
            return True
        parent = parent.parent
    return False
