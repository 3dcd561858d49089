"""Values as ``%t`` and ``%T`` of FORMAT print them: to be read, and as SQL literals.

https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements#t_and_t_behavior
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    refuse,
    text,
)
from peter_core.sql.value_texts import decimal_text, float_text, moment_text

if TYPE_CHECKING:
    from collections.abc import Callable

_FINITE = r"^-?\d+$"


def printed(value: exp.Expr, *, literal: bool) -> exp.Expr:
    """A value as text; NULL is the word.

    Parameters
    ----------
    value
        Of a known type.
    literal
        Whether as a literal of SQL (``%T``), with quotes and the words of its type.
    """
    return call("coalesce", _printed(value, literal), text("NULL"))


def _printed(value: exp.Expr, literal: bool) -> exp.Expr:
    if isinstance(value, exp.Null):
        return cast(value, "VARCHAR")
    if is_integer(value) or is_type(value, exp.DType.BOOLEAN):
        return cast(value, "VARCHAR")
    if is_type(value, *exp.DataType.TEXT_TYPES):
        return call("peter_literal", value) if literal else value
    if is_bytes(value):
        return call("peter_bytes_literal" if literal else "peter_escaped", value)
    if is_float(value):
        return _float(value, literal)
    if is_type(value, exp.DType.ARRAY):
        return _array(value, literal)
    if is_type(value, exp.DType.STRUCT):
        return _struct(value, literal)
    return _worded(value, literal)


def _float(value: exp.Expr, literal: bool) -> exp.Expr:
    written = float_text(value)
    whole = call("regexp_matches", written.copy(), text(_FINITE))
    cases = [exp.If(this=whole, true=exp.DPipe(this=written.copy(), expression=text(".0")))]
    if literal:
        finite = call("isfinite", value.copy())
        words = [text('CAST("'), written.copy(), text('" AS FLOAT64)')]
        cases.insert(0, exp.If(this=exp.Not(this=finite), true=_joined(words)))
    return exp.Case(ifs=cases, default=written)


def _worded(value: exp.Expr, literal: bool) -> exp.Expr:
    """Types whose literals begin with a word."""
    word, written = "", _text_of(value)
    if is_decimal(value):
        big = is_type(value, exp.DType.BIGDECIMAL)
        word, written = "BIGNUMERIC" if big else "NUMERIC", decimal_text(value)
    elif is_moment(value):
        word = "TIMESTAMP" if is_timestamp(value) else "DATETIME"
        written = moment_text(value)
    elif is_type(value, exp.DType.INTERVAL):
        written = call("peter_interval_text", value)
        ends = (text('INTERVAL "'), text('" YEAR TO SECOND'))
        return _joined([ends[0], written, ends[1]]) if literal else written
    elif is_type(value, exp.DType.JSON):
        return _joined([text("JSON "), call("peter_literal", written)]) if literal else written
    elif is_type(value, exp.DType.DATE):
        word = "DATE"
    elif is_type(value, exp.DType.TIME):
        word, written = "TIME", moment_text(value)
    else:
        kind = value.type.sql(dialect="bigquery") if value.type is not None else "an unknown type"
        refuse(value, f"FORMAT %{'T' if literal else 't'} of {kind}")
    return _joined([text(f'{word} "'), written, text('"')]) if literal else written


def _text_of(value: exp.Expr) -> exp.Expr:
    return cast(value, "VARCHAR")


def _array(value: exp.Expr, literal: bool) -> exp.Expr:
    kind = value.type
    item = exp.to_identifier("item")
    element = exp.Column(this=item.copy())
    element.type = (
        kind.expressions[0] if isinstance(kind, exp.DataType) and kind.expressions else None
    )
    made = exp.Lambda(this=printed(element, literal=literal), expressions=[item])
    texts = call("list_transform", value, made)
    whole = call("array_to_string", texts, text(", "))
    return _joined([text("["), whole, text("]")])


def _struct(value: exp.Expr, literal: bool) -> exp.Expr:
    kind = value.type
    parts: list[exp.Expr] = []
    fields = kind.expressions if isinstance(kind, exp.DataType) else []
    for field in fields:
        if not isinstance(field, exp.ColumnDef):
            refuse(value, "FORMAT of a struct whose fields have no names")
        part = call("struct_extract", value.copy(), text(field.name))
        part.type = field.args.get("kind")
        parts.extend([text(", "), printed(part, literal=literal)])
    lone = literal and len(fields) == 1
    whole = _joined([text("STRUCT(" if lone else "("), *parts[1:], text(")")])
    absent = exp.Is(this=value.copy(), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=exp.Not(this=absent), true=whole)])


def _joined(pieces: list[exp.Expr]) -> exp.Expr:
    made = pieces[0]
    for piece in pieces[1:]:
        made = exp.DPipe(this=made, expression=piece)
    return exp.Paren(this=made)


PRINTERS: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "t": lambda value: printed(value, literal=False),
    "T": lambda value: printed(value, literal=True),
}
"""By the letter of the specifier."""
