"""Files of a workspace that look like tables and are none, each with its reason."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from peter_core.engine.duckdb_errors import plain
from peter_core.engine.folder import READERS
from peter_core.engine.folder_catalog import read_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What people have and Peter cannot read; any other file may lie beside the tables unmentioned.
_FOREIGN = frozenset({
    ".arrow", ".avro", ".bz2", ".db", ".duckdb", ".feather", ".gz", ".ods", ".orc", ".pq",
    ".sqlite", ".xls", ".xlsx", ".zip", ".zst",
})  # fmt: skip
_READ = ", ".join(READERS)
_MOST = 1000
"""Files that are looked at in one folder of a dataset."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is no table; ``path`` begins with ``data/``, ``reason`` is a clause."""

    path: str
    reason: str


def left_out(folder: Path) -> tuple[LeftOut, ...]:
    """What of a workspace's data folder is no table as of the last import, by path.

    Raises
    ------
    OSError
        When the data folder is there and cannot be read.
    """
    catalog = read_catalog(folder / ".peter" / "engine", version("duckdb"))
    unread = [
        LeftOut(f"data/{bad.source.path}", plain(bad.reason).rstrip("."))
        for bad in (catalog.unreadable if catalog is not None else ())
    ]
    return tuple(sorted([*unread, *_misplaced(folder / "data")], key=lambda one: one.path))


def _misplaced(data: Path) -> Iterator[LeftOut]:
    for entry in _entries(data):
        if not entry.is_dir():
            if _suffix(entry.name) in READERS or _suffix(entry.name) in _FOREIGN:
                yield LeftOut(
                    f"data/{entry.name}",
                    f"it is in no dataset; move it to data/<dataset>/{entry.name}",
                )
            continue
        for inner in _entries(entry.path):
            yield from _inside(entry.name, inner)


def _inside(dataset: str, entry: os.DirEntry[str]) -> Iterator[LeftOut]:
    path = f"data/{dataset}/{entry.name}"
    suffix = _suffix(entry.name)
    if entry.is_dir() and suffix not in READERS:
        found = _entries(entry.path)
        if any(one.is_dir() or _suffix(one.name) in READERS for one in found):
            yield LeftOut(f"{path}/", "a table is one file; folders in a dataset are not read")
    elif entry.is_file() and suffix in _FOREIGN:
        yield LeftOut(path, f"{suffix} files are not read; {_READ} are")


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    found.append(entry)
                if len(found) == _MOST:
                    break
    except FileNotFoundError:
        pass
    return found


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - an entry is no Path
