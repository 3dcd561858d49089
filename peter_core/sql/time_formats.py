"""BigQuery's format elements for dates and times as DuckDB's.

https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, cast, number, text

if TYPE_CHECKING:
    from collections.abc import Callable

_ELEMENT = re.compile(r"%(?:E\*S|E\d?S|E4Y|Ez|E#S|-?[A-Za-z%+])|[^%]+|%")

# Elements that both sides spell alike, or that another DuckDB element says.
_SAME = set("aAbBdFHIjmMpSTuUwWyYVG")
_SPELLED = {
    "%%": "%%", "%h": "%b", "%D": "%m/%d/%y", "%x": "%m/%d/%y", "%X": "%H:%M:%S", "%R": "%H:%M",
    "%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%E4Y": "%Y", "%n": "\n", "%t": "\t",
    "%-m": "%-m", "%-H": "%-H", "%-I": "%-I",
    "%-M": "%-M", "%-S": "%-S", "%-j": "%-j", "%f": "%f", "%E6S": "%S.%f", "%E*S": "%S.%f",
}  # fmt: skip


def format_expression(pattern: str, moment: exp.Expr, zone: str) -> exp.Expr | None:
    """A moment of the wall clock written by a pattern; ``None`` for an unknown element."""
    pieces: list[exp.Expr] = []
    plain = ""
    for element in _ELEMENT.findall(pattern):
        same = _plain(element)
        if same is not None:
            plain += same
            continue
        special = _SPECIAL.get(element) or (_ZONED.get(element) if zone == "UTC" else None)
        if special is None:
            return None
        if plain:
            pieces.append(call("strftime", moment.copy(), text(plain)))
        plain = ""
        pieces.append(special(moment.copy()))
    if plain or not pieces:
        pieces.append(call("strftime", moment.copy(), text(plain)))
    made = pieces[0]
    for piece in pieces[1:]:
        made = exp.DPipe(this=made, expression=piece)
    return exp.Paren(this=made) if len(pieces) > 1 else made


def parse_format(pattern: str) -> str | None:
    """The pattern for DuckDB's ``strptime``; ``None`` for an unknown element."""
    made = ""
    for element in _ELEMENT.findall(pattern):
        same = _plain(element) or {"%e": "%d", "%-d": "%d", "%z": "%z", "%Ez": "%z", "%Z": "%Z",
                                   "%k": "%H", "%l": "%I", "%P": "%p"}.get(element)  # fmt: skip
        if same is None:
            return None
        made += same
    return made


def _plain(element: str) -> str | None:
    if not element.startswith("%"):
        return element
    if element in _SPELLED:
        return _SPELLED[element]
    return element if len(element) == 2 and element[1] in _SAME else None


def _padded(part: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda moment: call(
        "lpad", call("strftime", moment, text(part)), number(2), text(" ")
    )  # fmt: skip


def _as_text(node: exp.Expr) -> exp.Expr:
    return cast(node, "VARCHAR")


_SPECIAL: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "%Q": lambda moment: _as_text(call("quarter", moment)),
    "%e": _padded("%-d"),
    # The parser has already turned %e into this.
    "%-d": _padded("%-d"),
    "%k": _padded("%-H"),
    "%l": _padded("%-I"),
    "%P": lambda moment: call("lower", call("strftime", moment, text("%p"))),
    "%C": lambda moment: call("left", call("strftime", moment, text("%Y")), number(2)),
    "%g": lambda moment: call("right", call("strftime", moment, text("%G")), number(2)),
    "%s": lambda moment: _as_text(cast(call("epoch", moment), "BIGINT")),
}
_ZONED: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "%Z": lambda moment: text("UTC"),
    "%z": lambda moment: text("+0000"),
    "%Ez": lambda moment: text("+00:00"),
}
