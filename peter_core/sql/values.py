"""Python, JSON and text values as values of BigQuery's types."""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_INT64 = 2**63 - 1
_MIN_INT64 = -(2**63)
_TRUE = frozenset({"true", "t", "yes", "1"})
_FALSE = frozenset({"false", "f", "no", "0"})


def is_known_type(kind: str) -> bool:
    """Whether a parameter may have this type."""
    return _element(kind) in _READERS


def infer_type(value: object) -> str | None:
    """The BigQuery type of a Python value, ``None`` when it has none."""
    if isinstance(value, list | tuple):
        kinds = {infer_type(item) for item in value if item is not None}
        if kinds == {"INT64", "FLOAT64"}:
            return "ARRAY<FLOAT64>"
        kind = kinds.pop() if len(kinds) == 1 else ("STRING" if not kinds else None)
        return f"ARRAY<{kind}>" if kind and not kind.startswith("ARRAY") else None
    if value is None or isinstance(value, str):
        return "STRING"
    if isinstance(value, dt.datetime):
        return "TIMESTAMP" if value.tzinfo else "DATETIME"
    return next((name for kind, name in _PYTHON if isinstance(value, kind)), None)


def coerce(kind: str, value: object) -> object:
    """The value as a Python value of a BigQuery type; ``None`` stays ``None``.

    Raises
    ------
    TypeError, ValueError, OverflowError
        It does not fit; the message says what is expected.
    """
    if value is None:
        return None
    if kind.startswith("ARRAY<"):
        if not isinstance(value, list | tuple):
            raise TypeError("A list of values is expected.")
        if any(item is None for item in value):
            raise ValueError("An array parameter cannot hold NULL.")
        return tuple(coerce(_element(kind), item) for item in value)
    return _READERS[kind](value)


def short(value: object) -> str:
    """A value as a message may show it: one line, at most 60 characters."""
    shown = " ".join(repr(value).split())
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def _element(kind: str) -> str:
    match = re.fullmatch(r"ARRAY<(.+)>", kind)
    return match[1] if match else kind


def _int64(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise TypeError("A whole number is expected.")
    try:
        number = int(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("A whole number is expected.") from error
    if not isinstance(value, str) and number != value:
        raise ValueError("A whole number is expected.")
    if not _MIN_INT64 <= number <= _MAX_INT64:
        raise OverflowError("The number does not fit into 64 bits.")
    return number


def _float64(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise TypeError("A number is expected.")
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("A number is expected.") from error
    if math.isinf(number) and not isinstance(value, float | str):
        raise OverflowError("The number is too large.")
    return number


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise TypeError("A decimal number is expected.")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("A decimal number is expected.") from error
    if not number.is_finite():
        raise ValueError("A finite decimal number is expected.")
    return number


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("A text is expected.")
    return value


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError("Bytes, or their base64 text, are expected.")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ValueError("Bytes, or their base64 text, are expected.") from error


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError("true or false is expected.")


def _date(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        raise TypeError("A date without a time is expected.")
    if isinstance(value, dt.date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
        raise ValueError("A date such as 2024-01-31 is expected.")
    try:
        return dt.date(*(int(part) for part in text.split("-")))
    except ValueError as error:
        raise ValueError(f"No such day: {error}.") from error


def _datetime(value: object) -> dt.datetime:
    moment = _moment(value, "A date and time such as 2024-01-31 09:30:00 is expected.")
    if moment.tzinfo is not None:
        raise ValueError("A DATETIME has no time zone.")
    return moment


def _timestamp(value: object) -> dt.datetime:
    moment = _moment(value, "A moment such as 2024-01-31 09:30:00+00 is expected.")
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _moment(value: object, expected: str) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a DATETIME
    if not isinstance(value, str):
        raise TypeError(expected)
    try:
        return dt.datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ValueError(expected) from error


def _time(value: object) -> dt.time:
    if isinstance(value, dt.time):
        return value
    if not isinstance(value, str):
        raise TypeError("A time such as 09:30:00 is expected.")
    try:
        return dt.time.fromisoformat(value)
    except ValueError as error:
        raise ValueError("A time such as 09:30:00 is expected.") from error


_PYTHON: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (float, "FLOAT64"),
    (Decimal, "NUMERIC"),
    (bytes, "BYTES"),
    (dt.date, "DATE"),
    (dt.time, "TIME"),
)
_READERS: dict[str, Callable[[object], object]] = {
    "INT64": _int64,
    "FLOAT64": _float64,
    "NUMERIC": _decimal,
    "BIGNUMERIC": _decimal,
    "STRING": _string,
    "JSON": _string,
    "BYTES": _bytes,
    "BOOL": _bool,
    "DATE": _date,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
    "TIME": _time,
}
