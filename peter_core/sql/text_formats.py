"""BigQuery's FORMAT as a chain of DuckDB texts."""

from __future__ import annotations

import re

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, cast, is_decimal, literal_text, paren, refuse, text
from peter_core.sql.printables import PRINTERS

_SPECIFIER = re.compile(
    r"%(?P<flags>[-+ 0#']*)(?P<width>\d*)(?P<precision>\.\d*)?(?P<kind>[a-zA-Z%])"
)


def format_call(node: exp.Expr) -> exp.Expr:
    """``FORMAT('%d of %s', a, b)``; the pattern must be a literal.

    https://cloud.google.com/bigquery/docs/reference/standard-sql/format_elements#format_string
    """
    pattern = literal_text(node.this)
    if pattern is None:
        refuse(node, "FORMAT with a pattern that is not a literal")
    arguments = list(node.expressions)
    pieces: list[exp.Expr] = []
    position = 0
    for match in _SPECIFIER.finditer(pattern):
        if match.start() > position:
            pieces.append(text(pattern[position : match.start()]))
        position = match.end()
        if match["kind"] == "%":
            pieces.append(text("%"))
            continue
        if not arguments:
            refuse(node, "FORMAT with too few values")
        pieces.append(_piece(node, match, arguments.pop(0)))
    rest = pattern[position:]
    if "%" in rest or arguments:
        refuse(node, f"FORMAT('{pattern}')")
    if rest or not pieces:
        pieces.append(text(rest))
    made = pieces[0]
    for piece in pieces[1:]:
        made = exp.DPipe(this=made, expression=piece)
    return exp.Paren(this=made) if len(pieces) > 1 else made


def _piece(node: exp.Expr, match: re.Match[str], value: exp.Expr) -> exp.Expr:
    kind, flags = match["kind"], match["flags"]
    shape = f"{match['width']}{match['precision'] or ''}"
    if kind in "fF" and is_decimal(value):
        # Decimals round halves away from zero, which a double may not hold.
        digits = int((match["precision"] or ".6")[1:])
        value = call("round", value, exp.Literal.number(digits))
    if "'" in flags and kind in "oxX":
        refuse(node, f"FORMAT('{match[0]}')")
    if kind in "diu" and "'" in flags:
        if flags != "'":
            refuse(node, f"FORMAT('{match[0]}')")
        return call("format", text(f"{{:{match['width']},}}"), value)
    if kind in "fF" and "'" in flags:
        return call("format", text(f"{{:{shape},f}}" if not match["precision"] else
                                   f"{{:{match['width']},{match['precision']}f}}"),
                    cast(value, "DOUBLE"))  # fmt: skip
    if kind in "diuoxX":
        return call("printf", text(f"%{flags}{shape}{'d' if kind in 'iu' else kind}"), value)
    if kind in "fFeEgG":
        return call("printf", text(f"%{flags}{shape}{kind}"), cast(value, "DOUBLE"))
    if kind in "stT":
        return _padded(PRINTERS[kind](value) if kind in PRINTERS else cast(value, "VARCHAR"), match)
    return refuse(node, f"FORMAT('{match[0]}')")


def _padded(written: exp.Expr, match: re.Match[str]) -> exp.Expr:
    """Cut to the precision, then filled to the width."""
    if match["precision"]:
        written = call("left", written, exp.Literal.number(int(match["precision"][1:] or 0)))
    if not match["width"]:
        return written
    size, blank = exp.Literal.number(int(match["width"])), text(" ")
    pad = "rpad" if "-" in match["flags"] else "lpad"
    longer = exp.GT(this=call("length", written.copy()), expression=size.copy())
    filled = call(pad, written.copy(), size, blank)
    return exp.Case(ifs=[exp.If(this=longer, true=written)], default=filled)


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
