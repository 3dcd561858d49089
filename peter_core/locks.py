"""A lock on a file: one holder at a time, among threads and processes, freed when a holder dies."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from peter_core.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL_S = 0.005


@contextmanager
def file_lock(path: Path, *, timeout_s: float, doing: str) -> Iterator[None]:
    """Hold the lock while the block runs; the file is made if it is missing and stays.

    Parameters
    ----------
    timeout_s
        How long to wait for the present holder, in seconds.
    doing
        What is to be done, for the message: ``publish dashboard flights``.

    Raises
    ------
    StorageError
        When the lock was not free in time.
    OSError
        When the file cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o644)
    try:
        deadline = time.monotonic() + timeout_s
        while not _acquire(descriptor):
            if time.monotonic() >= deadline:
                raise StorageError(
                    f"Peter could not {doing}: another process has held its lock for"
                    f" {timeout_s:g} s.",
                    hint="Try again in a moment.",
                )
            time.sleep(_POLL_S)
        yield
    finally:
        # Closing frees the lock.
        os.close(descriptor)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _acquire(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _acquire(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
