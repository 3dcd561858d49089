"""The items of a FROM clause as relations: tables, CTEs, subqueries, arrays, pivots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.data_types import data_type
from peter_core.sql.pivots import pivot_column
from peter_core.sql.relations import (
    NOTHING,
    ColumnRef,
    Field,
    Relation,
    Scope,
    Traced,
)
from peter_core.sql.tables import is_information_schema, is_named_table, table_name
from peter_core.sql.views import view_relation

if TYPE_CHECKING:
    from peter_core.sql.resolution import Resolver
    from peter_core.sql.schema import KnownTable


def add_from_item(resolver: Resolver, node: exp.Expr, scope: Scope) -> None:
    """Add a FROM item to the scope under its alias, with the joins inside its parentheses."""
    if isinstance(node, exp.Unnest):
        _add_unnest(resolver, node, scope)
        return
    if isinstance(node, exp.Paren):
        add_from_item(resolver, node.this, scope)
        return
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        add_from_item(resolver, node.this, scope)
    else:
        relation = _relation(resolver, node, scope)
        for pivot in node.args.get("pivots") or ():
            relation = _pivoted(resolver, pivot, relation, scope)
        scope.sources[_alias(node, scope)] = relation
    for join in node.args.get("joins") or ():
        add_from_item(resolver, join.this, scope)
        if join.args.get("on") is not None:
            resolver.side |= resolver.expression(join.args["on"], scope).sources
        scope.using |= {name.name.lower() for name in join.args.get("using") or ()}


def named_table(resolver: Resolver, node: exp.Table, scope: Scope) -> Relation:
    """A table, a CTE, or an array of an earlier table."""
    parts = node.parts
    if len(parts) == 1 and node.name.lower() in scope.ctes:
        return scope.ctes[node.name.lower()]
    if not is_named_table(node):
        return Relation(open=True)
    if len(parts) > 1 and parts[0].name.lower() in scope.sources:
        column = exp.column(parts[1].name, parts[0].name)
        return element_relation(resolver.expression(column, scope), node.alias_or_name)
    name = table_name(node)
    known = resolver.schema.find(name) if resolver.schema else None
    view = view_relation(resolver, name, known)
    if view is not None:
        return view
    if known is None:
        # No schema holds the views of INFORMATION_SCHEMA; the guard has let them pass.
        if resolver.schema is not None and not is_information_schema(name):
            resolver.unknown_table(node, name)
            return Relation(open=True)
        return Relation(table=name, open=True)
    return _known(known)


def _known(table: KnownTable) -> Relation:
    fields = tuple(
        Field(name, Traced(frozenset({ColumnRef(table.id, name)}), type=data_type(kind)))
        for name, kind in table.columns.values()
    )
    return Relation(fields, table.id, table)


def element_relation(array: Traced, alias: str) -> Relation:
    """The elements of an array: one value, and its fields when it is a struct."""
    kind = array.type
    element_type = None
    if kind is not None and kind.is_type(exp.DType.ARRAY) and kind.expressions:
        element_type = kind.expressions[0]
    element = Traced(array.sources, array.known, type=element_type, parts=array.parts)
    struct = element_type is not None and element_type.is_type(exp.DType.STRUCT)
    fields: list[Field] = []
    if array.parts:
        fields.extend(array.parts)
    elif struct and element_type is not None:
        fields.extend(
            Field(part.name, Traced(array.sources, array.known, type=part.args.get("kind")))
            for part in element_type.expressions
            if isinstance(part, exp.ColumnDef)
        )
    else:
        fields.append(Field(alias, element))
    return Relation(tuple(fields), element=element, open=element_type is None and not array.parts)


def _relation(resolver: Resolver, node: exp.Expr, scope: Scope) -> Relation:
    if isinstance(node, exp.Table):
        return named_table(resolver, node, scope)
    if isinstance(node, exp.Query):
        # A subquery of a FROM clause does not see its neighbours, only what is around them.
        return resolver.query(node, Scope(ctes=scope.ctes, outer=scope.outer))
    return Relation(open=True)


def _alias(node: exp.Expr, scope: Scope) -> str:
    return str(node.alias_or_name).lower() or f"\x00{len(scope.sources)}"


def _add_unnest(resolver: Resolver, node: exp.Unnest, scope: Scope) -> None:
    arrays = [resolver.expression(one, scope) for one in node.expressions]
    alias = node.args.get("alias")
    names = [one.name for one in alias.columns] if alias else []
    name = names[0] if names else (alias.name if alias else "")
    array = arrays[0] if arrays else NOTHING
    kind = _written_type(node.expressions[0]) if node.expressions else None
    if kind is not None and not array.parts:
        array = Traced(array.sources, array.known, type=kind)
    relation = element_relation(array, name)
    scope.sources[name.lower() or f"\x00{len(scope.sources)}"] = relation
    offset = node.args.get("offset")
    if offset:
        label = offset.name if isinstance(offset, exp.Expr) else "offset"
        scope.sources[f"\x00offset{len(scope.sources)}"] = Relation((Field(label, NOTHING),))


def _written_type(array: exp.Expr) -> exp.DataType | None:
    """The type of an array that says it: ``ARRAY<INT64>[...]``, or one of plain literals."""
    if isinstance(array, exp.Cast) and isinstance(array.to, exp.DataType):
        return array.to if array.to.expressions else None
    if isinstance(array, exp.Array) and array.expressions:
        kinds = {_literal_type(one) for one in array.expressions}
        if None not in kinds:
            return data_type("ARRAY<STRING>" if "STRING" in kinds else "ARRAY<INT64>")
    return None


def _literal_type(node: exp.Expr) -> str | None:
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return "STRING"
    return "INT64" if str(node.this).isdigit() else None


def _pivoted(resolver: Resolver, pivot: exp.Pivot, relation: Relation, outer: Scope) -> Relation:
    """What PIVOT or UNPIVOT makes of a relation."""
    scope = Scope({"": relation}, outer.ctes, outer=outer.outer)
    if pivot.args.get("unpivot"):
        return _unpivoted(resolver, pivot, relation, scope)
    used: set[str] = set()
    for column in pivot.find_all(exp.Column):
        used.add(column.name.lower())
    kept = [one for one in relation.fields if one.key not in used]
    made = []
    for in_ in pivot.args.get("fields") or ():
        resolver.side |= resolver.expression(in_.this, scope).sources
        for value in in_.expressions:
            for aggregate in pivot.expressions:
                name = pivot_column(value, aggregate) or value.name
                made.append(Field(name, resolver.expression(aggregate, scope)))
    return Relation((*kept, *made), open=relation.open)


def _unpivoted(resolver: Resolver, pivot: exp.Pivot, relation: Relation, scope: Scope) -> Relation:
    merged = NOTHING
    used: set[str] = set()
    names = []
    for in_ in pivot.args.get("fields") or ():
        names.append(in_.this.name)
        for value in in_.expressions:
            merged = merged | resolver.expression(value, scope)
            used |= {column.name.lower() for column in value.find_all(exp.Column)}
    kept = [one for one in relation.fields if one.key not in used]
    values = [Field(one.name, merged) for one in pivot.expressions]
    labels = [Field(name, NOTHING) for name in names]
    return Relation((*kept, *values, *labels), open=relation.open)
