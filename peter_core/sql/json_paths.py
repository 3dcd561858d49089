"""Fields and elements of JSON values: ``value.field``, ``value['field']``, ``value[0]``."""

from __future__ import annotations

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, is_type, literal_int, literal_text, refuse, text


def json_field(node: exp.Expr) -> exp.Expr | None:
    """``value.field`` of a JSON value; other dots stay."""
    if not is_type(node.this, exp.DType.JSON) or not isinstance(node.expression, exp.Identifier):
        return None
    return _extracted(node.this, _key(node.expression.name))


def json_element(node: exp.Bracket) -> exp.Expr:
    """``value[0]`` counts from 0; ``value['field']`` is a field."""
    index = node.expressions[0] if len(node.expressions) == 1 else None
    name, place = literal_text(index), literal_int(index)
    if name is not None:
        return _extracted(node.this, _key(name))
    if place is None or place < 0 or node.args.get("offset") is not None:
        refuse(node, "A JSON subscript that is not a literal")
    return _extracted(node.this, f"[{place}]")


def _key(name: str) -> str:
    return '."' + name.replace('"', '\\"') + '"'


def _extracted(value: exp.Expr, step: str) -> exp.Expr:
    made = call("json_extract", value, text(f"${step}"))
    made.type = exp.DataType.build("JSON", dialect="bigquery")
    return made
