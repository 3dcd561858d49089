"""The files of a workspace that are tables: ``data/<dataset>/<table>.parquet`` and the like."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READERS = {
    ".parquet": "read_parquet", ".csv": "read_csv", ".tsv": "read_csv",
    ".json": "read_json", ".ndjson": "read_json", ".jsonl": "read_json",
}  # fmt: skip
"""The DuckDB function that reads each kind of file."""

_DATASET = re.compile(r"[A-Za-z0-9_]{1,128}")
_TABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
# Schemas DuckDB keeps for itself.
_RESERVED = frozenset({"information_schema", "pg_catalog", "temp", "system"})


@dataclass(frozen=True, slots=True)
class Source:
    """One file that should be a table.

    ``path`` is relative to the data folder, with slashes. ``size`` in bytes, ``mtime_ns``,
    ``inode`` and ``mode`` (who may read it) tell whether it changed. ``problem`` says why it
    cannot be a table at all.
    """

    dataset: str
    table: str
    path: str
    size: int
    mtime_ns: int
    inode: int
    mode: int
    problem: str | None = None

    @property
    def name(self) -> str:
        """``dataset.table``."""
        return f"{self.dataset}.{self.table}"

    @property
    def updated_at(self) -> dt.datetime:
        """When the file was last written, UTC."""
        return dt.datetime.fromtimestamp(self.mtime_ns / 1e9, tz=dt.UTC)


def scan(data: Path) -> tuple[Source, ...]:
    """Every table file below the data folder, by name; no folder, no tables.

    Raises
    ------
    OSError
        The folder is there and cannot be read.
    """
    sources = sorted(_sources(data), key=lambda source: source.path)
    taken: dict[str, Source] = {}
    result = []
    for source in sources:
        first = taken.setdefault(source.name.casefold(), source)
        if first is not source and source.problem is None:
            problem = f"it would be the same table as data/{first.path}; keep one of the two files"
            source = replace(source, problem=problem)
        result.append(source)
    return tuple(result)


def _sources(data: Path) -> Iterator[Source]:
    for folder in _entries(data):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        for entry in _entries(folder.path):
            stem, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - an entry is no Path
            if not stem.startswith(".") and suffix.lower() in READERS:
                source = _source(folder.name, stem, entry)
                if source is not None:
                    yield source


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _source(dataset: str, table: str, entry: os.DirEntry[str]) -> Source | None:
    try:
        facts = entry.stat()
    except FileNotFoundError:  # removed meanwhile, or a link to nowhere
        return None
    problem = None
    if not stat.S_ISREG(facts.st_mode):
        problem = "it is no regular file"
    elif facts.st_size == 0:
        problem = "it is empty"
    elif not _DATASET.fullmatch(dataset) or dataset.lower() in _RESERVED:
        problem = f"{dataset!r} cannot be the name of a dataset; use letters, digits and _"
    elif not _TABLE.fullmatch(table):
        problem = f"{table!r} cannot be the name of a table; use letters, digits, _ and -"
    return Source(
        dataset=dataset,
        table=table,
        path=f"{dataset}/{entry.name}",
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        inode=facts.st_ino,
        mode=facts.st_mode,
        problem=problem,
    )
