"""The seal around every cached value: whoever can write the cache still cannot forge one.

A sealed value is ``magic, version, length, payload, HMAC-SHA256``. The code covers the value's own
key too, so that a value moved to another key does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = struct.Struct(">4sBQ")
_MAGIC = b"PTRC"
_VERSION = 1
_MAC_BYTES = 32

KEY_BYTES = 32
"""The least a key has."""


class Envelope:
    """Seals values with a server's key and opens only what was sealed with it.

    Parameters
    ----------
    key
        At least 32 bytes that nobody else has; see `server_key`.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError("A cache key file needs at least 32 bytes.")
        self._mac = hmac.new(key, digestmod=hashlib.sha256)
        self.rejected = 0

    def seal(self, payload: bytes, *, key: str) -> bytes:
        """The payload with its seal, to be kept under ``key``."""
        header = _HEADER.pack(_MAGIC, _VERSION, len(payload))
        return b"".join((header, payload, self._code(header, payload, key)))

    def open_sealed(self, sealed: bytes, *, key: str) -> bytes | None:
        """The payload, or ``None`` (and one more in ``rejected``) when the seal does not hold."""
        payload = self._checked(sealed, key)
        if payload is None:
            self.rejected += 1
        return payload

    def _checked(self, sealed: bytes, key: str) -> bytes | None:
        if len(sealed) < _HEADER.size + _MAC_BYTES:
            return None
        magic, version, length = _HEADER.unpack_from(sealed)
        if magic != _MAGIC or version != _VERSION:
            return None
        if len(sealed) != _HEADER.size + length + _MAC_BYTES:
            return None
        header, payload = sealed[: _HEADER.size], sealed[_HEADER.size : -_MAC_BYTES]
        if not hmac.compare_digest(self._code(header, payload, key), sealed[-_MAC_BYTES:]):
            return None
        return payload

    def _code(self, header: bytes, payload: bytes, key: str) -> bytes:
        mac = self._mac.copy()
        name = key.encode()
        # The lengths come first, so that no two triples give the same bytes.
        mac.update(struct.pack(">I", len(name)) + name + header)
        mac.update(payload)
        return mac.digest()


def seal_code(sealed: bytes) -> bytes:
    """The authentication code of a sealed value: equal codes, equal values."""
    return sealed[-_MAC_BYTES:]


def server_key(path: Path) -> bytes:
    """The key in the file, made on first use and readable by its owner only.

    A file that others could read or write, or of another size, is replaced by a new key: what was
    sealed with the old one is then a miss.

    Raises
    ------
    OSError
        When the file can neither be read nor made.
    """
    known = _read_key(path)
    if known is not None:
        return known
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_bytes(KEY_BYTES)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        return _install(draft, path, fresh)
    finally:
        draft.unlink(missing_ok=True)


def _install(draft: Path, path: Path, fresh: bytes) -> bytes:
    """Put the new key in place; when another process was first, its key is the one."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        known = _read_key(path)
        if known is not None:
            return known
        draft.replace(path)
    return fresh


def _read_key(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size != KEY_BYTES:
            return None
        if os.name == "posix" and (status.st_mode & 0o077 or status.st_uid != os.geteuid()):
            return None
        return file.read(KEY_BYTES)
