"""Checks and their evidence in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def row_list(indices: Sequence[int]) -> str:
    """Rows by their numbers, which count from 1: ``rows 2, 5, 9 and 3 more``."""
    shown = ", ".join(f"{i + 1:,}" for i in indices[:SHOWN])
    more = f" and {len(indices) - SHOWN:,} more" if len(indices) > SHOWN else ""
    return f"{'row' if len(indices) == 1 else 'rows'} {shown}{more}"


def some(texts: Sequence[str]) -> str:
    """The first few of them, the rest counted."""
    more = f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def _rows_sentence(check: Check) -> str:
    low, high = (check.rows.min, check.rows.max) if check.rows else (None, None)
    if low is not None and low == high:
        return f"Exactly {count_text(low, 'row')}"
    if low is not None and high is not None:
        return f"Between {low:,} and {count_text(high, 'row')}"
    if low is not None:
        return f"At least {count_text(low, 'row')}"
    return f"At most {count_text(high, 'row')}" if high is not None else "Any number of rows"


def _unique_sentence(check: Check) -> str:
    names = check.unique or ()
    return f"{', '.join(names)} {'is unique' if len(names) == 1 else 'are unique together'}"


def _accepted_sentence(check: Check) -> str:
    spec = check.accepted
    return f"{spec.column} is one of {some([str(v) for v in spec.values])}" if spec else ""


def _range_sentence(check: Check) -> str:
    spec = check.range
    if spec is None or (spec.min is None and spec.max is None):
        return f"{spec.column if spec else ''} has any value"
    if spec.max is None:
        return f"{spec.column} is at least {spec.min}"
    if spec.min is None:
        return f"{spec.column} is at most {spec.max}"
    return f"{spec.column} is between {spec.min} and {spec.max}"


def _max_age_sentence(check: Check) -> str:
    spec = check.max_age
    return f"The newest {spec.column} is at most {age_text(spec.age)} old" if spec else ""


def _equals_sentence(check: Check) -> str:
    spec = check.equals
    if spec is None:
        return ""
    slack = f", give or take {spec.tolerance:g}" if spec.tolerance else ""
    return f"The {spec.aggregate} of {spec.column} equals that of query {spec.query}{slack}"


_SENTENCES = {
    "rows": _rows_sentence,
    "not_null": lambda check: f"No nulls in {', '.join(check.not_null or ())}",
    "unique": _unique_sentence,
    "accepted": _accepted_sentence,
    "range": _range_sentence,
    "max_age": _max_age_sentence,
    "equals": _equals_sentence,
}
