"""Values of SQL as JSON, type by type.

https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#json_encodings
"""

from __future__ import annotations

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_bytes,
    is_decimal,
    is_float,
    is_integer,
    is_moment,
    is_timestamp,
    is_type,
    number,
    paren,
    refuse,
    text,
)
from peter_core.sql.value_texts import decimal_text, float_text, moment_text

_LARGEST = 1 << 53
_UNLIKE = (
    exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIME,
    exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.BINARY, exp.DType.VARBINARY, exp.DType.DECIMAL,
    exp.DType.BIGDECIMAL, exp.DType.INTERVAL,
)  # fmt: skip
_STRICT = (*_UNLIKE, exp.DType.BIGINT, exp.DType.INT)


def as_json(value: exp.Expr, *, strict: bool) -> exp.Expr:
    """A value as DuckDB's JSON; NULL stays NULL.

    Parameters
    ----------
    value
        Typed; what has no type is written as DuckDB writes it.
    strict
        Whether numbers that a double does not hold become strings (``TO_JSON_STRING``).
    """
    return call("to_json", _encoded(value, strict))


def json_call(node: exp.Expr) -> exp.Expr:
    """TO_JSON and TO_JSON_STRING; NULL is ``null``."""
    if node.args.get("options") is not None:
        refuse(node, "TO_JSON_STRING with layout")
    kind = node.this.type
    if kind is not None and any(
        one.is_type(exp.DType.INTERVAL) for one in kind.find_all(exp.DataType)
    ):
        refuse(node, "JSON of INTERVAL")
    if node.args.get("to_json"):
        return call("coalesce", as_json(node.this, strict=False), cast(text("null"), "JSON"))
    written = cast(as_json(node.this, strict=True), "VARCHAR")
    return call("coalesce", written, text("null"))


def _encoded(value: exp.Expr, strict: bool) -> exp.Expr:
    kind = value.type
    unlike = _STRICT if strict else _UNLIKE
    if not isinstance(kind, exp.DataType) or not any(
        one.is_type(*unlike) for one in kind.find_all(exp.DataType)
    ):
        return value
    if kind.is_type(exp.DType.ARRAY):
        return _array(value, kind, strict)
    if kind.is_type(exp.DType.STRUCT):
        return _struct(value, kind, strict)
    if is_bytes(value):
        return call("to_base64", value)
    if is_moment(value):
        written = call("replace", moment_text(value), text(" "), text("T"))
        return call("replace", written, text("+00"), text("Z")) if is_timestamp(value) else written
    if is_type(value, exp.DType.TIME):
        return moment_text(value)
    return _number(value, strict)


def _number(value: exp.Expr, strict: bool) -> exp.Expr:
    if is_integer(value):
        return _within_double(value, cast(value.copy(), "VARCHAR"), None)
    if is_decimal(value):
        written = decimal_text(value)
        if not strict:
            return cast(written, "JSON")
        whole = exp.EQ(this=call("trunc", value.copy()), expression=paren(value.copy()))
        return _within_double(value, written, whole)
    if is_float(value):
        return _float(value)
    return refuse(value, f"JSON of {value.type.sql(dialect='bigquery') if value.type else '?'}")


def _within_double(value: exp.Expr, written: exp.Expr, also: exp.Expr | None) -> exp.Expr:
    """The number itself where a double holds it, else a string of it."""
    held: exp.Expr = exp.Between(
        this=paren(value.copy()), low=number(-_LARGEST), high=number(_LARGEST)
    )
    if also is not None:
        held = exp.And(this=held, expression=also)
    plain, quoted = cast(written.copy(), "JSON"), call("to_json", written)
    absent = exp.If(this=exp.Is(this=paren(value.copy()), expression=exp.Null()), true=exp.Null())
    return exp.Case(ifs=[absent, exp.If(this=held, true=plain)], default=quoted)


def _float(value: exp.Expr) -> exp.Expr:
    negative = exp.LT(this=paren(value.copy()), expression=number(0))
    words = exp.Case(
        ifs=[
            exp.If(this=call("isnan", value.copy()), true=text("NaN")),
            exp.If(this=negative, true=text("-Infinity")),
        ],
        default=text("Infinity"),
    )
    finite = call("isfinite", value.copy())
    absent = exp.If(this=exp.Is(this=paren(value.copy()), expression=exp.Null()), true=exp.Null())
    shown = exp.If(this=finite, true=cast(float_text(value), "JSON"))
    return exp.Case(ifs=[absent, shown], default=call("to_json", words))


def _array(value: exp.Expr, kind: exp.DataType, strict: bool) -> exp.Expr:
    item = exp.to_identifier("item")
    element = exp.Column(this=item.copy())
    element.type = kind.expressions[0] if kind.expressions else None
    made = exp.Lambda(this=_encoded(element, strict), expressions=[item])
    return call("list_transform", value, made)


def _struct(value: exp.Expr, kind: exp.DataType, strict: bool) -> exp.Expr:
    fields = []
    if not any(one.is_type(*_UNLIKE) for one in kind.find_all(exp.DataType)):
        # Names that are not told, as in STRUCT(a, b), DuckDB knows; only wide INT64 would differ.
        named = all(isinstance(field, exp.ColumnDef) for field in kind.expressions)
        if not named:
            return value
    for field in kind.expressions:
        if not isinstance(field, exp.ColumnDef):
            refuse(value, "JSON of a struct whose fields have no names")
        part = call("struct_extract", value.copy(), text(field.name))
        part.type = field.args.get("kind")
        label = exp.to_identifier(field.name, quoted=True)
        fields.append(exp.PropertyEQ(this=label, expression=_encoded(part, strict)))
    absent = exp.Is(this=paren(value.copy()), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=exp.Not(this=absent), true=exp.Struct(expressions=fields))])
