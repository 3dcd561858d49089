"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from typing import TYPE_CHECKING

from peter_core.errors import StorageError, StorageFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_FILE_BYTES = 64 * 2**20
_DRAFT_PREFIX = ".draft-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def write_whole(path: Path, data: bytes) -> None:
    """Put the data at the path in one step, in place of what was there.

    The bytes are on the device before the name points to them, and the name is before this
    returns.

    Raises
    ------
    OSError
        The path is as it was, and no draft is left.
    """
    draft = path.with_name(f"{_DRAFT_PREFIX}{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o644)
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make the folder, durably, if it is missing; its parent must exist."""
    try:
        path.mkdir()
    except FileExistsError:
        return
    sync_folder(path.parent)


def read_whole(path: Path) -> bytes:
    """The file's bytes.

    Raises
    ------
    OSError
        It is missing, no plain file (a link is none), or larger than 64 MiB.
    """
    descriptor = os.open(path, os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        if status.st_size > MAX_FILE_BYTES:
            raise OSError(errno.EFBIG, "the file is too large")
        return file.read()


def remove_drafts(folder: Path) -> None:
    """Delete what killed writers left; only while nobody else can be writing there."""
    for path in folder.glob(f"{_DRAFT_PREFIX}*"):
        path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Put the folder's names on the device."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn an ``OSError`` into ``StorageFull`` or ``StorageError`` about what was attempted."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(
                f"Peter could not {doing}: no room is left on the device.",
                hint="Free some room and try again; nothing was changed.",
            ) from error
        reason = error.strerror or type(error).__name__
        raise StorageError(f"Peter could not {doing}: {reason}.") from error


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
