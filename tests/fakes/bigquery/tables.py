"""The tables of a fake BigQuery, as a test gives them and as metadata tells them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from peter_core.engine.port import Column
from tests.fakes.bigquery.fields import rest_schema

TableType = Literal["TABLE", "VIEW", "MATERIALIZED_VIEW", "EXTERNAL", "SNAPSHOT"]
_BIRTH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class FakeTable:
    """One table; ``rows`` is Arrow, pandas or a list of dicts, ``schema`` name to BigQuery type.

    Without a schema the types are those of the rows. ``claimed_bytes`` and ``claimed_rows`` are
    what metadata, dry runs and bills say in place of the truth. A view has ``sql``; ``denied``
    makes every use of the table a 403, ``needs_filter`` every use without a filter of the
    partition column a 400.
    """

    rows: Any = None
    schema: Mapping[str, str] | None = None
    type: TableType = "TABLE"
    sql: str | None = None
    modified: dt.datetime = _BIRTH
    partition_column: str | None = None
    needs_filter: bool = False
    clustering: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    streaming: bool = False
    denied: bool = False
    claimed_bytes: int | None = None
    claimed_rows: int | None = None


@dataclass(slots=True)
class StoredTable:
    """A table with its place and what was computed of it."""

    project: str
    dataset: str
    name: str
    spec: FakeTable
    columns: tuple[Column, ...] = ()
    rows: int = 0
    column_bytes: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``project.dataset.table``."""
        return f"{self.project}.{self.dataset}.{self.name}"

    @property
    def legacy_id(self) -> str:
        """``project:dataset.table``, as messages and ``id`` have it."""
        return f"{self.project}:{self.dataset}.{self.name}"

    @property
    def reference(self) -> dict[str, str]:
        """A ``TableReference``."""
        return {"projectId": self.project, "datasetId": self.dataset, "tableId": self.name}

    @property
    def bytes(self) -> int:
        """Logical bytes, or what is claimed."""
        claimed = self.spec.claimed_bytes
        return sum(self.column_bytes.values()) if claimed is None else claimed

    def bytes_of(self, names: frozenset[str]) -> int:
        """Logical bytes of some columns; a claimed size is shared out as the real one is."""
        wanted = {name.casefold() for name in names}
        read = sum(size for name, size in self.column_bytes.items() if name.casefold() in wanted)
        whole = sum(self.column_bytes.values())
        if self.spec.claimed_bytes is None or not whole:
            return read
        return self.spec.claimed_bytes * read // whole


def table_resource(table: StoredTable, location: str) -> dict[str, Any]:
    """A ``Table``, as ``tables.get`` answers it."""
    spec, modified = table.spec, _millis(table.spec.modified)
    resource: dict[str, Any] = {
        "kind": "bigquery#table",
        "etag": f"{table.name}-{modified}",
        "id": table.legacy_id,
        "selfLink": f"https://bigquery.googleapis.com/bigquery/v2/projects/{table.project}"
        f"/datasets/{table.dataset}/tables/{table.name}",
        "tableReference": table.reference,
        "schema": rest_schema(table.columns),
        "creationTime": _millis(_BIRTH),
        "lastModifiedTime": modified,
        "type": spec.type,
        "location": location,
    }
    if spec.type not in ("VIEW", "EXTERNAL"):
        claimed = table.rows if spec.claimed_rows is None else spec.claimed_rows
        resource |= {"numRows": str(claimed), "numBytes": str(table.bytes)}
    return resource | _partitioning(spec) | _kind_facts(spec, modified)


def list_entry(table: StoredTable) -> dict[str, Any]:
    """One of ``tables`` in a ``TableList``: no schema, no size, no modified time."""
    entry: dict[str, Any] = {
        "kind": "bigquery#table",
        "id": table.legacy_id,
        "tableReference": table.reference,
        "type": table.spec.type,
        "creationTime": _millis(_BIRTH),
    }
    if table.spec.type == "VIEW":
        entry["view"] = {"useLegacySql": False}
    return entry | _partitioning(table.spec)


def dataset_entry(project: str, dataset: str, location: str) -> dict[str, Any]:
    """One of ``datasets`` in a ``DatasetList``."""
    return {
        "kind": "bigquery#dataset",
        "id": f"{project}:{dataset}",
        "datasetReference": {"projectId": project, "datasetId": dataset},
        "location": location,
    }


def _partitioning(spec: FakeTable) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if spec.partition_column:
        facts["timePartitioning"] = {"type": "DAY", "field": spec.partition_column}
        facts["requirePartitionFilter"] = spec.needs_filter
    if spec.clustering:
        facts["clustering"] = {"fields": list(spec.clustering)}
    return facts


def _kind_facts(spec: FakeTable, modified: str) -> dict[str, Any]:
    if spec.type == "VIEW":
        return {"view": {"query": spec.sql, "useLegacySql": False}}
    if spec.type == "MATERIALIZED_VIEW":
        refreshed = {"query": spec.sql, "enableRefresh": True, "lastRefreshTime": modified}
        return {"materializedView": refreshed}
    if spec.type == "EXTERNAL":
        source = {"sourceFormat": "PARQUET", "sourceUris": ["gs://bucket/part-*.parquet"]}
        return {"externalDataConfiguration": source}
    if spec.streaming:
        buffer = {"estimatedRows": "1", "estimatedBytes": "8", "oldestEntryTime": modified}
        return {"streamingBuffer": buffer}
    return {}


def _millis(moment: dt.datetime) -> str:
    return str(int(moment.timestamp() * 1000))
