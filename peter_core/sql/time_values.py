"""Dates and times made, read, written and counted: constructors, formats, epochs, series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_date,
    is_type,
    literal_int,
    literal_text,
    number,
    paren,
    refuse,
    text,
)
from peter_core.sql.temporal import at_zone, shifted, truncated, unit_of
from peter_core.sql.time_formats import format_expression, parse_format

if TYPE_CHECKING:
    from collections.abc import Callable


def _date(node: exp.Expr) -> exp.Expr:
    if node.args.get("month") is not None or node.expressions:
        return exp.Anonymous(
            this="make_date",
            expressions=[cast(part, "BIGINT") for part in _date_parts(node)],
        )
    if (zone := node.args.get("zone")) is not None:
        return cast(at_zone(node.this, zone), "DATE")
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
    return cast(at_zone(node.this, second), "TIMESTAMP")


def _timestamp(node: exp.Expr) -> exp.Expr:
    zone = node.args.get("zone")
    if zone is None:
        return cast(node.this, "TIMESTAMPTZ")
    return at_zone(cast(node.this, "TIMESTAMP"), zone)


def _current_date(node: exp.Expr) -> exp.Expr:
    return cast(at_zone(call("now"), node.this or text("UTC")), "DATE")


def _current_datetime(node: exp.Expr) -> exp.Expr:
    return at_zone(call("now"), node.this or text("UTC"))


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
    local = at_zone(value, zone) if zone is not None else value
    if is_type(local, exp.DType.TIME):
        moment: exp.Expr = exp.Add(this=cast(text("1970-01-01"), "DATE"), expression=paren(local))
    else:
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
            return at_zone(cast(parsed, "TIMESTAMP"), zone)
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
        micros = exp.Mul(this=cast(micros, "BIGINT"), expression=number(factor))
    return cast(call("make_timestamp", cast(exp.Paren(this=micros), "BIGINT")), "TIMESTAMPTZ")


def _date_from_unix(node: exp.Expr) -> exp.Expr:
    epoch = cast(text("1970-01-01"), "DATE")
    return exp.Paren(this=exp.Add(this=epoch, expression=cast(node.this, "INTEGER")))


def _last_day(node: exp.Expr) -> exp.Expr:
    unit, start = unit_of(node) if node.args.get("unit") else ("MONTH", 0)
    first = truncated(node.this, unit, start)
    length = {"WEEK": "7 DAY", "MONTH": "1 MONTH", "QUARTER": "3 MONTH", "YEAR": "1 YEAR"}.get(unit)
    if length is None:
        refuse(node, f"LAST_DAY({unit})")
    amount, part = length.split()
    following = exp.Add(
        this=paren(first), expression=exp.Interval(this=text(amount), unit=exp.Var(this=part))
    )
    return cast(shifted(exp.Paren(this=following), -1), "DATE")


def _series(node: exp.Expr) -> exp.Expr:
    step = node.args.get("step")
    if step is None or (isinstance(step, exp.Interval) and step.this is None):
        step = exp.Interval(this=text("1"), unit=exp.Var(this="DAY"))
    unit = str(step.unit).upper() if isinstance(step, exp.Interval) else ""
    if unit in _MONTHS:
        return _monthly(node, step, _MONTHS[unit])
    is_dates = isinstance(node, exp.GenerateDateArray)
    kind = "TIMESTAMP" if is_dates else "TIMESTAMPTZ"
    made = call(
        "generate_series", cast(node.args["start"], kind), cast(node.args["end"], kind), step
    )
    return cast(made, "DATE[]" if is_dates else "TIMESTAMPTZ[]")


_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _monthly(node: exp.Expr, step: exp.Expr, months: int) -> exp.Expr:
    """Each day is counted from the first: a short month does not shorten the next one."""
    amount = literal_int(step.this)
    if amount is None and isinstance(step.this, exp.Literal):
        amount = int(step.this.name) if step.this.name.lstrip("-").isdigit() else None
    if not amount or amount < 0 or not isinstance(node, exp.GenerateDateArray):
        refuse(node, "A series by months whose step is not a positive literal")
    first, last = cast(node.args["start"], "DATE"), cast(node.args["end"], "DATE")
    months *= amount
    count = call("date_diff", text("month"), first.copy(), last.copy())
    places = call("generate_series", number(0), count, number(months))
    place = exp.to_identifier("place")
    later = call("to_months", cast(exp.Column(this=place.copy()), "INTEGER"))
    day = cast(exp.Paren(this=exp.Add(this=first, expression=later)), "DATE")
    days = call("list_transform", places, exp.Lambda(this=day, expressions=[place]))
    one = exp.to_identifier("one")
    within = exp.LTE(this=exp.Column(this=one.copy()), expression=last)
    return call("list_filter", days, exp.Lambda(this=within, expressions=[one]))


def _plain_cast(kind: str) -> Callable[[exp.Expr], exp.Expr]:
    def rule(node: exp.Expr) -> exp.Expr:
        made = cast(node.this, kind)
        made.meta["of_format"] = True
        return made

    return rule


TIME_VALUE_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.CurrentDate: _current_date,
    exp.CurrentDatetime: _current_datetime,
    exp.CurrentTime: _current_time,
    exp.CurrentTimestamp: lambda node: call("now"),
    exp.Date: _date,
    exp.DateFromUnixDate: _date_from_unix,
    exp.Datetime: _datetime,
    exp.GenerateDateArray: _series,
    exp.GenerateTimestampArray: _series,
    exp.LastDay: _last_day,
    exp.ParseDatetime: _parse("TIMESTAMP"),
    exp.ParseTime: _parse("TIME"),
    exp.StrToDate: _parse("DATE"),
    exp.StrToTime: _parse("TIMESTAMPTZ"),
    exp.TimeToStr: _format,
    exp.Timestamp: _timestamp,
    exp.TsOrDsToDate: _plain_cast("DATE"),
    exp.TsOrDsToDatetime: _plain_cast("TIMESTAMP"),
    exp.TsOrDsToTime: _plain_cast("TIME"),
    exp.TsOrDsToTimestamp: _plain_cast("TIMESTAMPTZ"),
    exp.UnixMicros: _unix("us"),
    exp.UnixMillis: _unix("ms"),
    exp.UnixSeconds: _unix("s"),
    exp.UnixToTime: _unix_to_time,
}
