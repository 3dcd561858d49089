"""One result value as JSON: exact where JSON's own numbers are not."""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

EXACT_INT = 2**53
"""Integers beyond this lose digits in a JSON reader that holds numbers as doubles."""

_FIELD = re.compile(r"\s*(?:`([^`]+)`|(\S+))\s+(.+)", re.DOTALL)


def json_value(value: object, column_type: str = "") -> object:
    """A Python value of a result as plain JSON.

    INT64 beyond 2^53, NUMERIC and BIGNUMERIC become strings; NaN and the infinities the strings
    ``NaN``, ``Infinity``, ``-Infinity``; BYTES base64; DATE, TIME and DATETIME ISO 8601 without a
    zone; TIMESTAMP RFC 3339 in UTC with ``Z``; arrays and structs are converted value by value.

    Parameters
    ----------
    column_type
        The BigQuery type, ``ARRAY<...>`` or the element type of a repeated column; without it the
        value itself decides, and a moment without an offset is a DATETIME.

    See https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#json_encodings
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if -EXACT_INT <= value <= EXACT_INT else str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return _decimal(value, column_type)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return _moment(value, column_type)
    return _nested(value, column_type)


def json_column(column: pa.ChunkedArray, column_type: str = "") -> list[object]:
    """Every value of an Arrow column as plain JSON; a value Python cannot hold as its text."""
    kind = element_type(column_type)
    return [json_value(value, kind) for value in python_values(column)]


def sample_rows(table: pa.Table, types: Iterable[str], n: int) -> tuple[dict[str, object], ...]:
    """The first ``n`` rows as JSON objects, ``types`` being the columns' BigQuery types.

    A name that occurs twice is kept apart as ``name_1``, ``name_2``.
    """
    head = table.slice(0, max(n, 0))
    names = unique_names(head.column_names)
    kinds = [*types, *[""] * len(names)]
    columns = [json_column(head.column(i), kinds[i]) for i in range(len(names))]
    return tuple(dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def python_values(column: pa.ChunkedArray) -> list[object]:
    """``to_pylist`` that never fails: nanoseconds are cut to microseconds, the rest is text."""
    import pyarrow as pa

    plain = plain_column(column)
    try:
        values: list[object] = plain.to_pylist()
    except (ValueError, OverflowError, TypeError, pa.ArrowException):
        values = [_python(scalar) for scalar in plain]
    return values


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without dictionary, extension, view or nanosecond wrapping."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        chunks = [chunk.storage for chunk in column.chunks]
        return plain_column(pa.chunked_array(chunks, type=kind.storage_type))
    if pa.types.is_run_end_encoded(kind):
        chunks = [pc.run_end_decode(chunk) for chunk in column.chunks]
        return plain_column(pa.chunked_array(chunks, type=kind.value_type))
    target = _plain_type(kind)
    return column if target is None else plain_column(column.cast(target, safe=False))


def element_type(column_type: str) -> str:
    """``INT64`` of ``ARRAY<INT64>``; any other type as it is."""
    upper = column_type.strip()
    if upper.upper().startswith("ARRAY<") and upper.endswith(">"):
        return upper[6:-1].strip()
    return upper


def unique_names(names: Iterable[str]) -> list[str]:
    """The names, a repeated one with a number behind it."""
    given = list(names)
    taken = set(given)
    seen: set[str] = set()
    unique: list[str] = []
    for name in given:
        candidate, number = name, 0
        while candidate in seen or (number and candidate in taken):
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique


def struct_fields(column_type: str) -> dict[str, str]:
    """Field names and types of ``STRUCT<a INT64, b ARRAY<STRING>>``; empty for any other type."""
    text = column_type.strip()
    if not text.upper().startswith("STRUCT<") or not text.endswith(">"):
        return {}
    fields: dict[str, str] = {}
    for part in _split(text[7:-1]):
        named = _FIELD.fullmatch(part)
        if named:
            fields[named[1] or named[2]] = named[3].strip()
    return fields


def _plain_type(kind: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa

    is_ = pa.types
    if is_.is_dictionary(kind):
        return kind.value_type
    if is_.is_string_view(kind):
        return pa.string()
    if is_.is_binary_view(kind):
        return pa.binary()
    if is_.is_float16(kind):
        return pa.float32()
    if is_.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", tz=kind.tz)
    if is_.is_time64(kind) and kind.unit == "ns":
        return pa.time64("us")
    if is_.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    return None


def _python(scalar: pa.Scalar) -> object:
    import pyarrow as pa

    try:
        return scalar.as_py()
    except (ValueError, OverflowError, TypeError, pa.ArrowException):
        return f"<out of range: {getattr(scalar, 'value', scalar.type)}>"


def _float(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _decimal(value: Decimal, column_type: str) -> object:
    if not value.is_finite():
        return _float(float(value))
    # The embedded engine sums INT64 as a wide decimal; its type still says INT64.
    if column_type == "INT64" and value == value.to_integral_value():
        return json_value(int(value))
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: dt.date | dt.time | dt.timedelta, column_type: str) -> str:
    if isinstance(value, dt.timedelta):
        return _interval(0, value.days, value.seconds * 10**6 + value.microseconds)
    if not isinstance(value, dt.datetime):
        return value.isoformat()
    if value.tzinfo is not None:
        try:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        except OverflowError:
            return value.isoformat()
        return value.isoformat() if column_type == "DATETIME" else value.isoformat() + "Z"
    return value.isoformat() + "Z" if column_type == "TIMESTAMP" else value.isoformat()


def _interval(months: int, days: int, micros: int) -> str:
    """BigQuery's canonical text of an INTERVAL: ``Y-M D H:M:S``."""
    sign, rest = ("-", -months) if months < 0 else ("", months)
    clock, size = ("-", -micros) if micros < 0 else ("", micros)
    seconds, fraction = divmod(size, 10**6)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{sign}{rest // 12}-{rest % 12} {days} {clock}{hours}:{minute}:{second}{tail}"


def _nested(value: object, column_type: str) -> object:
    if isinstance(value, Mapping):
        kinds = struct_fields(column_type)
        return {str(k): json_value(v, element_type(kinds.get(k, ""))) for k, v in value.items()}
    months, nanos = getattr(value, "months", None), getattr(value, "nanoseconds", None)
    if isinstance(months, int) and isinstance(nanos, int):
        return _interval(months, int(getattr(value, "days", 0)), nanos // 1000)
    if isinstance(value, Iterable):
        kind = element_type(column_type)
        return [json_value(item, kind) for item in value]
    return str(value)


def _split(text: str) -> list[str]:
    """Parts between the commas that no bracket encloses."""
    parts, depth, begin = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append(text[begin:i])
            begin = i + 1
    return [*parts, text[begin:]]
