"""Divisions, remainders and logarithms: BigQuery's errors where DuckDB answers NULL or infinity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_decimal,
    is_float,
    literal_int,
    number,
    paren,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMERIC = "DECIMAL(38, 9)"


def within_domain(name: str, smallest: type[exp.Binary]) -> Callable[[exp.Expr], exp.Expr | None]:
    """A function that BigQuery refuses outside its domain and DuckDB answers with NaN."""

    def rule(node: exp.Expr) -> exp.Expr | None:
        value = node.this
        if isinstance(value, exp.Literal) and float(str(value.this)) > 0:
            return None
        outside = smallest(this=paren(value.copy()), expression=number(0))
        failed = call("error", text(f"{name} of a number outside its domain"))
        return exp.Case(ifs=[exp.If(this=outside, true=failed)], default=node.copy())

    return rule


def logarithm(node: exp.Expr) -> exp.Expr | None:
    """LOG(x, base) and LOG10: an error outside the domain of either."""
    value = node.expression
    if value is None or (isinstance(value, exp.Literal) and float(str(value.this)) > 0):
        return None
    outside = exp.LTE(this=paren(value.copy()), expression=number(0))
    failed = call("error", text("LOG of a number outside its domain"))
    return exp.Case(ifs=[exp.If(this=outside, true=failed)], default=node.copy())


def _nonzero(node: exp.Expr) -> exp.Expr:
    """The divisor, or BigQuery's error where DuckDB would answer NULL or infinity."""
    value = literal_int(node)
    if value or (isinstance(node, exp.Literal) and float(str(node.this)) != 0):
        return node
    zero = exp.EQ(this=paren(node.copy()), expression=number(0))
    return exp.Case(
        ifs=[exp.If(this=zero, true=call("error", text("division by zero")))], default=node
    )


def divide(node: exp.Expr) -> exp.Expr:
    """The operator /: FLOAT64, or NUMERIC of two exact numbers."""
    made = exp.Div(this=_operand(node.this), expression=paren(_nonzero(node.expression)))
    if is_decimal(node) and not is_float(node.this) and not is_float(node.expression):
        return cast(exp.Paren(this=made), _NUMERIC)
    return exp.Paren(this=made)


def _operand(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node) if isinstance(node, exp.Binary) else node


def int_divide(node: exp.Expr) -> exp.Expr:
    """DIV, rounded toward zero."""
    return exp.Paren(
        this=exp.IntDiv(this=paren(node.this), expression=paren(_nonzero(node.expression)))
    )


def modulo(node: exp.Expr) -> exp.Expr:
    """MOD, with the sign of the dividend."""
    return exp.Paren(
        this=exp.Mod(this=paren(node.this), expression=paren(_nonzero(node.expression)))
    )


def safe_divide(node: exp.Expr) -> exp.Expr:
    """SAFE_DIVIDE: NULL where the divisor is 0."""
    divisor = call("nullif", node.expression, number(0))
    made = exp.Paren(this=exp.Div(this=paren(node.this), expression=divisor))
    return cast(made, _NUMERIC) if is_decimal(node) else made


def ieee_divide(node: exp.Expr) -> exp.Expr:
    """IEEE_DIVIDE: infinity or NaN where the divisor is 0."""
    left, right = node.expressions
    return exp.Paren(this=exp.Div(this=cast(left, "DOUBLE"), expression=cast(right, "DOUBLE")))


def reciprocal(name: str) -> Callable[[exp.Expr], exp.Expr]:
    """CSC and its kin: one over a function, and BigQuery's error where that is zero."""
    return lambda node: exp.Paren(
        this=exp.Div(
            this=exp.Literal.number("1e0"),
            expression=_nonzero(call(name, cast(node.this, "DOUBLE"))),
        )
    )
