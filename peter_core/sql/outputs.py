"""Relations and values combined: rows, struct parts, set operations, names of outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.relations import Field, Relation, Scope, Traced

if TYPE_CHECKING:
    from collections.abc import Sequence


def part_or_none(fields: Sequence[Field], name: str) -> Traced | None:
    """The value of the field of that name."""
    key = name.lower()
    return next((one.value for one in fields if one.key == key), None)


def part_of(value: Traced, name: str) -> Traced:
    """A field of a struct: of a known one, else as much as is known of the whole."""
    found = part_or_none(value.parts or struct_fields(value), name)
    return found or Traced(value.sources, value.known)


def row_of(value: Traced) -> Relation:
    """A struct's fields as a relation."""
    if value.parts:
        return Relation(value.parts)
    fields = struct_fields(value)
    return Relation(fields, element=value, open=not fields)


def struct_fields(value: Traced) -> tuple[Field, ...]:
    """The fields of a struct-typed column, each with the column as its source."""
    kind = value.type
    if kind is None or not kind.is_type(exp.DType.STRUCT):
        return ()
    return tuple(
        Field(part.name, Traced(value.sources, value.known, type=part.args.get("kind")))
        for part in kind.expressions
        if isinstance(part, exp.ColumnDef)
    )


def joined(scope: Scope) -> Relation:
    """All fields of a FROM clause; a column joined by USING stands once."""
    fields: list[Field] = []
    seen: dict[str, int] = {}
    for relation in scope.sources.values():
        for one in relation.fields:
            if one.key in scope.using and one.key in seen:
                index = seen[one.key]
                fields[index] = Field(fields[index].name, fields[index].value | one.value)
                continue
            seen[one.key] = len(fields)
            fields.append(one)
    return Relation(tuple(fields), open=any(r.open for r in scope.sources.values()))


def united(left: Relation, right: Relation) -> Relation:
    fields = list(left.fields)
    for index, one in enumerate(right.fields[: len(fields)]):
        fields[index] = Field(fields[index].name, fields[index].value | one.value)
    return Relation(tuple(fields), open=left.open or right.open)


def renamed(relation: Relation, cte: exp.CTE) -> Relation:
    names = cte.alias_column_names
    if not names or len(names) != len(relation.fields):
        return relation
    return Relation(
        tuple(Field(n, one.value) for n, one in zip(names, relation.fields, strict=True))
    )


def output_name(item: exp.Expr) -> str:
    if isinstance(item, exp.Alias):
        return str(item.alias)
    if isinstance(item, exp.Column):
        return str(item.name)
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Identifier):
        return str(item.expression.name)
    return ""


def with_names(fields: list[Field]) -> list[Field]:
    """BigQuery calls columns without a name f0_, f1_, ..."""
    named = []
    count = 0
    for one in fields:
        if one.name:
            named.append(one)
        else:
            named.append(Field(f"f{count}_", one.value))
            count += 1
    return named
