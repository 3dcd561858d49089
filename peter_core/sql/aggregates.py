"""Aggregates and window functions whose name, type or arguments DuckDB gives otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_decimal,
    is_integer,
    literal_int,
    number,
    refuse,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMERIC = "DECIMAL(38, 9)"
_MAX_QUANTILES = 10_000
_AROUND = (exp.Window, exp.IgnoreNulls, exp.RespectNulls, exp.Filter)


def _windowed(node: exp.Expr) -> exp.Expr:
    """The call with its OVER, or the call itself: casts go around, not inside."""
    outer = node
    while isinstance(outer.parent, _AROUND) and outer.arg_key == "this":
        outer = outer.parent
    return outer


def _cast_around(node: exp.Expr, kind: str) -> exp.Expr | None:
    outer = _windowed(node)
    made = cast(outer.copy(), kind)
    made.type = node.type
    if outer is node:
        return made
    outer.replace(made)
    return None


def _sum(node: exp.Expr) -> exp.Expr | None:
    """DuckDB sums INT64 into 128 bits; BigQuery stays in 64 and fails past them."""
    if is_integer(node) or is_integer(node.this):
        return _cast_around(node, "BIGINT")
    return None


def _count_if(node: exp.Expr) -> exp.Expr | None:
    return _cast_around(node, "BIGINT")


def _avg(node: exp.Expr) -> exp.Expr | None:
    return _cast_around(node, _NUMERIC) if is_decimal(node.this) else None


def _approx_distinct(node: exp.Expr) -> exp.Expr:
    """The exact count: small data deserves it, and the same query gives the same answer."""
    return exp.Count(this=exp.Distinct(expressions=[node.this]), big_int=True)


def _approx_quantiles(node: exp.Expr) -> exp.Expr:
    count = literal_int(node.expression)
    if count is None or not 0 < count <= _MAX_QUANTILES:
        refuse(node, "APPROX_QUANTILES with a number that is not a literal up to 10,000")
    value = node.this
    if isinstance(node.parent, exp.RespectNulls) or isinstance(value, exp.RespectNulls):
        refuse(node, "APPROX_QUANTILES with RESPECT NULLS")
    if isinstance(value, exp.IgnoreNulls):
        value = value.this
    shares = [exp.Literal.number(f"{step / count:.17e}") for step in range(count + 1)]
    return call("quantile_disc", value, exp.Array(expressions=shares))


def _parts(node: exp.Expr) -> tuple[exp.Expr, int | None]:
    """What is collected, and how many of it at most."""
    limit = None
    if isinstance(node, exp.Limit):
        limit = literal_int(node.expression)
        if limit is None:
            refuse(node, "LIMIT of an aggregate that is not a literal")
        node = node.this
    return node, limit


def _sliced(collected: exp.Expr, limit: int | None) -> exp.Expr:
    return (
        call("list_slice", collected, number(1), number(limit)) if limit is not None else collected
    )


def _array_agg(node: exp.Expr) -> exp.Expr | None:
    value, limit = _parts(node.this)
    ignores = isinstance(node.parent, exp.IgnoreNulls)
    collected: exp.Expr = call("list", value)
    if ignores:
        present = exp.Not(this=exp.Is(this=_collected(value), expression=exp.Null()))
        collected = exp.Filter(this=collected, expression=exp.Where(this=present))
    if isinstance(_windowed(node).parent, exp.Window) or isinstance(node.parent, exp.Window):
        return collected if limit is None else refuse(node, "ARRAY_AGG with LIMIT OVER")
    return _sliced(collected, limit)


def _array_concat_agg(node: exp.Expr) -> exp.Expr:
    """NULL arrays are left out; LIMIT counts arrays, not elements."""
    value, limit = _parts(node.this)
    collected = exp.Filter(
        this=call("list", value),
        expression=exp.Where(
            this=exp.Not(this=exp.Is(this=_collected(value), expression=exp.Null()))
        ),
    )
    return call("flatten", _sliced(collected, limit))


def _collected(value: exp.Expr) -> exp.Expr:
    """What is collected, without ORDER BY and DISTINCT."""
    while isinstance(value, exp.Order | exp.Distinct):
        value = value.this if isinstance(value, exp.Order) else value.expressions[0]
    return value.copy()


def _ignore_nulls(node: exp.Expr) -> exp.Expr | None:
    """ARRAY_AGG has become a filtered list by now; the others keep their IGNORE NULLS."""
    if isinstance(node.this, exp.Filter | exp.Anonymous):
        return node.this
    return None


def _string_agg(node: exp.Expr) -> exp.Expr | None:
    value, limit = _parts(node.this)
    separator = node.args.get("separator") or text(",")
    if limit is None:
        return call("string_agg", *_ordered_arguments(value, separator))
    present = exp.Not(this=exp.Is(this=_collected(value), expression=exp.Null()))
    collected = exp.Filter(this=call("list", value), expression=exp.Where(this=present))
    return call("array_to_string", _sliced(collected, limit), separator)


def _ordered_arguments(value: exp.Expr, separator: exp.Expr) -> list[exp.Expr]:
    """In DuckDB the ORDER BY follows the last argument."""
    if not isinstance(value, exp.Order):
        return [value, separator]
    ordered = value.copy()
    first = ordered.this.copy()
    ordered.set("this", separator.copy())
    return [first, ordered]


def _any_value(node: exp.Expr) -> exp.Expr | None:
    inner = node.this
    if isinstance(inner, exp.HavingMax):
        name = "arg_max" if inner.args.get("max") else "arg_min"
        return call(name, inner.this, inner.expression)
    return None


def _approx_top(node: exp.Expr) -> exp.Expr:
    """The exact counts, NULL's too, the most frequent first and equal ones in their order."""
    count = literal_int(node.expression)
    if count is None or not 0 < count <= _MAX_QUANTILES:
        refuse(node, "APPROX_TOP_COUNT with a number that is not a literal up to 10,000")
    entry = exp.to_identifier("entry")
    column = exp.Column(this=entry)
    # In a struct, because a histogram leaves NULL out.
    counted = call("histogram", _struct(value=node.this))
    negative = exp.Neg(this=cast(exp.Dot(this=column.copy(), expression=exp.to_identifier("value")),
                                 "BIGINT"))  # fmt: skip
    value = exp.Dot.build([column.copy(), exp.to_identifier("key"), exp.to_identifier("value")])
    pairs = _mapped(call("map_entries", counted), entry, _struct(count=negative, value=value))
    top = call("list_slice", call("list_sort", pairs), number(1), number(count))
    own, times = (exp.Dot(this=column.copy(), expression=exp.to_identifier(name))
                  for name in ("value", "count"))  # fmt: skip
    return _mapped(top, entry, _struct(value=own, count=exp.Neg(this=times)))


def _corr(node: exp.Expr) -> exp.Expr | None:
    """Of fewer than two pairs there is none; DuckDB would say NaN."""
    if isinstance(_windowed(node).parent, exp.Window) or isinstance(node.parent, exp.Window):
        return None
    pairs = call("regr_count", node.this.copy(), node.expression.copy())
    enough = exp.GTE(this=pairs, expression=number(2))
    return exp.Case(ifs=[exp.If(this=enough, true=node.copy())])


def _struct(**fields: exp.Expr) -> exp.Expr:
    named = [
        exp.PropertyEQ(this=exp.to_identifier(name), expression=value)
        for name, value in fields.items()
    ]
    return exp.Struct(expressions=named)


def _mapped(array: exp.Expr, item: exp.Identifier, to: exp.Expr) -> exp.Expr:
    return call("list_transform", array, exp.Lambda(this=to, expressions=[item.copy()]))


def _percentile(name: str, called: str) -> Callable[[exp.Expr], exp.Expr | None]:
    def rule(node: exp.Expr) -> exp.Expr | None:
        if isinstance(node.parent, exp.RespectNulls) or isinstance(node.this, exp.RespectNulls):
            refuse(node, f"{called} with RESPECT NULLS")
        value = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
        if node.expression is None:
            return None
        if name == "quantile_cont" and not is_decimal(value):
            value = cast(value, "DOUBLE")
        return call(name, value, node.expression)

    return rule


AGGREGATE_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.AnyValue: _any_value,
    exp.ApproxDistinct: _approx_distinct,
    exp.ApproxQuantiles: _approx_quantiles,
    exp.ApproxTopK: _approx_top,
    exp.ArrayAgg: _array_agg,
    exp.ArrayConcatAgg: _array_concat_agg,
    exp.Avg: _avg,
    exp.BitwiseXorAgg: lambda node: cast(call("bit_xor", node.this), "BIGINT"),
    exp.Corr: _corr,
    exp.CountIf: _count_if,
    exp.GroupConcat: _string_agg,
    exp.IgnoreNulls: _ignore_nulls,
    exp.PercentileCont: _percentile("quantile_cont", "PERCENTILE_CONT"),
    exp.PercentileDisc: _percentile("quantile_disc", "PERCENTILE_DISC"),
    exp.Sum: _sum,
}
