"""Checks and their evidence in words, in the language that is spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.plan.words import say, say_count, whole
from peter_core.verify.comparison import age_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.model import Check

SHOWN = 5
"""Rows and values named as evidence; the rest is counted."""


def check_sentence(check: Check) -> str:
    """What a check promises: ``No nulls in flight_date, flights``."""
    return _SENTENCES[check.kind](check)


def count_text(number: int, noun: str) -> str:
    """``1 row``, ``1,200 rows``."""
    return say_count(number, f"{{n}} {noun}", f"{{n}} {noun}s")


def row_list(indices: Sequence[int]) -> str:
    """Rows by their numbers, which count from 1: ``rows 2, 5, 9 and 3 more``."""
    shown = some([whole(i + 1) for i in indices[:SHOWN]], len(indices))
    return say("row {places}" if len(indices) == 1 else "rows {places}", places=shown)


def some(texts: Sequence[str], every: int | None = None) -> str:
    """The first few of them, the rest of ``every`` one counted."""
    first, rest = ", ".join(texts[:SHOWN]), (every or len(texts)) - SHOWN
    return say("{first} and {more} more", first=first, more=rest) if rest > 0 else first


def _rows_sentence(check: Check) -> str:
    low, high = (check.rows.min, check.rows.max) if check.rows else (None, None)
    if low is not None and low == high:
        return say("Exactly {rows}", rows=count_text(low, "row"))
    if low is not None and high is not None:
        return say("Between {low} and {rows}", low=low, rows=count_text(high, "row"))
    if low is not None:
        return say("At least {rows}", rows=count_text(low, "row"))
    if high is None:
        return say("Any number of rows")
    return say("At most {rows}", rows=count_text(high, "row"))


def _unique_sentence(check: Check) -> str:
    names = check.unique or ()
    told = "{names} is unique" if len(names) == 1 else "{names} are unique together"
    return say(told, names=", ".join(names))


def _accepted_sentence(check: Check) -> str:
    spec = check.accepted
    if spec is None:
        return ""
    values = some([str(value) for value in spec.values])
    return say("{name} is one of {values}", name=spec.column, values=values)


def _range_sentence(check: Check) -> str:
    spec = check.range
    if spec is None:
        return ""
    low, high = str(spec.min), str(spec.max)
    if spec.min is None and spec.max is None:
        return say("{name} has any value", name=spec.column)
    if spec.max is None:
        return say("{name} is at least {low}", name=spec.column, low=low)
    if spec.min is None:
        return say("{name} is at most {high}", name=spec.column, high=high)
    return say("{name} is between {low} and {high}", name=spec.column, low=low, high=high)


def _max_age_sentence(check: Check) -> str:
    spec = check.max_age
    if spec is None:
        return ""
    return say("The newest {name} is at most {age} old", name=spec.column, age=age_text(spec.age))


def _equals_sentence(check: Check) -> str:
    spec = check.equals
    if spec is None:
        return ""
    told = say(
        "The {aggregate} of {name} equals that of query {query}",
        aggregate=spec.aggregate, name=spec.column, query=spec.query,
    )  # fmt: skip
    return f"{told}, {say('give or take {gap}', gap=f'{spec.tolerance:g}')}" \
        if spec.tolerance else told  # fmt: skip


_SENTENCES = {
    "rows": _rows_sentence,
    "not_null": lambda check: say("No nulls in {names}", names=", ".join(check.not_null or ())),
    "unique": _unique_sentence,
    "accepted": _accepted_sentence,
    "range": _range_sentence,
    "max_age": _max_age_sentence,
    "equals": _equals_sentence,
}
