"""BigQuery's FORMAT as a chain of DuckDB texts."""

from __future__ import annotations

import re

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, cast, is_decimal, literal_text, refuse, text
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
