"""INTERVAL values: months, days and nanoseconds, each with its sign.

https://cloud.google.com/bigquery/docs/reference/standard-sql/interval_functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Interval = tuple[int, int, int]

_SECOND = 1_000_000_000
_MINUTE, _HOUR = 60 * _SECOND, 3_600 * _SECOND
_DAY = 24 * _HOUR
_MONTH_DAYS = 30


def interval_text(value: Interval) -> str:
    """``1-2 3 4:5:6.789``: years and months, days, and the time."""
    months, days, nanoseconds = value
    sign = "-" if months < 0 else ""
    years, left = divmod(abs(months), 12)
    return f"{sign}{years}-{left} {days} {_time(nanoseconds)}"


def _time(nanoseconds: int) -> str:
    sign = "-" if nanoseconds < 0 else ""
    hours, rest = divmod(abs(nanoseconds), _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    seconds, fraction = divmod(rest, _SECOND)
    micros = fraction // 1000
    shown = f".{micros:06d}" if micros % 1000 else f".{micros // 1000:03d}"
    return f"{sign}{hours}:{minutes}:{seconds}{shown if micros else ''}"


def justified(value: Interval, hours: bool, days: bool) -> Interval:
    """Hours of whole days as days, days of whole months (30 days) as months; signs agree."""
    months, day, time = value
    if hours:
        day, time = day + _whole(time, _DAY), time - _whole(time, _DAY) * _DAY
    if days:
        months, day = months + _whole(day, _MONTH_DAYS), day - _whole(day, _MONTH_DAYS) * 30
        rest = time if hours else 0
        if months > 0 and (day < 0 or (day == 0 and rest < 0)):
            months, day = months - 1, day + _MONTH_DAYS
        elif months < 0 and (day > 0 or (day == 0 and rest > 0)):
            months, day = months + 1, day - _MONTH_DAYS
    if hours and day > 0 > time:
        day, time = day - 1, time + _DAY
    elif hours and day < 0 < time:
        day, time = day + 1, time - _DAY
    return months, day, time


def _whole(amount: int, size: int) -> int:
    """How many sizes are in an amount, toward zero."""
    return abs(amount) // size * (1 if amount >= 0 else -1)
