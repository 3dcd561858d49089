"""CAST ... FORMAT: moments and bytes written by a format model.

https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements#format_clause
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_bytes,
    is_date,
    is_timestamp,
    is_type,
    literal_text,
    number,
    paren,
    refuse,
    text,
)
from peter_core.sql.temporal import at_zone

if TYPE_CHECKING:
    from collections.abc import Callable

_ELEMENT = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign>[-./,';:\ ])
    |(?P<part>YYYY|YYY|YY|Y|RRRR|RR|MONTH|MON|MM|DDD|DD|DAY|DY|D|HH24|HH12|HH|MI|SSSSS|SS|FF[1-9]
        |A\.M\.|P\.M\.|AM|PM|TZH|TZM)""",
    re.VERBOSE | re.IGNORECASE,
)
_UNLIKE = re.compile(r"Y,YYY", re.IGNORECASE)
_PLAIN = {
    "YYYY": "%Y", "RRRR": "%Y", "YY": "%y", "RR": "%y", "MM": "%m", "DD": "%d", "DDD": "%j",
    "HH": "%I", "HH12": "%I", "HH24": "%H", "MI": "%M", "SS": "%S",
}  # fmt: skip
_NAMES = {"MONTH": "%B", "MON": "%b", "DAY": "%A", "DY": "%a"}
_OF_DAYS = frozenset({"YYYY", "YYY", "YY", "Y", "RRRR", "RR", "MM", "D", "DD", "DDD", *_NAMES})
_MERIDIANS = frozenset({"AM", "PM", "A.M.", "P.M."})
_ZONES = frozenset({"TZH", "TZM"})


def cast_by_format(node: exp.Expr) -> exp.Expr:
    """A CAST with a FORMAT whose model is a literal."""
    given = node.args["format"]
    zone = given.args.get("zone") if isinstance(given, exp.AtTimeZone) else None
    model = literal_text(given.this if zone is not None else given)
    value, to = node.this, node.args["to"]
    if model is None:
        refuse(node, "CAST ... FORMAT with a model that is no literal")
    if to.is_type(exp.DType.BINARY, exp.DType.VARBINARY):
        return _encoded(node, _BYTES_OF, model)
    if to.is_type(*exp.DataType.TEXT_TYPES) and is_bytes(value):
        return _encoded(node, _TEXTS_OF, model)
    if to.is_type(*exp.DataType.TEXT_TYPES) and is_type(value, *_MOMENTS):
        return _written(node, value, model, zone)
    if to.this in _TARGETS and not is_type(value, *_MOMENTS):
        return _parsed(node, model, zone)
    return refuse(node, "CAST ... FORMAT of this type")


_MOMENTS = (
    exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPTZ,
)  # fmt: skip
_TEXTS_OF: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "ASCII": lambda value: call("decode", value),
    "BASE32": lambda value: call("peter_base32", value),
    "BASE64": lambda value: call("to_base64", value),
    "HEX": lambda value: call("lower", call("hex", value)),
    "UTF-8": lambda value: call("decode", value),
    "UTF8": lambda value: call("decode", value),
}
_BYTES_OF: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "ASCII": lambda value: call("encode", value),
    "BASE32": lambda value: call("peter_from_base32", value),
    "BASE64": lambda value: call("from_base64", value),
    "HEX": lambda value: call("unhex", value),
    "UTF-8": lambda value: call("encode", value),
    "UTF8": lambda value: call("encode", value),
}


def _encoded(
    node: exp.Expr, ways: dict[str, Callable[[exp.Expr], exp.Expr]], model: str
) -> exp.Expr:
    way = ways.get(model.upper())
    if way is None:
        refuse(node, f"CAST ... FORMAT '{model}'")
    return way(node.this)


def _parsed(node: exp.Expr, model: str, zone: exp.Expr | None) -> exp.Expr:
    kind = node.args["to"].this
    parts = _elements(node, model)
    used = {part.upper() for which, part in parts if which == "part"}
    pattern = "".join(_pattern(node, which, part, model) for which, part in parts)
    years = used & {"YYYY", "RRRR", "YY", "RR"}
    if kind is not exp.DType.TIME and not (years and used & {"MM", "MON", "MONTH"}):
        refuse(node, f"CAST ... FORMAT '{model}' without a year and a month")
    if used & {"HH", "HH12"} and not used & _MERIDIANS:
        refuse(node, f"CAST ... FORMAT '{model}' without AM or PM")
    days, clock = used & _OF_DAYS, used - _OF_DAYS
    if (kind is exp.DType.TIME and days) or (kind is exp.DType.DATE and clock):
        refuse(node, f"CAST ... FORMAT '{model}' of this type")
    if used & _ZONES and (zone is not None or kind is not exp.DType.TIMESTAMPTZ):
        refuse(node, f"CAST ... FORMAT '{model}' with a time zone")
    parsed: exp.Expr = call("strptime", node.this, text(pattern.replace("%z:%z", "%z")))
    parsed = _rounded(parsed, used)
    if kind is exp.DType.TIMESTAMPTZ and not used & _ZONES:
        parsed = at_zone(cast(parsed, "TIMESTAMP"), zone)
    made = cast(_in_century(parsed, years), _TARGETS[kind])
    return call("try", made) if isinstance(node, exp.TryCast) else made


_TARGETS = {
    exp.DType.DATE: "DATE", exp.DType.TIME: "TIME", exp.DType.TIMESTAMP: "TIMESTAMP",
    exp.DType.DATETIME: "TIMESTAMP", exp.DType.TIMESTAMPTZ: "TIMESTAMPTZ",
}  # fmt: skip


def _pattern(node: exp.Expr, which: str, part: str, model: str) -> str:
    """What ``strptime`` reads where the element stands."""
    if which != "part":
        return _literal(which, part).replace("%", "%%")
    name = part.upper()
    read = {**_PLAIN, "MONTH": "%B", "MON": "%b", "AM": "%p", "PM": "%p", "TZH": "%z", "TZM": "%z"}
    if name.startswith("FF") and int(name[2]) <= 6:
        return "%f"
    if name not in read or name == "DDD":
        refuse(node, f"CAST ... FORMAT '{model}'")
    return read[name]


def _rounded(parsed: exp.Expr, used: set[str]) -> exp.Expr:
    """FF3 keeps three digits of a second, rounded."""
    digits = next((int(part[2]) for part in used if part.startswith("FF")), 6)
    if digits >= 6:
        return parsed
    size = 10 ** (6 - digits)
    half = exp.Add(this=call("epoch_us", parsed), expression=number(size // 2))
    # Down, for a text without a year stands before 1970.
    share = exp.Div(this=cast(exp.Paren(this=half), "DOUBLE"), expression=number(size))
    whole = cast(call("floor", share), "BIGINT")
    micros = exp.Mul(this=whole, expression=number(size))
    return call("make_timestamptz" if used & _ZONES else "make_timestamp", micros)


def _in_century(parsed: exp.Expr, years: set[str]) -> exp.Expr:
    """YY is a year of this century, RR the nearest one; DuckDB turns at 69."""
    if not years & {"YY", "RR"}:
        return parsed
    year = call("year", parsed.copy())
    early = exp.LT(this=year, expression=number(2000))
    late = exp.GTE(this=year.copy(), expression=number(2050))
    other = exp.If(this=early, true=number(100)) if "YY" in years else exp.If(
        this=late, true=number(-100)
    )  # fmt: skip
    moved = exp.Case(ifs=[other], default=number(0))
    return exp.Paren(this=exp.Add(this=parsed, expression=call("to_years", moved)))


def _written(node: exp.Expr, value: exp.Expr, model: str, zone: exp.Expr | None) -> exp.Expr:
    parts = _elements(node, model)
    used = {part.upper() for kind, part in parts if kind == "part"}
    is_time = is_type(value, exp.DType.TIME)
    wrong = (
        (is_time and used & (_OF_DAYS | _ZONES))
        or (is_date(value) and used - _OF_DAYS)
        or (used & _ZONES and (zone is not None or not is_timestamp(value)))
    )
    if wrong:
        refuse(node, f"CAST ... FORMAT '{model}' of this type")
    if is_time:
        moment: exp.Expr = exp.Add(this=cast(text("1970-01-01"), "DATE"), expression=paren(value))
    else:
        moment = cast(at_zone(value, zone), "TIMESTAMP")
    made: exp.Expr = text("")
    for kind, part in parts:
        piece = _part(part, moment) if kind == "part" else text(_literal(kind, part))
        made = exp.DPipe(this=made, expression=piece)
    absent = exp.Not(this=exp.Is(this=paren(value.copy()), expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=absent, true=made)])


def _elements(node: exp.Expr, model: str) -> list[tuple[str, str]]:
    found = []
    position = 0
    while position < len(model):
        match = _ELEMENT.match(model, position)
        if match is None or _UNLIKE.match(model, position):
            refuse(node, f"CAST ... FORMAT '{model}'")
        found.append((str(match.lastgroup), match[0]))
        position = match.end()
    return found


def _literal(kind: str, part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part[1:-1]) if kind == "quoted" else part


def _part(written: str, moment: exp.Expr) -> exp.Expr:
    part = written.upper()
    if part in _PLAIN:
        return call("strftime", moment.copy(), text(_PLAIN[part]))
    if part in _NAMES:
        return _cased(written, call("strftime", moment.copy(), text(_NAMES[part])))
    if part in ("YYY", "Y"):
        return call("right", call("strftime", moment.copy(), text("%Y")), number(len(part)))
    if part in _MERIDIANS:
        late = exp.GTE(this=call("hour", moment.copy()), expression=number(12))
        dots = "." in part
        words = [text(f"{letter}.M." if dots else f"{letter}M") for letter in "PA"]
        return _cased(written, exp.Case(ifs=[exp.If(this=late, true=words[0])], default=words[1]))
    if part in _ZONES:
        return text("+00" if part == "TZH" else "00")
    if part == "D":
        day = exp.Add(this=call("dayofweek", moment.copy()), expression=number(1))
        return cast(exp.Paren(this=day), "VARCHAR")
    if part == "SSSSS":
        seconds = call("date_part", text("epoch"), cast(moment.copy(), "TIME"))
        return call("lpad", cast(cast(call("floor", seconds), "BIGINT"), "VARCHAR"), number(5),
                    text("0"))  # fmt: skip
    digits = call("strftime", moment.copy(), text("%f"))
    return call("left", call("rpad", digits, number(9), text("0")), number(int(part[2])))


def _cased(written: str, value: exp.Expr) -> exp.Expr:
    """A word in capitals as its element is: all, the first or none."""
    letters = [one for one in written if one.isalpha()]
    if letters[0].islower():
        return call("lower", value)
    if letters[1].isupper():
        return call("upper", value)
    first = call("left", value.copy(), number(1))
    rest = call("lower", call("substr", value.copy(), number(2)))
    return exp.Paren(this=exp.DPipe(this=first, expression=rest))
