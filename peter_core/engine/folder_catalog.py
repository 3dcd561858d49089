"""What was imported from a folder: the catalog beside the database, swapped in one step."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peter_core.engine.folder import Source
from peter_core.engine.port import Column, TableInfo

FORMAT = 1
"""Raised when catalogs or databases of older versions can no longer be used."""
_FILE = "catalog.json"


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """One imported table; sizes are logical bytes by BigQuery's rules."""

    source: Source
    columns: tuple[Column, ...]
    rows: int
    column_bytes: dict[str, int]

    def info(self, project: str) -> TableInfo:
        """The table as the engine's port describes it."""
        return TableInfo(
            id=f"{project}.{self.source.name}",
            columns=self.columns,
            rows=self.rows,
            bytes=sum(self.column_bytes.values()),
            updated_at=self.source.updated_at,
            column_bytes=dict(self.column_bytes),
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not become a table, and why."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables of one database file; ``database`` is its name in the state folder."""

    database: str
    version: str
    tables: tuple[CatalogTable, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def sources(self) -> frozenset[Source]:
        """The files this catalog was made from, as they were."""
        return frozenset(t.source for t in self.tables) | {u.source for u in self.unreadable}


def read_catalog(state: Path, version: str) -> Catalog | None:
    """The current catalog, ``None`` when there is none this version of DuckDB can use."""
    try:
        tree = json.loads((state / _FILE).read_text(encoding="utf-8"))
        catalog = _from_tree(tree)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # torn or foreign: as if there were none
        return None
    if tree["format"] != FORMAT or catalog.version != version:
        return None
    return catalog if (state / catalog.database).is_file() else None


def write_catalog(state: Path, catalog: Catalog) -> None:
    """Make ``catalog`` the current one, in one step that survives a crash of the machine."""
    draft = state / f"{catalog.database}.catalog"
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, **asdict(catalog)}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(state / _FILE)
    folder = os.open(state, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def catalog_stamp(state: Path) -> tuple[int, int] | None:
    """Changes whenever another catalog becomes the current one."""
    try:
        facts = (state / _FILE).stat()
    except FileNotFoundError:
        return None
    return facts.st_ino, facts.st_mtime_ns


def _from_tree(tree: dict[str, Any]) -> Catalog:
    return Catalog(
        database=Path(str(tree["database"])).name,
        version=str(tree["version"]),
        tables=tuple(
            CatalogTable(
                source=Source(**table["source"]),
                columns=tuple(Column(**column) for column in table["columns"]),
                rows=int(table["rows"]),
                column_bytes={str(k): int(v) for k, v in table["column_bytes"].items()},
            )
            for table in tree["tables"]
        ),
        unreadable=tuple(
            Unreadable(Source(**bad["source"]), str(bad["reason"])) for bad in tree["unreadable"]
        ),
    )
