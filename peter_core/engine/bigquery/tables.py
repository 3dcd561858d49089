"""BigQuery's table resources as the port describes tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.engine.bigquery.types import columns_of
from peter_core.engine.port import TableInfo

if TYPE_CHECKING:
    from google.cloud.bigquery import Table
    from google.cloud.bigquery.table import TableListItem

    from peter_core.engine.port import TableKind

_KINDS: dict[str, TableKind] = {
    "TABLE": "table", "VIEW": "view", "MATERIALIZED_VIEW": "materialized_view",
    "EXTERNAL": "external", "SNAPSHOT": "snapshot",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """A table as its own metadata says it; ``reads`` are the tables a view names, resolved.

    ``readable`` is false for a view whose query cannot be read, so that nothing is known of what
    is under it.
    """

    info: TableInfo
    reads: tuple[str, ...] = ()
    readable: bool = True

    @property
    def is_view(self) -> bool:
        """Whether its rows are those of other tables."""
        return self.info.kind in ("view", "materialized_view")


def described(table: Table) -> Described:
    """What ``tables.get`` answered.

    ``updated_at`` is unknown for a table with a streaming buffer, whose newest rows do not count
    in its modified time, and for an external one, which changes outside BigQuery.
    """
    kind = _KINDS.get(str(table.table_type), "table")
    stamped = kind != "external" and table.streaming_buffer is None
    query = table.view_query if kind == "view" else table.mview_query
    info = TableInfo(
        id=f"{table.project}.{table.dataset_id}.{table.table_id}",
        columns=columns_of(table.schema),
        rows=table.num_rows if kind != "view" else None,
        bytes=table.num_bytes if kind != "view" else None,
        updated_at=table.modified if stamped else None,
        partition_column=_partition_column(table),
        kind=kind,
        clustering=tuple(table.clustering_fields or ()),
        view_sql=query if kind in ("view", "materialized_view") else None,
    )
    if info.view_sql is None:
        return Described(info)
    reads = _reads(info.view_sql, table.project, table.dataset_id)
    return Described(info, reads or (), readable=reads is not None)


def listed(item: TableListItem) -> TableInfo:
    """What ``tables.list`` says of a table: neither columns nor size nor age."""
    return TableInfo(
        id=f"{item.project}.{item.dataset_id}.{item.table_id}",
        columns=(),
        partition_column=_partition_column(item),
        kind=_KINDS.get(str(item.table_type), "table"),
        clustering=tuple(item.clustering_fields or ()),
    )


def _partition_column(table: Table | TableListItem) -> str | None:
    by_time = table.time_partitioning
    if by_time is not None:
        return by_time.field or "_PARTITIONTIME"
    by_range = getattr(table, "range_partitioning", None)
    return by_range.field if by_range is not None else None


def _reads(sql: str, project: str, dataset: str) -> tuple[str, ...] | None:
    """The tables a view's query names, ``None`` when it cannot be read (legacy SQL)."""
    from peter_core.errors import SqlError
    from peter_core.sql.statement import parse

    try:
        names = parse(sql).tables
    except SqlError:
        return None
    return tuple(full_id(name, project, dataset) for name in names)


def full_id(name: str, project: str, dataset: str | None) -> str:
    """``project.dataset.table`` of a dotted name; what cannot be completed stays as it is."""
    parts = name.replace("`", "").rsplit(".", 2)
    if len(parts) == 1:
        return f"{project}.{dataset}.{name}" if dataset else name
    return f"{project}.{'.'.join(parts)}" if len(parts) == 2 else ".".join(parts)
