"""Queries that are kept in files beside the document: their SQL is put into the text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from peter_core.dashboard.loading import load_dashboard
from peter_core.dashboard.marks import child

if TYPE_CHECKING:
    from peter_core.dashboard.loading import Loaded
    from peter_core.dashboard.marks import MapMark

MAX_SQL_BYTES = 100_000


def inline_files(text: str | bytes, folder: Path) -> str | bytes:
    """The document with ``file: daily.sql`` replaced by that file's ``sql``, on the same line.

    What is published must be whole, and a revision must change when its SQL does. A file that is
    missing, too large, no UTF-8 or outside the folder is left as it is: compiling says so, at its
    place. So is a text that has errors.

    Parameters
    ----------
    folder
        Where the document stands; its files lie in it or below.
    """
    needle: str | bytes = "file" if isinstance(text, str) else b"file"
    if needle not in text:  # type: ignore[operator]  # both are str, or both are bytes
        return text
    loaded = load_dashboard(text)
    if loaded.dashboard is None:
        return text
    found = loaded.text
    for start, end, sql in sorted(_replacements(loaded, folder), reverse=True):
        # A JSON string is a double-quoted YAML scalar, and keeps every other line where it was.
        found = f"{found[:start]}sql: {json.dumps(sql, ensure_ascii=False)}{found[end:]}"
    return found if isinstance(text, str) else found.encode()


def _replacements(loaded: Loaded, folder: Path) -> list[tuple[int, int, str]]:
    found = []
    queries = loaded.dashboard.queries if loaded.dashboard else {}
    for name, query in queries.items():
        sql = _read(folder, query.file) if query.file is not None else None
        if sql is None or loaded.mark is None:
            continue
        every = child(loaded.mark, "queries")
        mark = cast("MapMark", child(every, name)) if every is not None else None
        if mark is None:
            continue
        value = mark.children["file"]
        found.append((mark.keys["file"].start_mark.index, _end(value), sql))
    return found


def _end(value: object) -> int:
    return int(value.end_mark.index)  # type: ignore[attr-defined]  # a file's name is a scalar


def _read(folder: Path, name: str) -> str | None:
    root = folder.resolve()
    path = (root / name).resolve()
    try:
        if not path.is_relative_to(root) or path.stat().st_size > MAX_SQL_BYTES:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
