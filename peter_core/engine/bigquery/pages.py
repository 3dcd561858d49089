"""A result read page by page into Arrow, up to its caps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_core.engine.bigquery.values import record_batch, schema_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from peter_core.engine.port import Column

_CELLS = 100_000
"""Cells of one page: as Python objects, before Arrow has them, they take about 25 MB."""
_PAGE_BYTES = 2 * 2**20
FIRST_ROWS = 2_000
"""Rows of the first page, before their length is known; the client holds on to it."""


class Rows:
    """The rows kept so far; ``read`` are all that were seen, kept or not."""

    def __init__(self, columns: Sequence[Column], *, max_rows: int, max_bytes: int) -> None:
        self.columns = tuple(columns)
        self.read = 0
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._kept = 0
        self._bytes = 0
        self._full = max_rows <= 0
        self._batches: list[pa.RecordBatch] = []

    @property
    def full(self) -> bool:
        """Whether a cap is reached."""
        return self._full

    @property
    def page_rows(self) -> int:
        """Rows to ask for next: few where they are wide or long, never more than are kept."""
        return min(page_rows(len(self.columns)), self._by_length(), self._max_rows - self._kept)

    def add_page(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep a page of REST rows.

        Raises
        ------
        QueryFailed
            A value does not fit its column's type.
        """
        wanted = rows[: max(0, self._max_rows - self._kept)]
        if wanted:
            self.add_batch(record_batch(wanted, self.columns))
        self.read += len(rows) - len(wanted)

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Keep a batch, cut where a cap is reached."""
        self.read += batch.num_rows
        wanted = min(batch.num_rows, self._max_rows - self._kept)
        room = self._max_bytes - self._bytes
        if batch.nbytes > room:
            wanted = min(wanted, batch.num_rows * room // batch.nbytes)
            self._full = True
        if wanted:
            kept = batch.slice(0, wanted)
            self._batches.append(kept)
            self._kept += wanted
            self._bytes += kept.nbytes
        self._full = self._full or self._kept >= self._max_rows

    def table(self) -> pa.Table:
        """What was kept."""
        import pyarrow as pa

        return pa.Table.from_batches(self._batches, schema=schema_of(self.columns))

    def _by_length(self) -> int:
        if not self._kept:
            return _CELLS
        return max(1, _PAGE_BYTES * self._kept // max(1, self._bytes))


def page_rows(columns: int) -> int:
    """Rows of a page of so many columns."""
    return max(1, _CELLS // max(1, columns))
