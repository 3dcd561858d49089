"""The single values of a document: sizes, ages, dates, names; each says what it takes."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

SLUG_PATTERN = r"^[a-z0-9](?:-?[a-z0-9])*$"
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
RESERVED_SLUGS = frozenset(
    {"api", "auth", "cache", "compile", "dashboards", "diff", "docs", "health", "login", "logout",
     "new", "null", "preview", "ready", "static", "validate", "verify"}
)  # fmt: skip

RESERVED_ARGUMENTS = frozenset(
    {"access_token", "api_key", "api_token", "charts", "no_track_activity", "refresh", "revision",
     "tab", "token", "_xsrf"}
)  # fmt: skip
"""What stands beside the filters in the address of a dashboard's data."""

_SIZE = re.compile(r"^([0-9]{1,15}(?:\.[0-9]{1,6})?) ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")
_SIZE_UNITS = {
    "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_AGE = re.compile(r"^([0-9]{1,9}) ?(s|m|h|d|w)$")
_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MAX_AGE = 10 * 366 * 86400
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_size(value: object) -> int:
    """Bytes of a size such as ``200MB`` or ``1GiB``; the unit is required.

    Raises
    ------
    ValueError
        When it is no positive size with a unit.
    """
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a size needs a number and a unit, such as 200MB or 1GiB")
    size = int(float(match[1]) * _SIZE_UNITS[match[2]])
    if size <= 0:
        raise ValueError("a size must be more than zero; leave it out for the default")
    return size


def parse_age(value: object) -> int:
    """Seconds of an age such as ``15m``, ``6h`` or ``28d``; the unit is required.

    Raises
    ------
    ValueError
        When it is no positive age with a unit.
    """
    match = _AGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("an age needs a number and a unit, such as 15m, 6h or 28d")
    age = int(match[1]) * _AGE_UNITS[match[2]]
    if age <= 0:
        raise ValueError("an age must be more than zero")
    if age > _MAX_AGE:
        raise ValueError("an age is at most ten years")
    return age


def _zone(value: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no IANA time zone is called {value!r}") from error
    return value


def _slug(value: str) -> str:
    if value in RESERVED_SLUGS:
        raise ValueError(f"{value!r} is a reserved word; choose another slug")
    return value


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema({"type": "string", "pattern": _SIZE.pattern, "examples": ["200MB", "1GiB"]}),
]
Age = Annotated[
    int,
    BeforeValidator(parse_age),
    WithJsonSchema({"type": "string", "pattern": _AGE.pattern, "examples": ["15m", "6h", "28d"]}),
]
Slug = Annotated[
    str,
    StringConstraints(pattern=SLUG_PATTERN, min_length=2, max_length=64),
    AfterValidator(_slug),
]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Zone = Annotated[str, AfterValidator(_zone)]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000)]


def _date(value: object) -> object:
    if not isinstance(value, str):
        return value
    if _DATE.fullmatch(value) is None:
        raise ValueError("a date is written as 2013-06-30")
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"the calendar has no {value}") from error


Date = Annotated[dt.date, BeforeValidator(_date)]


def missing_part(sentence: str) -> PydanticCustomError:
    """The error of a mapping that lacks a part only another part asks for."""
    return PydanticCustomError("missing_part", "{sentence}", {"sentence": sentence})


_TELLING = ("last", "this", "date", "tabs")


def _shape(value: object) -> str:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, tuple | list):
        return "<list>"
    if isinstance(value, dict):
        found = next((key for key in _TELLING if key in value), "mapping")
    elif isinstance(value, BaseModel):
        found = next((key for key in _TELLING if hasattr(value, key)), "mapping")
    else:
        found = "other"
    return f"<{found}>"


def by_shape(*tags: str) -> Discriminator:
    """Choose a union's member by the shape of the value; the first one for any other shape.

    A plain union answers with the errors of all its members for one fault. Tags stand in angle
    brackets so that no key of a document is mistaken for one in an error's location.
    """

    def choose(value: object) -> str:
        shape = _shape(value)
        return shape if shape in tags else tags[0]

    return Discriminator(choose)


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError("this must be a text, a number or a boolean")
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("this must be a number")
    return value


Scalar = Annotated[str | int | float | bool, BeforeValidator(_scalar)]
Number = Annotated[int | float, BeforeValidator(_number)]


class Model(BaseModel):
    """Unknown keys are errors, values are never coerced, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
