"""The one place where a cache key is built."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.sql.parameters import Parameter
    from peter_core.sql.statement import Statement

KEY_VERSION = 1
"""Counts up when the meaning of a cached entry changes, so that old entries are never found."""

RANDOM = frozenset({"RAND", "GENERATE_UUID", "TABLESAMPLE"})
USER = frozenset({"SESSION_USER", "CURRENT_USER"})
DAY_CLOCK = frozenset({"CURRENT_DATE"})
FINE_CLOCK = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATETIME", "CURRENT_TIME"})

_DAY_CALL = re.compile(r"\bCURRENT_DATE\b(?:\s*\(\s*([^()]*)(.))?", re.IGNORECASE)
_ZONE_LITERAL = re.compile(r"""^(['"])([A-Za-z0-9_+\-/:]+)\1$""")
_QUARTER_HOUR = 15


def cacheable(statement: Statement) -> bool:
    """Whether a result may be kept at all: false when each run gives another answer."""
    return not _names(statement) & RANDOM


def user_dependent(statement: Statement) -> bool:
    """Whether the answer depends on who asks, so that it is never shared between principals."""
    return bool(_names(statement) & USER)


def clock_reading(statement: Statement, *, zone: str, now: dt.datetime) -> str | None:
    """What the statement's clock functions read, as the ``day`` of its key.

    Parameters
    ----------
    zone
        The dashboard's IANA time zone. ``CURRENT_DATE()`` without a zone is a UTC date in
        BigQuery, so the UTC day always belongs to the reading; a zone written into the
        statement adds its own.
    now
        An aware moment.

    Returns
    -------
    str or None
        ``None`` when the statement reads no clock. Functions finer than a day, and zones that
        are computed, change their reading every hour or quarter of an hour.
    """
    names = _names(statement)
    if names & FINE_CLOCK:
        return _floor(now, 60).strftime("%Y-%m-%dT%H:%MZ")
    if not names & DAY_CLOCK:
        return None
    zones = {"UTC", zone}
    for call in _DAY_CALL.finditer(statement.canonical):
        argument = (call[1] or "").strip()
        literal = _ZONE_LITERAL.match(argument)
        if literal and _known(literal[2]):
            zones.add(literal[2])
        elif argument or call[2] == "(":
            # Some zone lies a quarter of an hour from every other: no midnight is missed.
            return _floor(now, _QUARTER_HOUR).strftime("%Y-%m-%dT%H:%MZ")
    return ",".join(f"{z}={now.astimezone(ZoneInfo(z)).date()}" for z in sorted(zones))


def result_key(
    *,
    engine: str,
    project: str,
    location: str,
    statement: Statement,
    parameters: Sequence[Parameter],
    schema_version: str,
    principal: str | None = None,
    day: str | None = None,
    limits: tuple[int, int] | None = None,
) -> str:
    """The key of one result: SHA-256, as 64 hexadecimal digits.

    Everything that can change the answer is in it. The principal counts only where the statement
    depends on who asks, the day (see `clock_reading`) only where it reads a clock. ``limits`` are
    the rows and bytes that are kept of a result at most.

    Raises
    ------
    ValueError
        When a part is missing that this statement's answer depends on.
    """
    if user_dependent(statement) and not principal:
        raise ValueError("A statement that reads the user needs the principal in its key.")
    names = _names(statement)
    reads_clock = bool(names & (DAY_CLOCK | FINE_CLOCK))
    if reads_clock and not day:
        raise ValueError("A statement that reads the clock needs the day in its key.")
    parts = {
        "version": KEY_VERSION,
        "engine": engine,
        "project": project,
        "location": location,
        "sql": statement.canonical,
        "parameters": sorted([p.name.lower(), p.type, _value(p.value)] for p in parameters),
        "schema": schema_version,
        "principal": principal.casefold() if principal and user_dependent(statement) else None,
        "day": day if reads_clock else None,
        "limits": limits,
    }
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _names(statement: Statement) -> frozenset[str]:
    return frozenset(name.upper() for name in statement.volatile)


def _value(value: object) -> object:
    """A JSON value that two different parameter values never share."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, dt.datetime):
        moment = value.astimezone(dt.UTC) if value.tzinfo else value
        return ["datetime", moment.isoformat()]
    if isinstance(value, tuple | list):
        return ["array", [_value(item) for item in value]]
    if isinstance(value, dict):
        return ["struct", sorted([str(k), _value(v)] for k, v in value.items())]
    return [type(value).__name__, str(value)]


def _floor(now: dt.datetime, minutes: int) -> dt.datetime:
    utc = now.astimezone(dt.UTC)
    return utc.replace(minute=utc.minute - utc.minute % minutes, second=0, microsecond=0)


def _known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True
