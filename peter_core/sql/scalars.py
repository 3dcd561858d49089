"""Numbers, casts, texts and arrays where DuckDB's answer would differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.arithmetic import (
    divide,
    ieee_divide,
    int_divide,
    logarithm,
    modulo,
    reciprocal,
    safe_divide,
    within_domain,
)
from peter_core.sql.cast_formats import cast_by_format
from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_bytes,
    is_decimal,
    is_float,
    is_integer,
    is_type,
    literal_int,
    number,
    paren,
    refuse,
    text,
)
from peter_core.sql.json_encodings import json_call
from peter_core.sql.json_lists import (
    extracted,
    json_kind,
    lax_bool,
    lax_int,
    query_array,
    value_array,
)
from peter_core.sql.json_paths import json_element, json_field
from peter_core.sql.letters import (
    from_code_points,
    net_function,
    place,
    regexp_place,
    substring,
    to_code_points,
)
from peter_core.sql.points import coordinate, distance, make_point, point_text, within
from peter_core.sql.text_formats import format_call
from peter_core.sql.value_texts import decimal_text, float_text, moment_text

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMERIC = "DECIMAL(38, 9)"


def _literal(node: exp.Expr) -> exp.Expr | None:
    """2.5 is a FLOAT64; DuckDB would read a DECIMAL."""
    value = str(node.this)
    if (
        not isinstance(node, exp.Literal)
        or node.is_string
        or not ("." in value or "e" in value.lower())
    ):
        return None  # fmt: skip
    if isinstance(node.parent, exp.Cast) and is_decimal(node.parent):
        return None
    return exp.Literal.number(value if "e" in value.lower() else f"{value}e0")


def _wide(node: exp.Expr) -> exp.Expr | None:
    """Whole numbers have 64 bits; DuckDB reads small ones in 32 and overflows sooner."""
    for key in ("this", "expression"):
        operand = node.args.get(key)
        if isinstance(operand, exp.Literal) and literal_int(operand) is not None:
            node.set(key, cast(operand.copy(), "BIGINT"))
    return None


def _within(node: exp.Expr) -> exp.Expr | None:
    """``array[OFFSET(n)]`` past the end is BigQuery's error; DuckDB would answer NULL."""
    if isinstance(node, exp.Bracket) and is_type(node.this, exp.DType.JSON):
        return json_element(node)
    if is_type(node.this, exp.DType.STRUCT):
        refuse(node, "A field of a struct by its place")
    if node.args.get("safe") or node.args.get("offset") is None or len(node.expressions) != 1:
        return None
    array, index = node.this, node.expressions[0]
    if isinstance(array, exp.Anonymous | exp.Query):
        return None
    first = node.args["offset"]
    past = exp.Or(
        this=exp.LT(this=paren(index.copy()), expression=number(first)),
        expression=exp.GTE(
            this=paren(index.copy()),
            expression=exp.Paren(
                this=exp.Add(this=call("len", array.copy()), expression=number(first))
            ),
        ),
    )
    outside = call("error", text("Array index out of bounds"))
    return exp.Case(ifs=[exp.If(this=past, true=outside)], default=node.copy())


def _array_end(index: int) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: call("list_extract", node.this, number(index))


def _array_slice(node: exp.Expr) -> exp.Expr:
    """Both ends are included and count from 0; negative ones count from the end."""
    bounds = []
    for bound in (node.args["start"], node.args["end"]):
        value = literal_int(bound)
        if value is None:
            refuse(node, "ARRAY_SLICE with an offset that is not a literal")
        bounds.append(number(value + 1 if value >= 0 else value))
    return call("list_slice", node.this, *bounds)


def _cast(node: exp.Expr) -> exp.Expr | None:
    if node.args.get("format") is not None:
        return cast_by_format(node)
    safe = isinstance(node, exp.TryCast)
    value = node.this
    to = node.args["to"]
    if any(one.is_type(exp.DType.RANGE) for one in to.find_all(exp.DataType)):
        refuse(node, "A RANGE")
    if is_integer(node) and (is_float(value) or is_decimal(value)):
        # BigQuery rounds halves away from zero, DuckDB to the even neighbour.
        return cast(call("round", value), "BIGINT", safe=safe)
    if to.is_type(exp.DType.DECIMAL) and not to.expressions:
        return cast(value, _NUMERIC, safe=safe)
    if to.is_type(exp.DType.BIGDECIMAL) and not to.expressions:
        wide = cast(value, "DECIMAL(38, 18)", safe=safe)
        wide.type = to.copy()
        return wide
    if to.is_type(exp.DType.BINARY) and is_type(value, *exp.DataType.TEXT_TYPES):
        return call("encode", value)
    if to.is_type(*exp.DataType.TEXT_TYPES):
        return _cast_to_text(value)
    return None


def _cast_to_text(value: exp.Expr) -> exp.Expr | None:
    if is_bytes(value):
        return call("decode", value)
    if is_float(value):
        return float_text(value)
    if is_decimal(value):
        return decimal_text(value)
    if is_type(value, exp.DType.INTERVAL):
        return call("peter_interval_text", value)
    if is_type(value, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMP, exp.DType.DATETIME):
        return moment_text(value)
    return None


def _as_double(node: exp.Expr) -> exp.Expr | None:
    """FLOOR, CEIL, ROUND and TRUNC of INT64 are FLOAT64."""
    if isinstance(node, exp.Round) and node.args.get("truncate") is not None:
        refuse(node, "ROUND with a rounding mode")
    if is_integer(node.this):
        copied = node.copy()
        copied.set("this", cast(node.this.copy(), "DOUBLE"))
        return copied
    return None


def _sign(node: exp.Expr) -> exp.Expr:
    kind = "BIGINT" if is_integer(node.this) else _NUMERIC if is_decimal(node.this) else "DOUBLE"
    return cast(call("sign", node.this), kind)


def _bit_count(node: exp.Expr) -> exp.Expr:
    return cast(call("bit_count", node.this), "BIGINT")


def _length(node: exp.Expr) -> exp.Expr | None:
    return call("octet_length", node.this) if is_bytes(node.this) else None


def _byte_length(node: exp.Expr) -> exp.Expr:
    value = node.this if is_bytes(node.this) else call("encode", node.this)
    return call("octet_length", value)


def _safe(node: exp.Expr) -> exp.Expr:
    """SAFE. turns an error into NULL; errors of our own making become NULL at once."""
    inner = node.this
    for one in list(inner.find_all(exp.Anonymous)):
        if one.name == "error" and one is not inner:
            one.replace(exp.Null())
    return call("try", inner)


def _safe_operator(kind: type[exp.Binary]) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: call(
        "try", kind(this=paren(node.this), expression=paren(node.expression))
    )  # fmt: skip


def _safe_negate(node: exp.Expr) -> exp.Expr:
    return call("try", exp.Neg(this=paren(node.this)))


def _json_scalar(kind: str, *, lax: bool = False) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        scalar = cast(call("json_extract_string", node.this, text("$")), kind, safe=lax)
        if lax:
            return scalar
        others = ["BOOLEAN"] if kind != "BOOLEAN" else ["BIGINT", "UBIGINT", "DOUBLE"]
        unlike = exp.In(
            this=call("json_type", node.this.copy()),
            expressions=[text(one) for one in ("VARCHAR", "OBJECT", "ARRAY", *others)],
        )
        failed = call("error", text(f"The JSON value is no {kind}"))
        return exp.Case(ifs=[exp.If(this=unlike, true=failed)], default=scalar)

    return rule


def _string(node: exp.Expr) -> exp.Expr:
    zone = node.args.get("zone")
    if zone is not None:
        refuse(node, "STRING with a time zone")
    if is_type(node.this, exp.DType.JSON):
        return call("json_extract_string", node.this, text("$"))
    return cast(node.this, "VARCHAR")


def _anonymous(node: exp.Expr) -> exp.Expr | None:
    rule = _BY_NAME.get(node.name.upper())
    return rule(node) if rule is not None else None


def _parse_decimal(kind: str) -> Callable[[exp.Expr], exp.Expr]:
    """PARSE_NUMERIC takes spaces, commas and a sign behind the number; a cast does not."""
    return lambda node: cast(call("peter_plain_number", node.this), kind)


def _parse_json(node: exp.Expr) -> None:
    mode = node.expression
    if mode is not None and (mode.expression.name or "").lower() != "exact":
        refuse(node, "PARSE_JSON that rounds wide numbers")


def _unicode(node: exp.Expr) -> exp.Expr:
    """The empty text gives 0; DuckDB would give -1."""
    empty = exp.EQ(this=paren(node.this.copy()), expression=text(""))
    code = cast(call("unicode", node.this), "BIGINT")
    return exp.Case(ifs=[exp.If(this=empty, true=number(0))], default=code)


def _unpaired(node: exp.Expr) -> exp.Expr:
    refuse(node, "JSON_OBJECT with a key that has no value")


def _range_bucket(node: exp.Expr) -> exp.Expr:
    point, bounds = node.this, node.expression
    variable = exp.Identifier(this="bound", quoted=False)
    test = exp.LTE(this=exp.Column(this=variable.copy()), expression=paren(point))
    kept = call("list_filter", bounds, exp.Lambda(this=test, expressions=[variable]))
    absent = exp.Is(this=paren(point.copy()), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=absent, true=exp.Null())], default=call("len", kept))


def _whole_series(node: exp.Expr) -> None:
    """GENERATE_ARRAY: the engine has series of whole numbers, and none for a step of 0."""
    bounds = [node.args.get(key) for key in ("start", "end", "step")]
    if any(is_float(one) or is_decimal(one) for one in bounds):
        refuse(node, "GENERATE_ARRAY of other than INT64")
    if bounds[2] is not None and literal_int(bounds[2]) in (None, 0):
        refuse(node, "GENERATE_ARRAY with a step that is not a literal, or 0")


def _vector_distance(name: str) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        if not all(is_type(one, exp.DType.ARRAY) for one in (node.this, node.expression)):
            refuse(node, "The distance of other than arrays of numbers")
        return call(name, cast(node.this, "DOUBLE[]"), cast(node.expression, "DOUBLE[]"))

    return rule


def _bucket(kind: str) -> Callable[[exp.Expr], exp.Expr]:
    """DATE_BUCKET and its kin count from 1950; DuckDB would from 2000."""

    def rule(node: exp.Expr) -> exp.Expr:
        value, width, *origin = node.expressions
        if not isinstance(width, exp.Interval) or str(width.unit).upper() not in _BUCKET_UNITS:
            refuse(node, f"{node.name.upper()} by other than days to seconds")
        start = origin[0] if origin else text("1950-01-01")
        return call("time_bucket", width, cast(value, kind), cast(start, kind))

    return rule


_BUCKET_UNITS = frozenset({"DAY", "HOUR", "MINUTE", "SECOND"})

_BY_NAME: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "DATETIME_BUCKET": _bucket("TIMESTAMP"),
    "DATE_BUCKET": _bucket("DATE"),
    "TIMESTAMP_BUCKET": _bucket("TIMESTAMPTZ"),
    "IEEE_DIVIDE": ieee_divide,
    "JSON_OBJECT": _unpaired,
    "ST_ASTEXT": point_text,
    "ST_DWITHIN": within,
    "ST_GEOGPOINT": make_point,
    "ST_X": coordinate(1),
    "ST_Y": coordinate(2),
}

SCALAR_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.Anonymous: _anonymous,
    exp.ArrayFirst: _array_end(1),
    exp.ArrayLast: _array_end(-1),
    exp.ArraySlice: _array_slice,
    exp.BitwiseCount: _bit_count,
    exp.BitwiseLeftShift: _wide,
    exp.Bracket: _within,
    exp.ByteLength: _byte_length,
    exp.Cast: _cast,
    exp.Ceil: _as_double,
    exp.CodePointsToString: from_code_points,
    exp.CosineDistance: _vector_distance("list_cosine_distance"),
    exp.Cot: reciprocal("tan"),
    exp.Coth: reciprocal("tanh"),
    exp.Csc: reciprocal("sin"),
    exp.Csch: reciprocal("sinh"),
    exp.Div: divide,
    exp.Dot: json_field,
    exp.EuclideanDistance: _vector_distance("list_distance"),
    exp.Float64: _json_scalar("DOUBLE"),
    exp.Floor: _as_double,
    exp.Format: format_call,
    exp.GenerateSeries: _whole_series,
    exp.Int64: _json_scalar("BIGINT"),
    exp.IntDiv: int_divide,
    exp.JSONExtract: extracted,
    exp.JSONExtractArray: query_array,
    exp.JSONFormat: json_call,
    exp.JSONType: json_kind,
    exp.JSONValueArray: value_array,
    exp.JSONBool: _json_scalar("BOOLEAN"),
    exp.LaxBool: lax_bool,
    exp.LaxFloat64: _json_scalar("DOUBLE", lax=True),
    exp.LaxInt64: lax_int,
    exp.LaxString: _json_scalar("VARCHAR", lax=True),
    exp.Length: _length,
    exp.Literal: _literal,
    exp.Ln: within_domain("LN", exp.LTE),
    exp.Log: logarithm,
    exp.Mod: modulo,
    exp.Mul: _wide,
    exp.NetFunc: net_function,
    exp.ParseBignumeric: _parse_decimal("DECIMAL(38, 18)"),
    exp.ParseJSON: _parse_json,
    exp.ParseNumeric: _parse_decimal(_NUMERIC),
    exp.Sqrt: within_domain("SQRT", exp.LT),
    exp.RangeBucket: _range_bucket,
    exp.RegexpInstr: regexp_place,
    exp.Round: _as_double,
    exp.SafeAdd: _safe_operator(exp.Add),
    exp.SafeDivide: safe_divide,
    exp.SafeFunc: _safe,
    exp.SafeMultiply: _safe_operator(exp.Mul),
    exp.SafeNegate: _safe_negate,
    exp.SafeSubtract: _safe_operator(exp.Sub),
    exp.Sec: reciprocal("cos"),
    exp.Sech: reciprocal("cosh"),
    exp.Sign: _sign,
    exp.StDistance: distance,
    exp.String: _string,
    exp.StrPosition: place,
    exp.Substring: substring,
    exp.ToCodePoints: to_code_points,
    exp.Unicode: _unicode,
    exp.Trunc: _as_double,
    exp.TryCast: _cast,
}
