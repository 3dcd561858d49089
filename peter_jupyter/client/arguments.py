"""Values as an address has them: filters, moments, segments."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import quote

from peter_core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    Filters = Mapping[str, object]
    Pairs = list[tuple[str, str]]


def segment(name: str) -> str:
    """A name as one segment of a path.

    Raises
    ------
    InvalidRequest
        It would not be one.
    """
    if name in ("", ".", ".."):
        raise InvalidRequest(f"{name!r} is no name.")
    return quote(name, safe="")


def pairs(**given: object) -> Pairs:
    """Arguments that were given; a trailing underscore is not part of a name."""
    return [(name.rstrip("_"), text(value)) for name, value in given.items() if value is not None]


def filter_pairs(filters: Filters | None) -> Pairs:
    """Filter values as the page writes them: a list repeats its name, ``None`` is no choice.

    A date range is a tuple of its first and its last day.
    """
    found: Pairs = []
    for name, value in (filters or {}).items():
        if isinstance(value, tuple) and len(value) == 2:
            found += [(f"{name}_start", text(value[0])), (f"{name}_end", text(value[1]))]
        elif isinstance(value, list | tuple | set | frozenset):
            found += [(name, text(item)) for item in value] or [(name, "")]
        else:
            found.append((name, text(value)))
    return found


def text(value: object) -> str:
    """A value as text: days and moments in ISO 8601, ``true`` and ``false``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise InvalidRequest("A moment needs a time zone.")
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
