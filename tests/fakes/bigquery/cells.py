"""Result values as the cells of BigQuery's REST answers: ``{"f": [{"v": "1"}, ...]}``."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from peter_core.engine.port import Column
from peter_core.engine.values import python_values
from tests.fakes.bigquery.fields import struct_parts

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def rest_rows(
    table: pa.Table, columns: Sequence[Column], *, int64_timestamps: bool
) -> list[dict[str, Any]]:
    """The rows of a page."""
    cells: list[list[Any]] = []
    for column, values in zip(columns, table.columns, strict=True):
        encode = encoder(column.type, int64_timestamps=int64_timestamps)
        if column.mode == "REPEATED":
            cells.append([_repeated(value, encode) for value in python_values(values)])
        else:
            cells.append(
                [None if value is None else encode(value) for value in python_values(values)]
            )
    return [{"f": [{"v": value} for value in row]} for row in zip(*cells, strict=True)]


def as_stored(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The result as BigQuery keeps it: a NULL array is an empty one, JSON has no blanks."""
    for position, (column, values) in enumerate(zip(columns, table.columns, strict=True)):
        if column.mode == "REPEATED":
            filled = [value or [] for value in python_values(values)]
        elif column.type == "JSON":
            filled = [None if value is None else _json(value) for value in python_values(values)]
        else:
            continue
        kept = pa.chunked_array([pa.array(filled, type=values.type)])
        table = table.set_column(position, column.name, kept)
    return table


def encoder(kind: str, *, int64_timestamps: bool) -> Callable[[Any], Any]:
    """How a value of a type, never ``None``, is written."""
    if kind.startswith("STRUCT<"):
        return _struct_encoder(kind, int64_timestamps)
    name = kind.partition("(")[0]
    if name == "TIMESTAMP":
        return _micros if int64_timestamps else _seconds
    return _ENCODERS.get(name, str)


def _struct_encoder(kind: str, int64_timestamps: bool) -> Callable[[Any], Any]:
    parts = []
    for _, inner in struct_parts(kind):
        repeated = inner.startswith("ARRAY<")
        element = inner[6:-1] if repeated else inner
        parts.append((repeated, encoder(element, int64_timestamps=int64_timestamps)))

    def encode(value: dict[str, Any]) -> dict[str, Any]:
        cells: list[dict[str, Any]] = []
        for (repeated, inner), item in zip(parts, value.values(), strict=True):
            if repeated:
                cells.append({"v": _repeated(item, inner)})
            else:
                cells.append({"v": None if item is None else inner(item)})
        return {"f": cells}

    return encode


def _repeated(values: Any, encode: Callable[[Any], Any]) -> list[dict[str, Any]]:
    # A NULL array is an empty one as soon as it leaves a query.
    return [{"v": None if value is None else encode(value)} for value in values or ()]


def _float(value: Any) -> str:
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)


def _decimal(value: Any) -> str:
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _since_epoch(value: dt.datetime) -> int:
    moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _micros(value: dt.datetime) -> str:
    return str(_since_epoch(value))


def _seconds(value: dt.datetime) -> str:
    return format(Decimal(_since_epoch(value)).scaleb(-6).normalize(), "E").replace("E+", "E")


def _json(value: Any) -> str:
    tree = json.loads(value) if isinstance(value, str) else value
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False)


def _interval(value: Any) -> str:
    months, days, micros = value.months, value.days, value.nanoseconds // 1000
    calendar, clock = "-" if months < 0 else "", "-" if micros < 0 else ""
    seconds, fraction = divmod(abs(micros), 10**6)
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    return (
        f"{calendar}{abs(months) // 12}-{abs(months) % 12} {days} "
        f"{clock}{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}{tail}"
    )


_ENCODERS: dict[str, Callable[[Any], Any]] = {
    "INT64": lambda value: str(int(value)),
    "FLOAT64": _float,
    "BOOL": lambda value: "true" if value else "false",
    "BYTES": lambda value: base64.b64encode(value).decode("ascii"),
    "DATE": lambda value: value.isoformat(),
    "TIME": lambda value: value.isoformat(),
    "DATETIME": lambda value: value.isoformat(),
    "NUMERIC": _decimal,
    "BIGNUMERIC": _decimal,
    "JSON": _json,
    "INTERVAL": _interval,
}
