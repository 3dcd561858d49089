"""Dates and times: truncation, parts, differences, arithmetic, formats.

DuckDB's own functions differ in week starts, in what a difference counts, and in giving a
TIMESTAMP where a DATE went in. The session's time zone is UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_date,
    is_integer,
    is_timestamp,
    literal_int,
    literal_text,
    number,
    paren,
    refuse,
    text,
)
from peter_core.sql.time_formats import format_expression, parse_format

if TYPE_CHECKING:
    from collections.abc import Callable

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_PARTS = {
    "MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER",
    "YEAR",
}  # fmt: skip


def _unit(node: exp.Expr) -> tuple[str, int]:
    """The part's name, and for weeks how many days after Monday they start."""
    unit = node.args.get("unit") or (node.this if isinstance(node, exp.Extract) else None)
    if isinstance(unit, exp.WeekStart):
        return "WEEK", _DAYS.index(unit.this.name.upper())
    name = unit.name.upper() if unit is not None else "DAY"
    if name == "ISOWEEK":
        return "WEEK", 0
    return name, 6 if name == "WEEK" else 0


def _shift(node: exp.Expr, days: int) -> exp.Expr:
    if not days:
        return node
    sign = exp.Add if days > 0 else exp.Sub
    interval = exp.Interval(this=text(str(abs(days))), unit=exp.Var(this="DAY"))
    return exp.Paren(this=sign(this=paren(node), expression=interval))


def _truncated(node: exp.Expr, unit: str, start: int) -> exp.Expr:
    moved = call("date_trunc", text(unit.lower()), _shift(node, -start))
    return _shift(moved, start)


def _trunc(node: exp.Expr) -> exp.Expr:
    unit, start = _unit(node)
    if unit not in _PARTS and unit != "ISOYEAR":
        refuse(node, f"{unit} in a truncation")
    value, zone = node.this, node.args.get("zone")
    if is_date(value) or (isinstance(node, exp.DateTrunc) and not value.type):
        return cast(_truncated(value, unit, start), "DATE")
    if is_timestamp(value) or isinstance(node, exp.TimestampTrunc):
        local = _at_zone(value, zone)
        return _at_zone(_truncated(local, unit, start), zone) if zone else _truncated(
            value, unit, start
        )  # fmt: skip
    return _truncated(value, unit, start)


def _time_trunc(node: exp.Expr) -> exp.Expr:
    unit, _ = _unit(node)
    moment = exp.Add(this=cast(text("1970-01-01"), "DATE"), expression=paren(node.this))
    return cast(call("date_trunc", text(unit.lower()), moment), "TIME")


def _at_zone(node: exp.Expr, zone: exp.Expr | None) -> exp.Expr:
    return exp.AtTimeZone(this=paren(node), zone=zone.copy()) if zone is not None else node


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
    unit, start = _unit(node)
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
    unit, start = _unit(node)
    later, earlier = node.this, node.expression
    if unit == "WEEK":
        days = call(
            "date_diff",
            text("day"),
            cast(_truncated(earlier, "WEEK", start), "DATE"),
            cast(_truncated(later, "WEEK", start), "DATE"),
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
    unit, _ = _unit(node)
    return call("date_sub", text(unit.lower()), node.expression, node.this)


def _arithmetic(node: exp.Expr) -> exp.Expr:
    unit, _ = _unit(node)
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


def _add_or_sub(node: exp.Expr) -> exp.Expr | None:
    """DATE + INT64 counts days; DATE - DATE is an INTERVAL."""
    left, right = node.this, node.expression
    kind = type(node)
    if is_date(left) and is_integer(right):
        return exp.Paren(this=kind(this=left, expression=cast(right, "INTEGER")))
    if isinstance(node, exp.Add) and is_integer(left) and is_date(right):
        return exp.Paren(this=kind(this=cast(left, "INTEGER"), expression=right))
    if isinstance(node, exp.Sub) and is_date(left) and is_date(right):
        return call("to_days", cast(exp.Paren(this=kind(this=left, expression=right)), "INTEGER"))
    return None


def _date(node: exp.Expr) -> exp.Expr:
    if node.args.get("month") is not None or node.expressions:
        return exp.Anonymous(
            this="make_date",
            expressions=[cast(part, "BIGINT") for part in _date_parts(node)],
        )
    if (zone := node.args.get("zone")) is not None:
        return cast(_at_zone(node.this, zone), "DATE")
    return cast(node.this, "DATE")


def _date_parts(node: exp.Expr) -> list[exp.Expr]:
    parts = [node.args.get(key) for key in ("year", "month", "day")]
    return [part for part in parts if part is not None]


def _datetime(node: exp.Expr) -> exp.Expr:
    second = node.args.get("expression")
    if second is None:
        return cast(node.this, "TIMESTAMP")
    if is_date(node.this):
        return exp.Paren(this=exp.Add(this=paren(node.this), expression=paren(second)))
    return cast(_at_zone(node.this, second), "TIMESTAMP")


def _timestamp(node: exp.Expr) -> exp.Expr:
    zone = node.args.get("zone")
    if zone is None:
        return cast(node.this, "TIMESTAMPTZ")
    return _at_zone(cast(node.this, "TIMESTAMP"), zone)


def _current_date(node: exp.Expr) -> exp.Expr:
    return cast(_at_zone(call("now"), node.this or text("UTC")), "DATE")


def _current_datetime(node: exp.Expr) -> exp.Expr:
    return _at_zone(call("now"), node.this or text("UTC"))


def _current_time(node: exp.Expr) -> exp.Expr:
    return cast(_current_datetime(node), "TIME")


def _format(node: exp.Expr) -> exp.Expr:
    pattern = literal_text(node.args.get("format"))
    if pattern is None:
        refuse(node, "A format that is not a literal")
    value = node.this
    if isinstance(value, exp.Cast) and isinstance(value.this, exp.Expr) and (
        value.meta_get("of_format")
    ):  # fmt: skip
        value = value.this
    zone = node.args.get("zone")
    local = _at_zone(value, zone) if zone is not None else value
    moment = cast(local, "TIMESTAMP")
    made = format_expression(pattern, moment, str(zone.name) if zone is not None else "UTC")
    if made is None:
        refuse(node, f"The format '{pattern}'")
    return made


def _parse(kind: str) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        pattern = literal_text(node.args.get("format"))
        read = parse_format(pattern) if pattern is not None else None
        if read is None:
            refuse(node, f"The format '{pattern or '?'}'")
        parsed = call("strptime", node.this, text(read))
        zone = node.args.get("zone")
        if kind == "TIMESTAMPTZ" and zone is not None:
            return _at_zone(cast(parsed, "TIMESTAMP"), zone)
        return cast(parsed, kind)

    return rule


def _unix(unit: str) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        micros = call("epoch_us", cast(node.this, "TIMESTAMPTZ"))
        divisor = {"s": 1_000_000, "ms": 1000, "us": 1}[unit]
        if divisor == 1:
            return micros
        quotient = exp.Div(this=micros, expression=exp.Literal.number(f"{divisor}e0"))
        return cast(call("floor", quotient), "BIGINT")

    return rule


def _unix_to_time(node: exp.Expr) -> exp.Expr:
    scale = literal_int(node.args.get("scale")) or 0
    factor = {0: 1_000_000, 3: 1000, 6: 1}.get(scale)
    if factor is None:
        refuse(node, "TIMESTAMP of this scale")
    micros = node.this
    if factor > 1:
        micros = exp.Mul(this=paren(micros), expression=number(factor))
    return cast(call("make_timestamp", cast(exp.Paren(this=micros), "BIGINT")), "TIMESTAMPTZ")


def _date_from_unix(node: exp.Expr) -> exp.Expr:
    epoch = cast(text("1970-01-01"), "DATE")
    return exp.Paren(this=exp.Add(this=epoch, expression=cast(node.this, "INTEGER")))


def _last_day(node: exp.Expr) -> exp.Expr:
    unit, start = _unit(node) if node.args.get("unit") else ("MONTH", 0)
    first = _truncated(node.this, unit, start)
    length = {"WEEK": "7 DAY", "MONTH": "1 MONTH", "QUARTER": "3 MONTH", "YEAR": "1 YEAR"}.get(unit)
    if length is None:
        refuse(node, f"LAST_DAY({unit})")
    amount, part = length.split()
    following = exp.Add(
        this=paren(first), expression=exp.Interval(this=text(amount), unit=exp.Var(this=part))
    )
    return cast(_shift(exp.Paren(this=following), -1), "DATE")


def _series(node: exp.Expr) -> exp.Expr:
    step = node.args.get("step")
    if step is None or (isinstance(step, exp.Interval) and step.this is None):
        step = exp.Interval(this=text("1"), unit=exp.Var(this="DAY"))
    is_dates = isinstance(node, exp.GenerateDateArray)
    kind = "TIMESTAMP" if is_dates else "TIMESTAMPTZ"
    made = call(
        "generate_series", cast(node.args["start"], kind), cast(node.args["end"], kind), step
    )
    return cast(made, "DATE[]" if is_dates else "TIMESTAMPTZ[]")


def _plain_cast(kind: str) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        made = cast(node.this, kind)
        made.meta["of_format"] = True
        return made

    return rule


TEMPORAL_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.Add: _add_or_sub,
    exp.CurrentDate: _current_date,
    exp.CurrentDatetime: _current_datetime,
    exp.CurrentTime: _current_time,
    exp.CurrentTimestamp: lambda node: call("now"),
    exp.Date: _date,
    exp.DateAdd: _arithmetic,
    exp.DateDiff: _date_diff,
    exp.DateFromUnixDate: _date_from_unix,
    exp.DateSub: _arithmetic,
    exp.DateTrunc: _trunc,
    exp.Datetime: _datetime,
    exp.DatetimeAdd: _arithmetic,
    exp.DatetimeDiff: _date_diff,
    exp.DatetimeSub: _arithmetic,
    exp.DatetimeTrunc: _trunc,
    exp.Extract: _extract,
    exp.GenerateDateArray: _series,
    exp.GenerateTimestampArray: _series,
    exp.Interval: _interval,
    exp.LastDay: _last_day,
    exp.ParseDatetime: _parse("TIMESTAMP"),
    exp.StrToDate: _parse("DATE"),
    exp.StrToTime: _parse("TIMESTAMPTZ"),
    exp.Sub: _add_or_sub,
    exp.TimeAdd: _arithmetic,
    exp.TimeDiff: _date_diff,
    exp.TimeSub: _arithmetic,
    exp.TimeToStr: _format,
    exp.TimeTrunc: _time_trunc,
    exp.Timestamp: _timestamp,
    exp.TimestampAdd: _arithmetic,
    exp.TimestampDiff: _timestamp_diff,
    exp.TimestampSub: _arithmetic,
    exp.TimestampTrunc: _trunc,
    exp.TsOrDsToDate: _plain_cast("DATE"),
    exp.TsOrDsToDatetime: _plain_cast("TIMESTAMP"),
    exp.TsOrDsToTime: _plain_cast("TIME"),
    exp.TsOrDsToTimestamp: _plain_cast("TIMESTAMPTZ"),
    exp.UnixMicros: _unix("us"),
    exp.UnixMillis: _unix("ms"),
    exp.UnixSeconds: _unix("s"),
    exp.UnixToTime: _unix_to_time,
}
