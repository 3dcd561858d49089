"""How values read: a format of the document, or the one its column's type suggests.

The same formatter writes the KPI, the axis, the tooltip and the table, so they agree.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from peter_core.dashboard.model import DateFormat, NumberFormat
from peter_core.engine.values import json_value
from peter_core.plan.locales import locale as locale_of
from peter_core.plan.moments import moment_at, strftime, wall_clock
from peter_core.plan.number_formats import DASH, Plain, Rate, Specified
from peter_core.plan.numbers import Specifier, Written
from peter_core.plan.unit_formats import Bytes, Duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.dashboard.model import Dashboard, Format
    from peter_core.plan.locales import Locale

NUMERIC_TYPES = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
TEMPORAL_TYPES = frozenset({"DATE", "DATETIME", "TIMESTAMP"})

# Grouping digits of a year or an identifier makes an amount of it.
_UNGROUPED = re.compile(r"(?:^|_)(?:year|id)$", re.IGNORECASE)


class Formatter(Protocol):
    """Writes the values of one column.

    ``text`` is in full (tables, tooltips), ``figure`` is for a KPI tile, ``short`` for a label in
    a plot, ``ticks`` for an axis. A null is an en dash everywhere. ``fitted`` gives the formatter
    that suits a whole column, ``scale`` the size whose multiples make good ticks.
    """

    @property
    def align(self) -> str: ...
    @property
    def is_rate(self) -> bool: ...
    def text(self, value: object) -> str: ...
    def figure(self, value: object) -> Written: ...
    def short(self, value: object) -> str: ...
    def ticks(self, values: Sequence[float]) -> list[str]: ...
    def fitted(self, values: Iterable[object]) -> Formatter: ...
    def scale(self, high: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Words:
    """Texts and whatever is no number and no date."""

    align = "left"
    is_rate = False

    def text(self, value: object) -> str:
        """The value as it is; lists and structs as JSON."""
        if value is None:
            return DASH
        if isinstance(value, str):
            return value
        plain = json_value(value)
        if isinstance(plain, list) and all(isinstance(item, str) for item in plain):
            return ", ".join(plain)
        return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)

    def figure(self, value: object) -> Written:
        """The value as it is."""
        return Written("", self.text(value), "")

    def short(self, value: object) -> str:
        """The value as it is."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """The numbers as Python writes them; texts have no axis of numbers."""
        return [f"{value:g}" for value in values]

    def fitted(self, values: Iterable[object]) -> Words:
        """Itself."""
        return self

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Dates and moments; ``pattern`` is strftime, ``given`` when the document chose it."""

    locale: Locale
    zone: str
    pattern: str
    given: bool = False

    align = "left"
    is_rate = False

    def text(self, value: object) -> str:
        """The date as the dashboard's zone and language write it."""
        if isinstance(value, dt.date):
            return strftime(wall_clock(value, self.zone), self.pattern, self.locale)
        return DASH if value is None else str(value)

    def figure(self, value: object) -> Written:
        """As in full."""
        return Written("", self.text(value), "")

    def short(self, value: object) -> str:
        """As in full."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Labels of milliseconds of the wall clock."""
        return [self.text(moment_at(value)) for value in values]

    def fitted(self, values: Iterable[object]) -> Moments:
        """Without a time of day when no value has one and the document chose no pattern."""
        moments = [wall_clock(v, self.zone) for v in values if isinstance(v, dt.date)]
        if self.given or any(m.time() != dt.time() for m in moments):
            return self
        return Moments(self.locale, self.zone, self.locale.date)

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0

    def axis_pattern(self, moments: Sequence[dt.datetime]) -> str:
        """The shortest pattern that tells these moments apart on an axis."""
        if self.given or not moments:
            return self.pattern
        span = max(moments) - min(moments)
        if any(m.time() != dt.time() for m in moments):
            if span <= dt.timedelta(days=2):
                return self.locale.time
            if span <= dt.timedelta(days=8):
                return f"{self.locale.day}, {self.locale.time}"
        if all((m.month, m.day) == (1, 1) for m in moments) or span > dt.timedelta(days=2200):
            return "%Y"
        monthly = all(m.day == 1 for m in moments) and len(moments) > 1
        if monthly or span > dt.timedelta(days=400):
            return self.locale.month
        return self.locale.day


def formatter(
    chosen: Format | None, type_: str, *, dashboard: Dashboard, name: str = ""
) -> Formatter:
    """The formatter of a column.

    Parameters
    ----------
    chosen
        The document's format; ``None`` for the type's own.
    type_
        BigQuery type of the column. A format that does not fit it is passed over: a date format
        on a text, a number format on a date.
    name
        Of the column: years and ids are numbers without separators.
    """
    locale = locale_of(dashboard.locale)
    if type_ in TEMPORAL_TYPES:
        return _temporal(chosen, type_, locale, dashboard.timezone)
    if type_ in NUMERIC_TYPES:
        return _numeric(chosen, type_, locale, name)
    return Words()


def _temporal(chosen: Format | None, type_: str, locale: Locale, zone: str) -> Moments:
    if isinstance(chosen, DateFormat):
        return Moments(locale, zone, chosen.date, given=True)
    with_time = chosen == "datetime" or (chosen != "date" and type_ != "DATE")
    return Moments(locale, zone, locale.datetime if with_time else locale.date)


def _numeric(chosen: Format | None, type_: str, locale: Locale, name: str) -> Formatter:
    if isinstance(chosen, NumberFormat):
        specifier = Specifier.parse(chosen.number)
        return Specified(locale, specifier, chosen.unit, chosen.currency)
    if not isinstance(chosen, str) or chosen in ("date", "datetime"):
        grouped = not (type_ == "INT64" and _UNGROUPED.search(name))
        return Plain(locale, grouped=grouped)
    if chosen.startswith("currency:"):
        return Plain(locale, currency=chosen.partition(":")[2])
    presets: dict[str, Formatter] = {
        "number": Plain(locale),
        "compact": Plain(locale, compact=True),
        "percent": Rate(locale),
        "bytes": Bytes(locale),
        "duration": Duration(locale),
    }
    return presets[chosen]
