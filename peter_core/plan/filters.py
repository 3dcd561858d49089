"""Filter values: what was asked for becomes typed values, and values become query parameters."""

from __future__ import annotations

import calendar
import datetime as dt
import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from peter_core.dashboard.model import (
    BooleanFilter,
    DateBounds,
    DateFilter,
    DateRangeFilter,
    Filter,
    LastAge,
    NumberFilter,
    SelectFilter,
    ThisPeriod,
)
from peter_core.errors import InvalidRequest

if TYPE_CHECKING:
    from peter_core.dashboard.model import Dashboard

DateRange = tuple[dt.date, dt.date]
Values = dict[str, object]


def today_in(timezone: str) -> dt.date:
    """The calendar day it is now in an IANA time zone."""
    return dt.datetime.now(ZoneInfo(timezone)).date()


def default_values(dashboard: Dashboard, *, today: dt.date) -> Values:
    """The default of every filter, relative dates made fixed; ``None`` is no restriction."""
    return {name: _default(filter_, today) for name, filter_ in dashboard.filters.items()}


def resolve_values(
    dashboard: Dashboard, asked: Mapping[str, object] | None, *, today: dt.date
) -> Values:
    """Defaults with what was asked for above them.

    Parameters
    ----------
    asked
        By filter name; a date range by its name with a pair, or by ``<name>_start`` and
        ``<name>_end``. Values may be text, as a URL has them; an empty text or ``None`` is no
        restriction.

    Raises
    ------
    InvalidRequest
        For an unknown filter or a value that does not fit its type.
    """
    values = default_values(dashboard, today=today)
    bounds: dict[str, dict[str, object]] = {}
    for key, value in (asked or {}).items():
        name, side = _filter_of(dashboard, key)
        if side is None:
            values[name] = _typed(name, dashboard.filters[name], value)
        else:
            bounds.setdefault(name, {})[side] = value
    for name, sides in bounds.items():
        values[name] = _one_sided(name, values[name], sides)
    return values


def parameter_values(dashboard: Dashboard, values: Mapping[str, object]) -> dict[str, object]:
    """The query parameters that filter values bind: ``period`` gives two, others one."""
    parameters: dict[str, object] = {}
    for name, filter_ in dashboard.filters.items():
        value = values.get(name)
        if isinstance(filter_, DateRangeFilter):
            start, end = value if isinstance(value, tuple) else (None, None)
            parameters[f"{name}_start"], parameters[f"{name}_end"] = start, end
        elif isinstance(filter_, SelectFilter) and filter_.multiple:
            parameters[name] = list(value) if isinstance(value, tuple) else None
        else:
            parameters[name] = value
    return parameters


def shifted(bounds: DateRange, to: str) -> DateRange:
    """The period a comparison is made with: as many days before, or the same days a year ago."""
    start, end = bounds
    if to == "previous_year":
        return _year_before(start), _year_before(end)
    length = end - start + dt.timedelta(days=1)
    return start - length, end - length


def json_value(value: object) -> object:
    """A filter value as JSON: dates as ISO text, a range and several choices as lists."""
    if isinstance(value, tuple):
        return [json_value(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _default(filter_: Filter, today: dt.date) -> object:
    default = filter_.default
    match default:
        case DateBounds():
            return (default.from_, default.to)
        case LastAge() | ThisPeriod():
            start = _first_day(default, today)
            return (start, today) if isinstance(filter_, DateRangeFilter) else start
        case str() if isinstance(filter_, SelectFilter) and filter_.multiple:
            return (default,)
        case _:
            return default


def _first_day(default: LastAge | ThisPeriod, today: dt.date) -> dt.date:
    if isinstance(default, LastAge):
        days = max(1, -(-default.last // 86_400))
        return today - dt.timedelta(days=days - 1)
    match default.this:
        case "day":
            return today
        case "week":
            return today - dt.timedelta(days=today.weekday())
        case "month":
            return today.replace(day=1)
        case "quarter":
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        case _:
            return today.replace(month=1, day=1)


def _filter_of(dashboard: Dashboard, key: str) -> tuple[str, str | None]:
    if key in dashboard.filters:
        return key, None
    name, _, side = key.rpartition("_")
    if side in ("start", "end") and isinstance(dashboard.filters.get(name), DateRangeFilter):
        return name, side
    near = difflib.get_close_matches(key, list(dashboard.filters), n=1)
    known = ", ".join(dashboard.filters) or "none"
    raise InvalidRequest(
        f"The dashboard has no filter {key!r} (filters: {known}).",
        hint=f"Did you mean {near[0]!r}?" if near else None,
    )


def _typed(name: str, filter_: Filter, value: object) -> object:
    if value is None or value in ("", [], ()):
        return None
    match filter_:
        case DateRangeFilter():
            return _range(name, value)
        case DateFilter():
            return _day(name, value)
        case NumberFilter():
            return _number(name, value)
        case BooleanFilter():
            return _boolean(name, value)
        case SelectFilter(multiple=True):
            items = value if isinstance(value, list | tuple) else [value]
            return tuple(_choice(name, filter_, item) for item in items)
        case SelectFilter():
            return _choice(name, filter_, value)
        case _:
            return _text(name, value)


def _range(name: str, value: object) -> DateRange:
    if isinstance(value, Mapping):
        value = (value.get("from"), value.get("to"))
    if isinstance(value, str):
        value = value.split("..")
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InvalidRequest(
            f"The filter {name!r} takes two days.", hint="Write it as 2013-06-01..2013-06-30."
        )
    return _ordered(name, _day(name, value[0]), _day(name, value[1]))


def _one_sided(name: str, current: object, sides: Mapping[str, object]) -> DateRange | None:
    if all(value in (None, "") for value in sides.values()) and len(sides) == 2:
        return None
    start, end = current if isinstance(current, tuple) else (None, None)
    start = _day(name, sides["start"]) if "start" in sides else start
    end = _day(name, sides["end"]) if "end" in sides else end
    if not isinstance(start, dt.date) or not isinstance(end, dt.date):
        raise InvalidRequest(
            f"The filter {name!r} needs both its first and its last day.",
            hint=f"Give {name}_start and {name}_end.",
        )
    return _ordered(name, start, end)


def _ordered(name: str, start: dt.date, end: dt.date) -> DateRange:
    if start > end:
        raise InvalidRequest(f"The filter {name!r} starts on {start}, after its end on {end}.")
    return start, end


def _day(name: str, value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise InvalidRequest(
            f"The filter {name!r} takes a day, not {str(value)[:40]!r}.",
            hint="Write days as 2013-06-30.",
        ) from None


def _number(name: str, value: object) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(str(value))
    except ValueError:
        raise InvalidRequest(
            f"The filter {name!r} takes a number, not {str(value)[:40]!r}."
        ) from None


def _boolean(name: str, value: object) -> bool:
    known = {"true": True, "false": False}
    found = value if isinstance(value, bool) else known.get(str(value).lower())
    if found is None:
        raise InvalidRequest(f"The filter {name!r} is true or false, not {str(value)[:40]!r}.")
    return found


def _choice(name: str, filter_: SelectFilter, value: object) -> str:
    text = _text(name, value)
    if isinstance(filter_.options, tuple) and text not in filter_.options:
        raise InvalidRequest(
            f"The filter {name!r} has no option {text[:40]!r}.",
            hint=f"Options: {', '.join(filter_.options[:20])}.",
        )
    return text


def _text(name: str, value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise InvalidRequest(f"The filter {name!r} takes a text.")
    text = str(value)
    if len(text) > 1000:
        raise InvalidRequest(f"The filter {name!r} takes at most 1,000 characters.")
    return text


def _year_before(day: dt.date) -> dt.date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
