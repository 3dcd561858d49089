"""Comparisons that BigQuery refuses for their types: the plain ones only, never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.positions import Span, problem_at, span_of
from peter_core.sql.reading import parameter_tokens, tokenize
from peter_core.sql.typed import type_name, typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_FAMILIES = {
    "INT64": "number", "FLOAT64": "number", "NUMERIC": "number", "BIGNUMERIC": "number",
    "STRING": "text", "BYTES": "bytes", "BOOL": "truth", "DATE": "day", "DATETIME": "day",
    "TIMESTAMP": "moment", "TIME": "clock",
}  # fmt: skip
# https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#parameter_coercion
_TEXT_FITS = frozenset({"day", "moment", "clock", "bytes"})


def type_clashes(
    statement: Statement, schema: SchemaMapping, parameters: Mapping[str, str]
) -> Iterator[Problem]:
    """Problems with rule ``parameter-type``: a parameter compared with what it cannot equal."""
    if not statement.parameters or not parameters:
        return
    spans: dict[str, list[Span]] = {}
    for token in parameter_tokens(tokenize(statement.text)):
        spans.setdefault(token.text.lower(), []).append(Span(token.start - 1, token.end + 1))
    seen: set[str] = set()
    for left, right in _compared(typed(statement, schema, parameters).tree):
        for one, other in ((left, right), (right, left)):
            name = _parameter_name(one)
            if name is None or name.lower() in seen:
                continue
            mine, theirs = _type(one), _type(other)
            if _clash(mine, theirs):
                seen.add(name.lower())
                yield problem_at(
                    statement.text,
                    _nearest_span(spans.get(name.lower(), []), span_of(other)),
                    "parameter-type",
                    f"@{name} is {mine} and is compared with {_what(other)}, which is {theirs}.",
                    hint=f"Cast one of them, for example CAST(@{name} AS {theirs}).",
                )


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    for node in tree.find_all(*_COMPARISONS, exp.Between, exp.In):
        if isinstance(node, exp.Between):
            yield node.this, node.args["low"]
            yield node.this, node.args["high"]
        elif isinstance(node, exp.In):
            for item in node.expressions:
                yield node.this, item
            unnest = node.args.get("unnest")
            if isinstance(unnest, exp.Unnest) and unnest.expressions:
                yield node.this, unnest.expressions[0]
        else:
            yield node.this, node.expression


def _parameter_name(node: exp.Expr) -> str | None:
    inner = node.unnest()
    if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Parameter):
        return str(inner.this.name)
    return None


def _type(node: exp.Expr) -> str:
    kind = node.type
    if kind is not None and kind.is_type(exp.DType.ARRAY):
        in_array = isinstance(node.parent, exp.Unnest)
        return type_name(kind.expressions[0]) if in_array and kind.expressions else "ARRAY"
    return type_name(kind)


def _clash(mine: str, theirs: str) -> bool:
    left, right = _FAMILIES.get(mine), _FAMILIES.get(theirs)
    if left is None or right is None or left == right:
        return False
    return not (left == "text" and right in _TEXT_FITS)


def _what(node: exp.Expr) -> str:
    inner = node.unnest()
    return f"`{inner.name}`" if isinstance(inner, exp.Column) else "a value"


def _nearest_span(spans: list[Span], other: Span | None) -> Span | None:
    if not spans or other is None:
        return spans[0] if spans else None
    return min(spans, key=lambda span: abs(span.start - other.start))
