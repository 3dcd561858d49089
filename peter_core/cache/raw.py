"""diskcache without pickle: bytes under text keys, and nothing else is ever read back."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import diskcache
from diskcache import core

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_VALUE_BYTES = 512 * 2**20

_FILE_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val")


class RawDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Stores bytes as they are. A row of any other kind, however it came there, is not read.

    File names in rows are checked too: a planted one leads nowhere outside the folder.
    """

    def put(self, key: object) -> tuple[str, bool]:
        """The key's form in the database."""
        if not isinstance(key, str):
            raise TypeError("A cache key is a text.")
        return key, True

    def get(self, key: object, raw: bool) -> str:
        """The key of a row."""
        if not raw or not isinstance(key, str):
            raise OSError("The row's key is of no kind that this cache writes.")
        return key

    def store(
        self, value: object, read: bool, key: object = core.UNKNOWN
    ) -> tuple[int, int, str | None, Any]:
        """Where the value goes: into the row, or into a file of its own when it is large."""
        if read or not isinstance(value, bytes):
            raise TypeError("A cache value is bytes.")
        if len(value) < self.min_file_size:
            return 0, core.MODE_RAW, None, sqlite3.Binary(value)
        name, path = self.filename(key, value)
        try:
            self._write(path, iter((value,)), "xb")
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise
        return len(value), core.MODE_BINARY, name, None

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> bytes:
        """The value of a row."""
        if mode == core.MODE_RAW and isinstance(value, bytes) and filename is None:
            return value
        if mode == core.MODE_BINARY and value is None and filename is not None:
            return self._read(filename)
        raise OSError("The row is of no kind that this cache writes.")

    def remove(self, file_path: str) -> None:
        """Delete a value's file."""
        if _FILE_NAME.fullmatch(file_path):
            super().remove(file_path)

    def _read(self, name: str) -> bytes:
        if not _FILE_NAME.fullmatch(name):
            raise OSError("The row names a file that this cache did not write.")
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(Path(self._directory) / name, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_VALUE_BYTES:
                raise OSError("The row names a file that this cache did not write.")
            return file.read()


class RawCache(diskcache.Cache):  # type: ignore[misc]  # diskcache has no types
    """A diskcache of `RawDisk` values whose tags are sets, kept as ``|a|b|`` in the tag column."""

    def __init__(self, folder: Path, *, timeout_s: float, min_file_bytes: int) -> None:
        super().__init__(
            str(folder),
            timeout=timeout_s,
            disk=RawDisk,
            disk_min_file_size=min_file_bytes,
            eviction_policy="none",
            cull_limit=0,
            statistics=0,
            tag_index=0,
            # A cache may lose a power cut: what is torn then is found and rebuilt.
            sqlite_synchronous=0,
        )

    def evict_tags(self, alternatives: tuple[tuple[str, ...], ...]) -> frozenset[str]:
        """Delete the rows that have a tag of each of the groups; gives their keys."""
        clauses = " AND ".join(
            "(" + " OR ".join("instr(tag, ?) > 0" for _ in choice) + ")" for choice in alternatives
        )
        values = [f"|{tag}|" for choice in alternatives for tag in choice]
        return self._delete_where(clauses, values)

    def evict_oldest(self, count: int) -> int:
        """Delete the rows that were stored first."""
        clause = "rowid IN (SELECT rowid FROM Cache ORDER BY store_time LIMIT ?)"
        return len(self._delete_where(clause, [count]))

    def evict_expired(self) -> int:
        """Delete the rows whose time is over."""
        return len(self._delete_where("expire_time < ?", [time.time()]))

    def evict_all(self) -> int:
        """Delete every row."""
        return len(self._delete_where("1", []))

    def remove_orphans(self, older_than_s: float) -> int:
        """Delete value files that no row names: what a killed process left behind."""
        folder = Path(self.directory)
        named = {row[0] for row in self._sql("SELECT filename FROM Cache WHERE filename NOT NULL")}
        limit = time.time() - older_than_s
        removed = 0
        for path in folder.glob("??/??/*.val"):
            name = path.relative_to(folder).as_posix()
            with contextlib.suppress(OSError):
                if name not in named and path.lstat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed

    def _delete_where(self, clause: str, values: Iterable[object]) -> frozenset[str]:
        # The clauses are the constants above; every value is bound.
        arguments = tuple(values)
        with self._transact() as (sql, cleanup):
            select = f"SELECT key, filename FROM Cache WHERE {clause}"  # noqa: S608
            rows = sql(select, arguments).fetchall()
            sql(f"DELETE FROM Cache WHERE {clause}", arguments)  # noqa: S608
            for _, name in rows:
                cleanup(name)
        return frozenset(str(key) for key, _ in rows)
