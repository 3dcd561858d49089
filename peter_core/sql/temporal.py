"""Dates and times: truncation, parts, differences, arithmetic, formats.

DuckDB's own functions differ in week starts, in what a difference counts, and in giving a
TIMESTAMP where a DATE went in. The session's time zone is UTC.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_date,
    is_integer,
    is_literal_int,
    is_moment,
    is_timestamp,
    literal_text,
    number,
    paren,
    refuse,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2}))?")
_KIND_OF_TRUNC: dict[type[exp.Expr], str] = {
    exp.DateTrunc: "DATE", exp.DatetimeTrunc: "TIMESTAMP", exp.TimestampTrunc: "TIMESTAMPTZ",
}  # fmt: skip
_PARTS = {
    "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER",
    "YEAR",
}  # fmt: skip


def unit_of(node: exp.Expr) -> tuple[str, int]:
    """The part's name, and for weeks how many days after Monday they start."""
    unit = node.args.get("unit") or (node.this if isinstance(node, exp.Extract) else None)
    if isinstance(unit, exp.WeekStart):
        return "WEEK", _DAYS.index(unit.this.name.upper())
    name = unit.name.upper() if unit is not None else "DAY"
    if name == "ISOWEEK":
        return "WEEK", 0
    return name, 6 if name == "WEEK" else 0


def shifted(node: exp.Expr, days: int) -> exp.Expr:
    if not days:
        return node
    sign = exp.Add if days > 0 else exp.Sub
    interval = exp.Interval(this=text(str(abs(days))), unit=exp.Var(this="DAY"))
    return exp.Paren(this=sign(this=paren(node), expression=interval))


def truncated(node: exp.Expr, unit: str, start: int) -> exp.Expr:
    moved = call("date_trunc", text(unit.lower()), shifted(node, -start))
    return shifted(moved, start)


def _trunc(node: exp.Expr) -> exp.Expr:
    unit, start = unit_of(node)
    if unit not in _PARTS and unit != "ISOYEAR":
        refuse(node, f"{unit} in a truncation")
    value, zone = _moment(node.this, _KIND_OF_TRUNC[type(node)]), node.args.get("zone")
    if is_date(value) or (isinstance(node, exp.DateTrunc) and not value.type):
        return cast(truncated(value, unit, start), "DATE")
    if is_timestamp(value) or isinstance(node, exp.TimestampTrunc):
        local = at_zone(value, zone)
        return at_zone(truncated(local, unit, start), zone) if zone else truncated(
            value, unit, start
        )  # fmt: skip
    return truncated(value, unit, start)


def _time_trunc(node: exp.Expr) -> exp.Expr:
    unit, _ = unit_of(node)
    moment = exp.Add(this=cast(text("1970-01-01"), "DATE"), expression=paren(node.this))
    return cast(call("date_trunc", text(unit.lower()), moment), "TIME")


def at_zone(node: exp.Expr, zone: exp.Expr | None) -> exp.Expr:
    return exp.AtTimeZone(this=paren(node), zone=_zone(zone)) if zone is not None else node


def _zone(zone: exp.Expr) -> exp.Expr:
    """``+5:30`` has a name in the engine too: ``GMT+05:30``."""
    match = _OFFSET.fullmatch(literal_text(zone) or "")
    if match is None:
        return zone.copy()
    return text(f"GMT{match['sign']}{int(match['hour']):02d}:{int(match['minute'] or 0):02d}")


def _at_time_zone(node: exp.Expr) -> exp.Expr:
    return at_zone(node.this, node.args["zone"])


def _moment(value: exp.Expr, kind: str) -> exp.Expr:
    """A text where a moment stands is read as one."""
    return cast(value, kind) if literal_text(value) is not None else value


_EXTRACTED: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "DAYOFWEEK": lambda v: exp.Add(this=call("dayofweek", v), expression=number(1)),
    "DAYOFYEAR": lambda v: call("dayofyear", v),
    "ISOYEAR": lambda v: call("isoyear", v),
    "DATE": lambda v: cast(v, "DATE"),
    "TIME": lambda v: cast(cast(v, "TIMESTAMP"), "TIME"),
    "DATETIME": lambda v: cast(v, "TIMESTAMP"),
    "MILLISECOND": lambda v: exp.Mod(this=call("millisecond", v), expression=number(1000)),
    "MICROSECOND": lambda v: exp.Mod(this=call("microsecond", v), expression=number(1_000_000)),
}


def _extract(node: exp.Expr) -> exp.Expr:
    unit, start = unit_of(node)
    value = node.args["expression"]
    if unit == "WEEK":
        if isinstance(node.this, exp.Var) and node.this.name.upper() == "ISOWEEK":
            return call("week", value)
        return _week_of_year(value, start)
    if unit in _EXTRACTED:
        made = _EXTRACTED[unit](value)
        return made if isinstance(made, exp.Cast) else cast(exp.Paren(this=made), "BIGINT")
    if unit not in _PARTS:
        refuse(node, f"EXTRACT({unit})")
    return call("date_part", text(unit.lower()), value)


def _week_of_year(value: exp.Expr, start: int) -> exp.Expr:
    """Weeks since the first start day of the year; the days before it are week 0."""
    sunday_based = (start + 1) % 7
    shifted = exp.Add(this=call("dayofweek", value), expression=number(7 - sunday_based))
    weekday = exp.Mod(this=exp.Paren(this=shifted), expression=number(7))
    days = exp.Sub(
        this=exp.Add(this=call("dayofyear", value.copy()), expression=number(6)),
        expression=exp.Paren(this=weekday),
    )
    return exp.Paren(this=exp.IntDiv(this=exp.Paren(this=days), expression=number(7)))


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Boundaries crossed between two days or two civil times."""
    unit, start = unit_of(node)
    later, earlier = (
        cast(one, "DATE") if isinstance(one, exp.Literal) else one
        for one in (node.this, node.expression)
    )
    if unit == "WEEK":
        days = call(
            "date_diff",
            text("day"),
            cast(truncated(earlier, "WEEK", start), "DATE"),
            cast(truncated(later, "WEEK", start), "DATE"),
        )
        return exp.Paren(this=exp.IntDiv(this=days, expression=number(7)))
    if unit == "ISOYEAR":
        return exp.Paren(
            this=exp.Sub(this=call("isoyear", later), expression=call("isoyear", earlier))
        )
    if unit not in _PARTS:
        refuse(node, f"{unit} in a difference")
    return call("date_diff", text(unit.lower()), earlier, later)


def _timestamp_diff(node: exp.Expr) -> exp.Expr:
    """Whole intervals between two instants, rounded toward zero."""
    unit, _ = unit_of(node)
    earlier, later = (_moment(one, "TIMESTAMPTZ") for one in (node.expression, node.this))
    return call("date_sub", text(unit.lower()), earlier, later)


def _arithmetic(node: exp.Expr) -> exp.Expr:
    unit, _ = unit_of(node)
    if unit not in _PARTS:
        refuse(node, f"INTERVAL {unit}")
    amount = node.expression
    if isinstance(amount, exp.Literal) and amount.is_string:
        interval: exp.Expr = exp.Interval(this=amount, unit=exp.Var(this=unit))
    else:
        interval = _computed_interval(amount, unit)
    minus = isinstance(node, exp.DateSub | exp.TimestampSub | exp.DatetimeSub | exp.TimeSub)
    made = (exp.Sub if minus else exp.Add)(this=paren(node.this), expression=interval)
    wrapped = exp.Paren(this=made)
    return cast(wrapped, "DATE") if _stays_date(node, unit) else wrapped


def _stays_date(node: exp.Expr, unit: str) -> bool:
    if not isinstance(node, exp.DateAdd | exp.DateSub):
        return False
    return unit in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR") and not (
        node.this.type is not None and node.this.type.is_type(
            exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPTZ
        )
    )  # fmt: skip


def _computed_interval(amount: exp.Expr, unit: str) -> exp.Expr:
    makers = {
        "MICROSECOND": ("to_microseconds", 1), "MILLISECOND": ("to_milliseconds", 1),
        "SECOND": ("to_seconds", 1), "MINUTE": ("to_minutes", 1), "HOUR": ("to_hours", 1),
        "DAY": ("to_days", 1), "WEEK": ("to_days", 7), "MONTH": ("to_months", 1),
        "QUARTER": ("to_months", 3), "YEAR": ("to_years", 1),
    }  # fmt: skip
    maker, factor = makers[unit]
    value = paren(amount)
    if factor > 1:
        value = exp.Paren(this=exp.Mul(this=value, expression=number(factor)))
    small = maker in ("to_days", "to_months", "to_years")
    return call(maker, cast(value, "INTEGER" if small else "BIGINT"))


def _interval(node: exp.Expr) -> exp.Expr | None:
    amount, unit = node.this, node.args.get("unit")
    if not isinstance(unit, exp.Var):
        refuse(node, "INTERVAL of several parts")
    literal = isinstance(amount, exp.Literal)
    return None if literal else _computed_interval(amount, unit.name.upper())


def _interval_of(made: exp.Expr) -> exp.Expr:
    made.type = exp.DataType.build("INTERVAL")
    return made


def _add_or_sub(node: exp.Expr) -> exp.Expr | None:
    """DATE + INT64 counts days; DATE - DATE is an INTERVAL."""
    left, right = node.this, node.expression
    kind = type(node)
    if is_literal_int(left) and is_literal_int(right):
        return kind(this=cast(left, "BIGINT"), expression=cast(right, "BIGINT"))
    if is_date(left) and is_integer(right):
        return exp.Paren(this=kind(this=left, expression=cast(right, "INTEGER")))
    if isinstance(node, exp.Add) and is_integer(left) and is_date(right):
        return exp.Paren(this=kind(this=cast(left, "INTEGER"), expression=right))
    if isinstance(node, exp.Sub) and is_date(left) and is_date(right):
        days = exp.Paren(this=kind(this=left, expression=right))
        return _interval_of(call("to_days", cast(days, "INTEGER")))
    if isinstance(node, exp.Sub) and all(is_moment(one) for one in (left, right)):
        # DuckDB would count days and what is left of them; BigQuery counts hours.
        micros = (call("epoch_us", one) for one in (left, right))
        return _interval_of(
            call("to_microseconds", exp.Sub(this=next(micros), expression=next(micros)))
        )
    return None


TEMPORAL_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.Add: _add_or_sub,
    exp.AtTimeZone: _at_time_zone,
    exp.DateAdd: _arithmetic,
    exp.DateDiff: _date_diff,
    exp.DateSub: _arithmetic,
    exp.DateTrunc: _trunc,
    exp.DatetimeAdd: _arithmetic,
    exp.DatetimeDiff: _date_diff,
    exp.DatetimeSub: _arithmetic,
    exp.DatetimeTrunc: _trunc,
    exp.Extract: _extract,
    exp.Interval: _interval,
    exp.Sub: _add_or_sub,
    exp.TimeAdd: _arithmetic,
    exp.TimeDiff: _date_diff,
    exp.TimeSub: _arithmetic,
    exp.TimeTrunc: _time_trunc,
    exp.TimestampAdd: _arithmetic,
    exp.TimestampDiff: _timestamp_diff,
    exp.TimestampSub: _arithmetic,
    exp.TimestampTrunc: _trunc,
}
