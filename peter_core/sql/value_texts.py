"""Numbers and moments as the texts BigQuery's CAST to STRING gives."""

from __future__ import annotations

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, cast, paren, text


def float_text(value: exp.Expr) -> exp.Expr:
    """A FLOAT64 as text: 15 digits, 17 where they say more; 1 and not 1.0; no sign of zero."""
    short, long = (call("printf", text(f"%.{digits}g"), value.copy()) for digits in (15, 17))
    same = exp.EQ(this=cast(short, "DOUBLE"), expression=paren(value.copy()))
    zero = exp.EQ(this=paren(value.copy()), expression=exp.Literal.number(0))
    return exp.Case(
        ifs=[exp.If(this=zero, true=text("0")), exp.If(this=same, true=short.copy())], default=long
    )


def decimal_text(value: exp.Expr) -> exp.Expr:
    """A NUMERIC as text: without the zeros that end its fraction."""
    written = cast(value, "VARCHAR")
    short = call("regexp_replace", written, text(r"(\.\d*?)0+$"), text(r"\1"))
    return call("regexp_replace", short, text(r"\.$"), text(""))


def moment_text(value: exp.Expr) -> exp.Expr:
    """A TIMESTAMP or DATETIME as text: fractions of a second have three digits, or six."""
    written = cast(value, "VARCHAR")
    digits = call("regexp_extract", written.copy(), text(r"\.(\d+)"), exp.Literal.number(1))
    few = exp.LTE(this=call("length", digits.copy()), expression=exp.Literal.number(3))
    width = exp.Case(
        ifs=[exp.If(this=few, true=exp.Literal.number(3))], default=exp.Literal.number(6)
    )
    padded = exp.DPipe(this=text("."), expression=call("rpad", digits.copy(), width, text("0")))
    fraction = exp.NEQ(this=digits, expression=text(""))
    full = call(
        "replace",
        written.copy(),
        exp.Paren(this=exp.DPipe(this=text("."), expression=digits.copy())),
        exp.Paren(this=padded),
    )
    return exp.Case(ifs=[exp.If(this=fraction, true=full)], default=written)
