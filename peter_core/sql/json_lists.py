"""Arrays read out of JSON, and the kind of a JSON value."""

from __future__ import annotations

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, cast, is_type, refuse, text

_KINDS = {
    "OBJECT": "object", "ARRAY": "array", "VARCHAR": "string", "BOOLEAN": "boolean",
    "NULL": "null",
}  # fmt: skip


def query_array(node: exp.Expr) -> exp.Expr:
    """JSON_QUERY_ARRAY: the elements of an array as JSON, NULL of anything else."""
    path = _path(node)
    elements: exp.Expr = call("json_extract", node.this.copy(), text(f"{path}[*]"))
    if not is_type(node.this, exp.DType.JSON):
        elements = cast(elements, "VARCHAR[]")
    return exp.Case(ifs=[exp.If(this=_is_array(node.this, path), true=elements)])


def value_array(node: exp.Expr) -> exp.Expr:
    """JSON_VALUE_ARRAY: the scalars of an array; NULL when one of them is none."""
    path = _path(node)
    element = exp.to_identifier("element")
    elements = call("json_extract", node.this.copy(), text(f"{path}[*]"))
    scalar = call("json_extract_string", exp.Column(this=element.copy()), text("$"))
    values = call(
        "list_transform", elements.copy(), exp.Lambda(this=scalar, expressions=[element.copy()])
    )
    nested = exp.In(
        this=call("json_type", exp.Column(this=element.copy())),
        expressions=[text("ARRAY"), text("OBJECT")],
    )
    others = call("list_filter", elements, exp.Lambda(this=nested, expressions=[element.copy()]))
    plain = exp.EQ(this=call("len", others), expression=exp.Literal.number(0))
    fits = exp.And(this=_is_array(node.this, path), expression=plain)
    return exp.Case(ifs=[exp.If(this=fits, true=values)])


def extracted(node: exp.Expr) -> exp.Expr | None:
    """JSON_QUERY of a text: a null in it is NULL, where one of JSON is a JSON null."""
    if not is_type(node.this, *exp.DataType.TEXT_TYPES):
        return None
    return call("nullif", cast(exp.Paren(this=node.copy()), "VARCHAR"), text("null"))


def lax_bool(node: exp.Expr) -> exp.Expr:
    """LAX_BOOL: numbers but 0 are true, and the words of any case."""
    return call("coalesce", _truth(node), _number_test(node))


def lax_int(node: exp.Expr) -> exp.Expr:
    """LAX_INT64: true is 1, and numbers round."""
    truth = cast(_when(node, "BOOLEAN", _truth(node)), "BIGINT")
    number = call("round", _scalar_as(node, "DOUBLE"))
    return call("coalesce", truth, _scalar_as(node, "BIGINT"), cast(number, "BIGINT", safe=True))


def _truth(node: exp.Expr) -> exp.Expr:
    word = call("lower", call("json_extract_string", node.this.copy(), text("$")))
    words = [
        exp.If(this=text("true"), true=exp.true()),
        exp.If(this=text("false"), true=exp.false()),
    ]
    return exp.Case(this=word, ifs=words)


def _number_test(node: exp.Expr) -> exp.Expr:
    nonzero = exp.NEQ(this=_scalar_as(node, "DOUBLE"), expression=exp.Literal.number(0))
    kinds = [text(kind) for kind in ("BIGINT", "UBIGINT", "DOUBLE")]
    numeric = exp.In(this=call("json_type", node.this.copy()), expressions=kinds)
    return exp.Case(ifs=[exp.If(this=numeric, true=nonzero)])


def _when(node: exp.Expr, kind: str, value: exp.Expr) -> exp.Expr:
    same = exp.EQ(this=call("json_type", node.this.copy()), expression=text(kind))
    return exp.Case(ifs=[exp.If(this=same, true=value)])


def _scalar_as(node: exp.Expr, kind: str) -> exp.Expr:
    scalar = call("json_extract_string", node.this.copy(), text("$"))
    return cast(scalar, kind, safe=True)


def json_kind(node: exp.Expr) -> exp.Expr:
    """JSON_TYPE: in BigQuery's words; every number is a ``number``."""
    cases = [exp.If(this=text(theirs), true=text(ours)) for theirs, ours in _KINDS.items()]
    kind = call("json_type", node.this)
    absent = exp.If(this=exp.Is(this=kind.copy(), expression=exp.Null()), true=exp.Null())
    named = exp.Case(this=kind, ifs=cases, default=text("number"))
    return exp.Case(ifs=[absent], default=named)


def _path(node: exp.Expr) -> str:
    path = node.args.get("expression")
    if path is None:
        return "$"
    if not isinstance(path, exp.JSONPath):
        refuse(node, "A JSON path that is not a literal")
    return str(path.sql(dialect="duckdb")).strip("'")


def _is_array(value: exp.Expr, path: str) -> exp.Expr:
    return exp.EQ(this=call("json_type", value.copy(), text(path)), expression=text("ARRAY"))
