"""The list of all dashboards in one object, so that a listing does not read each of them.

The index is never trusted to be fresh: one listing of the pointers gives their generations, and a
pointer is read only where the index has another generation of it. A lost or late index costs
reads, never an entry.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

import orjson

from peter_core.errors import StorageError
from peter_core.store.gcs.calls import Conflict
from peter_core.store.gcs.objects import NOTHING
from peter_core.store.history import parse_entry
from peter_core.store.slugs import is_slug

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.store.gcs.calls import Deadline
    from peter_core.store.gcs.objects import Objects
    from peter_core.store.history import Entry

FORMAT = 1
_SUFFIX = ".json"
# One object takes one write a second, of all servers together.
_SAVE_EVERY_S = 5.0


class HeadIndex:
    """The pointers of all dashboards.

    Parameters
    ----------
    heads
        What the pointers' keys begin with; ``<slug>.json`` follows.
    key
        The index object's own key.
    """

    def __init__(self, objects: Objects, *, heads: str, key: str) -> None:
        self._objects, self._heads, self._key = objects, heads, key
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, Entry]] = {}
        self._generation: int | None = None
        self._unsaved = False
        self._saved_at = float("-inf")

    def entries(self, deadline: Deadline) -> dict[str, Entry]:
        """Every dashboard's last entry by slug, deletions too, as they are now.

        Raises
        ------
        StorageError
        """
        generations = self._listed(deadline)
        with self._lock:
            known = dict(self._known)
        if _differ(known, generations):
            saved = self._saved(deadline)
            known |= {s: row for s, row in saved.items() if row[0] == generations.get(s)}
        fresh = self._refreshed(known, generations, deadline)
        with self._lock:
            self._unsaved = self._unsaved or fresh != known
            self._known = fresh
        self._save(deadline)
        return {slug: entry for slug, (_, entry) in fresh.items()}

    def rebuild(self, deadline: Deadline) -> dict[str, Entry]:
        """Read every pointer and write the index anew, whatever it held.

        Raises
        ------
        StorageError
        """
        while True:
            fresh = self._refreshed({}, self._listed(deadline), deadline)
            found = self._objects.read(self._key, deadline)
            over = found.generation if found else NOTHING
            try:
                generation = self._objects.write(self._key, _dumped(fresh), deadline, over=over)
            except Conflict:
                continue
            with self._lock:
                self._known, self._generation, self._unsaved = fresh, generation, False
            return {slug: entry for slug, (_, entry) in fresh.items()}

    def _listed(self, deadline: Deadline) -> dict[str, int]:
        names = self._objects.generations(self._heads, deadline)
        slugs = {
            key.removeprefix(self._heads).removesuffix(_SUFFIX): generation
            for key, generation in names.items()
            if key.endswith(_SUFFIX)
        }
        return {slug: slugs[slug] for slug in sorted(slugs) if is_slug(slug)}

    def _refreshed(
        self,
        known: Mapping[str, tuple[int, Entry]],
        generations: Mapping[str, int],
        deadline: Deadline,
    ) -> dict[str, tuple[int, Entry]]:
        changed = [s for s, at in generations.items() if s not in known or known[s][0] != at]
        keys = [f"{self._heads}{slug}{_SUFFIX}" for slug in changed]
        read = dict(zip(changed, self._objects.read_all(keys, deadline), strict=True))
        fresh = {}
        for slug in generations:
            if slug not in read:
                fresh[slug] = known[slug]
            elif (found := read[slug]) is not None:
                entry = parse_entry(found.data, f"heads/{slug}{_SUFFIX}", slug)
                fresh[slug] = (found.generation, entry)
        return fresh

    def _saved(self, deadline: Deadline) -> dict[str, tuple[int, Entry]]:
        """What the index object holds; nothing when it is damaged."""
        found = self._objects.read(self._key, deadline)
        with self._lock:
            self._generation = found.generation if found else NOTHING
        try:
            return _loaded(found.data) if found else {}
        except (ValueError, KeyError, TypeError, AttributeError, StorageError):
            with self._lock:
                self._unsaved = True
            return {}

    def _save(self, deadline: Deadline) -> None:
        """Write what is known, at times and once: nothing depends on it."""
        with self._lock:
            due = self._unsaved and time.monotonic() - self._saved_at >= _SAVE_EVERY_S
            if not due or self._generation is None:
                return
            self._saved_at, over, data = time.monotonic(), self._generation, _dumped(self._known)
        generation: int | None = None
        with contextlib.suppress(Conflict, StorageError):
            generation = self._objects.write(self._key, data, deadline, over=over, once=True)
        with self._lock:
            self._generation, self._unsaved = generation, generation is None


def _differ(known: Mapping[str, tuple[int, Entry]], generations: Mapping[str, int]) -> bool:
    return any(slug not in known or known[slug][0] != at for slug, at in generations.items())


def _dumped(heads: Mapping[str, tuple[int, Entry]]) -> bytes:
    rows = {
        slug: {"generation": generation, "head": orjson.loads(entry.to_bytes())}
        for slug, (generation, entry) in heads.items()
    }
    return orjson.dumps({"format": FORMAT, "heads": rows})


def _loaded(data: bytes) -> dict[str, tuple[int, Entry]]:
    index = orjson.loads(data)
    if index["format"] != FORMAT:
        return {}
    return {
        slug: (int(row["generation"]), parse_entry(orjson.dumps(row["head"]), "index", slug))
        for slug, row in index["heads"].items()
    }
