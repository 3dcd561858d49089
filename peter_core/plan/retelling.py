"""The values inside a sentence that another part of Peter wrote, as a language writes them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from peter_core.plan.locales import NBSP, Locale, locale
from peter_core.plan.moments import strftime
from peter_core.plan.plurals import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    Counts = Mapping[str, Mapping[str, str]]

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_BARE = re.compile(_NUMBER)
_SIZE = re.compile(rf"({_NUMBER}) ([kKMGTPE]?B)")
_COUNTED = re.compile(rf"({_NUMBER}) (\D+)")
_DOLLARS = re.compile(rf"(< )?\$({_NUMBER})")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?(?: UTC)?)")


def retold_value(value: str, tag: str, counts: Counts) -> str:
    """A number, size, sum, day, moment or count in the language of a BCP 47 tag; else as it is.

    Parameters
    ----------
    counts
        The language's words beside numbers, by the English of their plural: ``{n} rows``.
    """
    names = locale(tag)
    if _BARE.fullmatch(value):
        return _number(value, names)
    if found := _SIZE.fullmatch(value):
        return f"{_number(found[1], names)}{NBSP}{found[2].replace('K', 'k')}"
    if found := _DOLLARS.fullmatch(value):
        before, after = names.currency("USD")
        return f"{found[1] or ''}{before}{_number(found[2], names)}{after}"
    if found := _MOMENT.fullmatch(value):
        return f"{_day(found[1], names)}, {found[2]}"
    if _DAY.fullmatch(value):
        return _day(value, names)
    if found := _COUNTED.fullmatch(value):
        return _counted(found[1], found[2], names, counts, tag) or value
    return value


def _day(written: str, names: Locale) -> str:
    try:
        day = dt.datetime.combine(dt.date.fromisoformat(written), dt.time())
    except ValueError:  # no calendar has it
        return written
    return strftime(day, names.date, names)


def _counted(number: str, noun: str, names: Locale, counts: Counts, tag: str) -> str | None:
    forms = next((counts[n] for n in (f"{{n}} {noun}", f"{{n}} {noun}s") if n in counts), None)
    if forms is None:
        return None
    category = plural(tag, float(number.replace(",", "")))
    return forms.get(category, forms["other"]).format(n=_number(number, names))


def _number(written: str, names: Locale) -> str:
    """An English number with the locale's marks; what has no groups, as a year, gets none."""
    return written.translate({ord(","): names.group, ord("."): names.decimal})
