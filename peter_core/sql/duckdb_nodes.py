"""Building blocks of DuckDB expressions."""

from __future__ import annotations

from typing import NoReturn

from sqlglot import exp


class Untranslatable(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """Parts of a statement that DuckDB cannot say: the node and its BigQuery name."""

    def __init__(self, found: list[tuple[exp.Expr, str]]) -> None:
        super().__init__(", ".join(name for _, name in found))
        self.found = found


def refuse(node: exp.Expr, name: str) -> NoReturn:
    """Give up on one node."""
    raise Untranslatable([(node, name)])


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A DuckDB function by its own name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def cast(node: exp.Expr, kind: str, *, safe: bool = False) -> exp.Cast:
    """A cast to a DuckDB type."""
    to = exp.DataType.build(kind, dialect="duckdb")
    made = exp.TryCast(this=node, to=to) if safe else exp.Cast(this=node, to=to)
    made.type = to
    return made


def text(value: str) -> exp.Literal:
    """A string literal."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def paren(node: exp.Expr) -> exp.Expr:
    """The node where an operator may follow it."""
    if isinstance(node, exp.Column | exp.Literal | exp.Func | exp.Paren | exp.Bracket):
        return node
    return exp.Paren(this=node)


def is_type(node: exp.Expr | None, *kinds: exp.DType) -> bool:
    """Whether the typing gave the node one of these types."""
    return node is not None and node.type is not None and bool(node.type.is_type(*kinds))


def is_date(node: exp.Expr) -> bool:
    """Whether it is a DATE."""
    return is_type(node, exp.DType.DATE)


def is_timestamp(node: exp.Expr) -> bool:
    """Whether it is a BigQuery TIMESTAMP: an instant."""
    return is_type(node, exp.DType.TIMESTAMPTZ)


def is_moment(node: exp.Expr) -> bool:
    """Whether it is a TIMESTAMP or a DATETIME."""
    return is_type(node, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMP, exp.DType.DATETIME)


def is_integer(node: exp.Expr | None) -> bool:
    """Whether it is an INT64."""
    return is_type(node, *exp.DataType.INTEGER_TYPES)


def is_decimal(node: exp.Expr | None) -> bool:
    """Whether it is a NUMERIC or BIGNUMERIC."""
    return is_type(node, exp.DType.DECIMAL, exp.DType.BIGDECIMAL)


def is_float(node: exp.Expr | None) -> bool:
    """Whether it is a FLOAT64."""
    return is_type(node, exp.DType.DOUBLE, exp.DType.FLOAT)


def is_bytes(node: exp.Expr | None) -> bool:
    """Whether it is BYTES."""
    return is_type(node, exp.DType.BINARY, exp.DType.VARBINARY)


def literal_text(node: exp.Expr | None) -> str | None:
    """The value of a string literal, raw or not."""
    if isinstance(node, exp.RawString):
        return str(node.this)
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def is_literal_int(node: exp.Expr | None) -> bool:
    """Whether it is a whole number literal."""
    return literal_int(node) is not None


def literal_int(node: exp.Expr | None) -> int | None:
    """The value of a whole number literal."""
    if isinstance(node, exp.Neg):
        inner = literal_int(node.this)
        return -inner if inner is not None else None
    if isinstance(node, exp.Literal) and str(node.this).lstrip("-").isdigit():
        return int(node.this)
    return None
