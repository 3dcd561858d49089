"""The tables a statement is read against: names found the way people write them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    SchemaMapping: TypeAlias = Mapping[str, Mapping[str, str]]

_SHARD_ENDS = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table: ``columns`` are name and BigQuery type by lower-case name."""

    id: str
    columns: dict[str, tuple[str, str]]

    def nearest(self, name: str) -> str | None:
        """The column whose name is closest to a misspelled one."""
        return nearest(name, [spelled for spelled, _ in self.columns.values()])


class Schema:
    """Tables by one, two or three part names; table names care for case, column names do not."""

    def __init__(self, tables: SchemaMapping) -> None:
        self._tables = [
            KnownTable(id_, {name.lower(): (name, kind) for name, kind in columns.items()})
            for id_, columns in tables.items()
        ]
        self._parts = [table.id.replace("`", "").split(".") for table in self._tables]
        self._found: dict[str, KnownTable | None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tables, as the schema gives them."""
        return tuple(table.id for table in self._tables)

    def find(self, name: str) -> KnownTable | None:
        """The table of a dotted name; the shorter of two names may leave its project out."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def nearest(self, name: str) -> str | None:
        """A table whose name is closest to a misspelled one, written with as many parts."""
        count = name.count(".") + 1
        return nearest(name, [".".join(parts[-count:]) for parts in self._parts])

    def _find(self, name: str) -> KnownTable | None:
        wanted = name.split(".")
        best: KnownTable | None = None
        for table, parts in zip(self._tables, self._parts, strict=True):
            if parts == wanted:
                return table
            if best is None and _matches(wanted, parts):
                best = table
        return best


def _matches(wanted: list[str], parts: list[str]) -> bool:
    shared = min(len(wanted), len(parts))
    left, right = wanted[-shared:], parts[-shared:]
    if left[:-1] != right[:-1]:
        return False
    if left[-1].endswith("*") and right[-1].endswith("*"):
        return left[-1].startswith(right[-1][:-1]) or right[-1].startswith(left[-1][:-1])
    if left[-1].endswith("*"):
        return right[-1].startswith(left[-1][:-1])
    if right[-1].endswith("*"):
        # A wildcard of the schema stands for its shards, and those end with their date.
        prefix = right[-1][:-1]
        return left[-1].startswith(prefix) and left[-1][len(prefix) :][-1:] in _SHARD_ENDS
    return left[-1] == right[-1]


def nearest(name: str, names: list[str]) -> str | None:
    """The closest of some names, without regard to case."""
    by_lower = {one.lower(): one for one in names}
    near = get_close_matches(name.lower(), by_lower, 1, 0.5)
    return by_lower[near[0]] if near else None
