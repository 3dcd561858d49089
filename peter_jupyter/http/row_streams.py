"""Results as CSV or Arrow, a piece at a time: no more than one piece is held besides the result."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import orjson

from peter_core.engine.values import json_column, unique_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.engine.port import Result

_ROWS = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMERIC = frozenset({"INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC", "BOOL"})


def csv_pieces(result: Result, rows: int = _ROWS) -> Iterator[bytes]:
    """The result as RFC 4180 CSV; a text that a spreadsheet would compute gets a ``'`` before.

    See https://owasp.org/www-community/attacks/CSV_Injection
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_harmless(name) for name in unique_names(result.table.column_names)])
    numeric = [column.type in _NUMERIC and column.mode != "REPEATED" for column in result.columns]
    for first in range(0, result.table.num_rows, rows):
        part = result.table.slice(first, rows)
        columns = [
            json_column(part.column(index), column.type)
            for index, column in enumerate(result.columns)
        ]
        for row in zip(*columns, strict=True):
            writer.writerow(
                [value if number else _harmless(value)
                 for value, number in zip(row, numeric, strict=True)]
            )  # fmt: skip
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def arrow_pieces(result: Result, rows: int = 10 * _ROWS) -> Iterator[bytes]:
    """The result as an Arrow IPC stream."""
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, result.table.schema) as writer:
        for batch in result.table.to_batches(max_chunksize=rows):
            writer.write_batch(batch)
            yield sink.getvalue()
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue()


def _harmless(value: object) -> object:
    if isinstance(value, list | dict):
        value = orjson.dumps(value).decode()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
