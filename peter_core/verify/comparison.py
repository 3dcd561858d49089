"""Values of a column against literals of a document: one meaning of equal, less and old."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from peter_core.engine.values import python_values
from peter_core.plan.words import say_count
from peter_core.verify.profile import bounds, has_nan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

Aggregate = Literal["sum", "mean", "min", "max", "count"]

FLOAT_SLACK = Decimal("1e-9")
"""Relative difference of float aggregates that the order of summation alone may make."""

# A BIGNUMERIC has 77 digits; a sum of many needs a few more.
_WIDE = Context(prec=100)


class Incomparable(Exception):  # noqa: N818  # a state of two values; its text is the answer
    """Two things cannot be compared; the message is a full sentence."""


def failing(column: pa.ChunkedArray, holds: Callable[[Any], bool]) -> list[int]:
    """The rows whose value fails a test, by index; nulls pass.

    ``holds`` gets values that are equal and hash alike when they mean the same: numbers as
    decimals, moments in UTC. It is asked once a distinct value.
    """
    import pyarrow as pa

    try:
        codes = column.combine_chunks().dictionary_encode()
        distinct, indices = codes.dictionary, codes.indices
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        values = [_plain(value) for value in python_values(column)]
        return [i for i, value in enumerate(values) if value is not None and not holds(value)]
    found = [_plain(value) for value in python_values(pa.chunked_array([distinct]))]
    bad = [i for i, value in enumerate(found) if value is not None and not holds(value)]
    return _positions(indices, bad) if bad else []


def literal(value: object, kind: pa.DataType) -> Any:
    """A literal of a document as ``failing`` hands out the values of an Arrow type.

    Raises
    ------
    Incomparable
        It is no value of that type.
    """
    try:
        return _literal(value, kind)
    except (ValueError, InvalidOperation, TypeError):
        raise Incomparable(f"{value!r} cannot be compared with {_words(kind)}.") from None


def outside(column: pa.ChunkedArray, low: Any, high: Any) -> list[int]:
    """The rows whose value is beyond the bounds, both included; ``None`` is no bound, NaN is out.

    The bounds are values of ``literal``.
    """

    def within(value: Any) -> bool:
        if isinstance(value, Decimal) and value.is_nan():
            return False
        return (low is None or low <= value) and (high is None or value <= high)

    ends = [_plain(value) for value in bounds(column)]
    if None not in ends and all(map(within, ends)) and not has_nan(column):
        return []
    return failing(column, within)


def duplicates(columns: Sequence[pa.ChunkedArray]) -> list[list[int]]:
    """The rows of each key that occurs more than once, by index; nulls are alike, and so are NaN.

    Keys come in the order of their first row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [str(i) for i in range(len(columns))]
    table = pa.table([*columns, pa.array(range(len(columns[0])))], names=[*names, "row"])
    try:
        # One thread: only then do rows and groups keep their order.
        groups = table.group_by(names, use_threads=False).aggregate([("row", "list")])
    except pa.ArrowNotImplementedError:
        return _duplicates_by_hand(columns)
    rows = groups.column("row_list")
    found: list[list[int]] = rows.filter(pc.greater(pc.list_value_length(rows), 1)).to_pylist()
    return found


def age_of(newest: object, now: dt.datetime) -> float | None:
    """Seconds since a moment; whole days since a DATE; negative for what is to come.

    Raises
    ------
    Incomparable
        It is neither a date nor a moment.
    """
    if newest is None:
        return None
    if isinstance(newest, dt.datetime):
        then = now if newest.tzinfo else now.replace(tzinfo=None)
        return (then - newest).total_seconds()
    if isinstance(newest, dt.date):
        return (now.date() - newest).days * 86_400.0
    raise Incomparable("An age needs a DATE, DATETIME or TIMESTAMP column.")


def age_text(seconds: float) -> str:
    """An age for people in its largest whole unit: ``90 seconds``, ``6 hours``, ``28 days``."""
    size, unit = float(seconds), "second"
    for length, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        # 90 minutes say more than "1 hour".
        if seconds >= 2 * length or seconds == length:
            size, unit = seconds / length, name
            break
    return say_count(math.floor(size), f"{{n}} {unit}", f"{{n}} {unit}s")


def aggregate(column: pa.ChunkedArray, how: Aggregate) -> Any:
    """An aggregate of a column without its nulls; ``None`` where nothing is left to aggregate.

    Raises
    ------
    Incomparable
        A sum or mean of what is no number.
    """
    import pyarrow as pa

    if how == "count":
        return len(column) - column.null_count
    if how in ("min", "max"):
        return bounds(column)[how == "max"]
    is_ = pa.types
    if not (is_.is_integer(column.type) or is_.is_floating(column.type)
            or is_.is_decimal(column.type)):  # fmt: skip
        raise Incomparable(f"The {how} of {_words(column.type)} is not defined.")
    values = [value for value in python_values(column) if value is not None]
    if not values:
        return None
    total = _total(values)
    if how == "sum":
        return total
    if isinstance(total, float):
        return total / len(values)
    return _WIDE.divide(Decimal(total), Decimal(len(values)))


def apart(ours: object, theirs: object, tolerance: float) -> str | None:
    """How far two aggregates are apart beyond a tolerance, ``""`` where no number says it.

    ``None`` is equal: within the absolute tolerance, floats also within a relative 1e-9.
    """
    one, two = _plain(ours), _plain(theirs)
    if not (isinstance(one, Decimal) and isinstance(two, Decimal)):
        return None if type(one) is type(two) and one == two else ""
    if not (one.is_finite() and two.is_finite()):
        return None if str(one) == str(two) else ""
    gap = abs(_WIDE.subtract(one, two))
    slack = Decimal(repr(tolerance))
    if isinstance(ours, float) or isinstance(theirs, float):
        slack = max(slack, FLOAT_SLACK * max(abs(one), abs(two)))
    return None if gap <= slack else format(gap.normalize(), "f")


def _duplicates_by_hand(columns: Sequence[pa.ChunkedArray]) -> list[list[int]]:
    where: dict[str, list[int]] = {}
    for i, key in enumerate(zip(*(python_values(column) for column in columns), strict=True)):
        # repr: lists and structs do not hash, and one NaN is not equal to another.
        where.setdefault(repr(key), []).append(i)
    return [rows for rows in where.values() if len(rows) > 1]


def _positions(indices: pa.Array, wanted: list[int]) -> list[int]:
    import pyarrow as pa
    import pyarrow.compute as pc

    hits = pc.is_in(indices, value_set=pa.array(wanted, indices.type))
    found: list[int] = pc.indices_nonzero(hits).to_pylist()
    return found


def _total(values: Sequence[Any]) -> Any:
    if isinstance(values[0], Decimal):
        total = Decimal(0)
        for value in values:
            total = _WIDE.add(total, value)
        return total
    if isinstance(values[0], int):
        return sum(values)
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return float(sum(values))


def _plain(value: object) -> Any:
    if value is None or isinstance(value, (bool, str, bytes, dt.time)):
        return value
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC) if value.tzinfo else value
    return value if isinstance(value, dt.date) else repr(value)


def _literal(value: object, kind: pa.DataType) -> Any:
    import pyarrow as pa

    is_ = pa.types
    if is_.is_boolean(kind) or isinstance(value, bool):
        return _of(value, bool) if is_.is_boolean(kind) else _of(value, str)
    if is_.is_integer(kind) or is_.is_floating(kind) or is_.is_decimal(kind):
        return Decimal(str(value))
    text = _of(value, str)
    if is_.is_date(kind):
        return dt.date.fromisoformat(text)
    if is_.is_timestamp(kind):
        return _moment(dt.datetime.fromisoformat(text), kind)
    if is_.is_time(kind):
        return dt.time.fromisoformat(text)
    if is_.is_string(kind) or is_.is_large_string(kind):
        return text
    raise ValueError(kind)


def _moment(value: dt.datetime, kind: pa.DataType) -> dt.datetime:
    if kind.tz is None:
        if value.tzinfo is not None:
            raise ValueError("a DATETIME has no zone")
        return value
    return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)


def _of(value: object, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(kind)
    return value


def _words(kind: pa.DataType) -> str:
    import pyarrow as pa

    is_ = pa.types
    named = (
        (is_.is_boolean, "a BOOL column"), (is_.is_integer, "an INT64 column"),
        (is_.is_floating, "a FLOAT64 column"), (is_.is_decimal, "a NUMERIC column"),
        (is_.is_date, "a DATE column"), (is_.is_time, "a TIME column"),
        (is_.is_string, "a STRING column"), (is_.is_large_string, "a STRING column"),
    )  # fmt: skip
    if is_.is_timestamp(kind):
        return "a DATETIME column" if kind.tz is None else "a TIMESTAMP column"
    return next((words for test, words in named if test(kind)), f"a column of {kind}")
