"""Dates and moments as texts (strftime in the dashboard's language) and as places on an axis."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.plan.locales import Locale

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # wall clocks have no zone
_DIRECTIVE = re.compile(r"%([-0_]?)([A-Za-z%])")


def wall_clock(value: dt.date | dt.datetime, zone: str) -> dt.datetime:
    """The moment as the clock of ``zone`` shows it, without a zone.

    A DATE is its midnight and a DATETIME stays; only what has an offset is converted.
    """
    if not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if value.tzinfo is None:
        return value
    try:
        return value.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:
        # The first and last hours of the calendar have no other zone's clock.
        return value.replace(tzinfo=None)


def milliseconds(moment: dt.datetime) -> int | float:
    """Milliseconds of a wall clock since 1970, read as if it were UTC."""
    micros = (moment - EPOCH) // dt.timedelta(microseconds=1)
    return micros // 1000 if micros % 1000 == 0 else micros / 1000


def moment_at(at: int | float) -> dt.datetime:
    """The wall clock of milliseconds since 1970, held inside the calendar's years."""
    try:
        return EPOCH + dt.timedelta(milliseconds=at)
    except OverflowError:
        return dt.datetime.max if at > 0 else dt.datetime.min  # noqa: DTZ901  # wall clocks


def strftime(moment: dt.datetime, pattern: str, locale: Locale) -> str:
    """The moment by a strftime pattern; names of months and days are the locale's.

    ``%-d`` drops the zero before a day; a directive nobody knows stays as it is written.
    """

    def fill(match: re.Match[str]) -> str:
        pad, letter = match.groups()
        if letter in _NUMBERS:
            number, width, filler = _NUMBERS[letter]
            sign = filler if not pad else {"-": "", "_": " ", "0": "0"}[pad]
            text = str(number(moment))
            return text.rjust(width, sign) if sign else text
        if letter in _WORDS:
            return _WORDS[letter](moment, locale)
        return match.group(0)

    return _DIRECTIVE.sub(fill, pattern)


_NUMBERS: dict[str, tuple[Callable[[dt.datetime], int], int, str]] = {
    "Y": (lambda m: m.year, 4, "0"),
    "y": (lambda m: m.year % 100, 2, "0"),
    "m": (lambda m: m.month, 2, "0"),
    "d": (lambda m: m.day, 2, "0"),
    "e": (lambda m: m.day, 2, " "),
    "H": (lambda m: m.hour, 2, "0"),
    "I": (lambda m: m.hour % 12 or 12, 2, "0"),
    "M": (lambda m: m.minute, 2, "0"),
    "S": (lambda m: m.second, 2, "0"),
    "L": (lambda m: m.microsecond // 1000, 3, "0"),
    "f": (lambda m: m.microsecond, 6, "0"),
    "j": (lambda m: m.timetuple().tm_yday, 3, "0"),
    "q": (lambda m: (m.month + 2) // 3, 1, "0"),
    "u": (lambda m: m.isoweekday(), 1, "0"),
    "w": (lambda m: m.isoweekday() % 7, 1, "0"),
    "V": (lambda m: m.isocalendar().week, 2, "0"),
    "G": (lambda m: m.isocalendar().year, 4, "0"),
    "U": (lambda m: (m.timetuple().tm_yday + 6 - m.isoweekday() % 7) // 7, 2, "0"),
    "W": (lambda m: (m.timetuple().tm_yday + 6 - m.weekday()) // 7, 2, "0"),
}

_WORDS: dict[str, Callable[[dt.datetime, Locale], str]] = {
    "B": lambda m, names: names.months[m.month - 1],
    "b": lambda m, names: names.short_months[m.month - 1],
    "A": lambda m, names: names.days[m.isoweekday() % 7],
    "a": lambda m, names: names.short_days[m.isoweekday() % 7],
    "p": lambda m, names: names.periods[m.hour >= 12],
    "x": lambda m, names: strftime(m, names.date, names),
    "X": lambda m, names: strftime(m, names.time, names),
    "c": lambda m, names: strftime(m, names.datetime, names),
    "F": lambda m, names: strftime(m, "%Y-%m-%d", names),
    "T": lambda m, names: strftime(m, "%H:%M:%S", names),
    "R": lambda m, names: strftime(m, "%H:%M", names),
    "%": lambda _m, _names: "%",
}
