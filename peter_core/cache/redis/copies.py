"""The disk beside Redis: copies for the time when Redis is away, and how far they are in step."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import orjson

from peter_core.cache.redis.changes import Change, Position
from peter_core.cache.redis.scripts import ALL_TAG

if TYPE_CHECKING:
    from pathlib import Path

    from peter_core.cache.disk import DiskCache


class DiskCopies:
    """A disk tier that follows Redis; satisfies `Follower`.

    How far it is in step stands in a file beside it: a server that was away when something was
    invalidated, or was not even running, makes up for it before it reads from Redis again.
    """

    def __init__(self, disk: DiskCache, path: Path) -> None:
        self.disk = disk
        self._path = path
        self._lock = threading.Lock()

    def position(self) -> Position | None:
        """Where the copies are in step, ``None`` when nobody knows."""
        try:
            match orjson.loads(self._path.read_bytes()):
                case {"epoch": str(epoch), "seq": int(seq)}:
                    return Position(epoch, seq)
        except (OSError, orjson.JSONDecodeError):
            pass
        return None

    def follow(self, change: Change) -> None:
        """Forget what the change forgets."""
        if change.key is not None:
            self.disk.delete(change.key)
        elif any(ALL_TAG in group for group in change.groups):
            self.disk.clear()
        else:
            self.disk.evict(*change.groups)

    def start_over(self) -> None:
        """Forget everything: invalidations may have been missed."""
        self.disk.clear()

    def reached(self, position: Position) -> None:
        """Write down that the copies are in step with the position."""
        draft = self._path.with_name(f".{self._path.name}-{os.getpid()}")
        with self._lock:
            try:
                draft.write_bytes(orjson.dumps({"epoch": position.epoch, "seq": position.seq}))
                draft.replace(self._path)
            except OSError:
                # An older position only makes it follow more than it must.
                draft.unlink(missing_ok=True)
