"""Result pages: of a table, or of rows that are made as they are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from peter_core.engine.port import Column
from tests.fakes.bigquery.api_errors import ApiError
from tests.fakes.bigquery.cells import rest_rows


@dataclass(frozen=True, slots=True)
class RawJson:
    """JSON that is written already."""

    text: bytes


class Pages(Protocol):
    """Rows that are read page by page."""

    columns: tuple[Column, ...]
    total_rows: int

    def rows(self, start: int, count: int, *, int64_timestamps: bool) -> Any:
        """Some rows as JSON, at most ``count``."""
        ...


class TablePages:
    """The pages of an Arrow table."""

    def __init__(self, table: pa.Table, columns: Sequence[Column]) -> None:
        self.table = table
        self.columns = tuple(columns)
        self.total_rows = table.num_rows

    def rows(self, start: int, count: int, *, int64_timestamps: bool) -> Any:
        """The rows as cells."""
        part = self.table.slice(start, count)
        return rest_rows(part, self.columns, int64_timestamps=int64_timestamps)


class EndlessPages:
    """Rows without an end worth waiting for: one page, written once and given again and again."""

    def __init__(self, columns: Sequence[Column], total_rows: int, row_bytes: int) -> None:
        self.columns = tuple(columns)
        self.total_rows = total_rows
        self._row_bytes = row_bytes
        self._kept: dict[tuple[int, bool], RawJson] = {}

    def rows(self, start: int, count: int, *, int64_timestamps: bool) -> RawJson:
        """``count`` equal rows."""
        key = (min(count, self.total_rows - start), int64_timestamps)
        if key not in self._kept:
            row = json.dumps({"f": [{"v": self._cell(one)} for one in self.columns]})
            self._kept[key] = RawJson(f"[{','.join([row] * key[0])}]".encode())
        return self._kept[key]

    def batch(self, count: int) -> pa.RecordBatch:
        """``count`` equal rows as Arrow; columns of text only."""
        text = "x" * self._text
        return pa.record_batch({one.name: [text] * count for one in self.columns})

    @property
    def _text(self) -> int:
        return max(1, self._row_bytes // max(len(self.columns), 1))

    def _cell(self, column: Column) -> Any:
        samples = {"STRING": "x" * self._text, "BOOL": "true", "DATE": "2026-01-01"}
        value = samples.get(column.type, "1")
        return [{"v": value}] if column.mode == "REPEATED" else value


def page(pages: Pages, query: dict[str, str], *, page_rows: int, page_bytes: int) -> dict[str, Any]:
    """``rows``, ``totalRows`` and ``pageToken`` of one page.

    Raises
    ------
    ApiError
        ``invalid``: the page token is not ours.
    """
    start = _start(query)
    wanted = int(query.get("maxResults", page_rows))
    fits = page_rows
    if isinstance(pages, TablePages) and pages.total_rows:
        # BigQuery ends a page at 10 MB, whatever was asked for.
        fits = max(1, page_bytes * pages.total_rows // max(pages.table.nbytes * 3, 1))
    count = min(wanted, fits, page_rows, max(pages.total_rows - start, 0))
    answer: dict[str, Any] = {"totalRows": str(pages.total_rows)}
    if count > 0:
        micros = query.get("formatOptions.useInt64Timestamp", "").lower() == "true"
        answer["rows"] = pages.rows(start, count, int64_timestamps=micros)
    if wanted > 0 and start + count < pages.total_rows:
        answer["pageToken"] = f"P{start + count:012d}"
    return answer


def _start(query: dict[str, str]) -> int:
    token = query.get("pageToken")
    if token is None:
        return int(query.get("startIndex", 0))
    if not (token.startswith("P") and token[1:].isdigit()):
        raise ApiError("invalid", f"Invalid value for pageToken: {token[:60]}")
    return int(token[1:])


def write_json(tree: dict[str, Any]) -> bytes:
    """The answer's body; rows that are JSON already stand in it as they are."""
    raw = {name: value for name, value in tree.items() if isinstance(value, RawJson)}
    body = json.dumps({name: value for name, value in tree.items() if name not in raw}).encode()
    for name, value in raw.items():
        body = b"".join((body[:-1], b', "', name.encode(), b'": ', value.text, b"}"))
    return body
