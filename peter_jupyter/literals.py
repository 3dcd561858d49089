"""Typed values written in a line: ``2013-01-01`` as a DATE, ``1.5`` as a NUMERIC."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,18})")
_DECIMAL = re.compile(r"-?\d{1,300}\.\d{1,300}|-?\d{1,17}(\.\d{1,17})?[eE][-+]?\d{1,3}")
_WORDS: dict[str, object] = {"null": None, "true": True, "false": False}


def untyped_value(text: str) -> object:
    """What a text looks like: null, a boolean, an integer, a decimal; else text itself.

    A leading zero makes it text: ``007`` is a code, not seven.
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text) and -(2**63) <= int(text) < 2**63:
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def typed_value(kind: str, text: str) -> object:
    """The Python value of a text of a BigQuery type; an array is a list separated by commas.

    Raises
    ------
    ValueError
        With a sentence, when the type is not known or the text does not fit it.
    """
    name = kind.upper()
    if name.startswith("ARRAY<") and name.endswith(">"):
        return [typed_value(name[6:-1], item.strip()) for item in text.split(",")] if text else []
    read = _READERS.get(name)
    if read is None:
        raise ValueError(f"no parameter type is called {kind}; known are {', '.join(_READERS)}")
    try:
        return read(text)
    except (ValueError, InvalidOperation) as error:
        raise ValueError(f"'{text}' is not a {name}, such as {_EXAMPLES[name]}") from error


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -(2**63) <= int(text) < 2**63:
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _datetime(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment


def _timestamp(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_READERS: dict[str, Callable[[str], object]] = {
    "STRING": str,
    "INT64": _integer,
    "FLOAT64": float,
    "NUMERIC": _decimal,
    "BIGNUMERIC": _decimal,
    "BOOL": _boolean,
    "DATE": dt.date.fromisoformat,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
    "TIME": dt.time.fromisoformat,
}
_EXAMPLES = {
    "STRING": "JFK",
    "INT64": "42",
    "FLOAT64": "1.5",
    "NUMERIC": "1.50",
    "BIGNUMERIC": "1.50",
    "BOOL": "true",
    "DATE": "2013-01-31",
    "DATETIME": "2013-01-31T09:30:00",
    "TIMESTAMP": "2013-01-31T09:30:00Z",
    "TIME": "09:30:00",
}
