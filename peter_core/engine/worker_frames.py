"""Length-prefixed frames between an engine and its child processes.

A frame is a kind (one byte), a length (four bytes, big endian) and that many bytes of body. No
frame is ever unpickled or evaluated: bodies are JSON, or parts of an Arrow IPC stream.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import struct
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO: Final = b"H"
"""The child is ready; JSON facts."""
QUERY: Final = b"Q"
"""One statement to run; JSON."""
BIND: Final = b"B"
"""One statement to bind against empty tables; JSON."""
DATA: Final = b"D"
"""A part of an Arrow IPC stream."""
END: Final = b"E"
"""The statement is done; JSON facts of the result."""
ERROR: Final = b"X"
"""The statement failed; JSON."""

MAX_FRAME: Final = 1 << 30
# A large pipe lets the child compute ahead while the parent reads.
_PIPE_BYTES: Final = 1 << 20
_HEAD = struct.Struct(">cI")


class PipeClosedError(Exception):
    """The other side is gone, or does not speak in frames."""


class DeadlineError(Exception):
    """The other side did not answer in time."""


def write_frame(fd: int, kind: bytes, body: bytes | memoryview) -> None:
    """Write one frame to a blocking descriptor."""
    for part in (_HEAD.pack(kind, len(body)), body):
        view = memoryview(part).cast("B")
        while view:
            view = view[os.write(fd, view) :]


def read_frame(fd: int) -> tuple[bytes, bytes]:
    """Read one frame from a blocking descriptor.

    Raises
    ------
    PipeClosedError
        At the end of the stream.
    """
    kind, length = _HEAD.unpack(_read_exactly(fd, _HEAD.size))
    return kind, _read_exactly(fd, length)


def _read_exactly(fd: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, min(size - len(parts), 1 << 20))
        if not part:
            raise PipeClosedError
        parts += part
    return bytes(parts)


class FramePipe:
    """The parent's end: two descriptors of a child, read and written with a deadline.

    Deadlines are moments of ``time.monotonic``.
    """

    def __init__(self, read_fd: int, write_fd: int) -> None:
        for fd in (read_fd, write_fd):
            os.set_blocking(fd, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # more than this user may have
                fcntl.fcntl(read_fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._readable = select.poll()
        self._readable.register(read_fd, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(write_fd, select.POLLOUT)

    def send(self, kind: bytes, body: bytes, deadline: float) -> None:
        """Write one frame.

        Raises
        ------
        DeadlineError, PipeClosedError
        """
        view = memoryview(_HEAD.pack(kind, len(body)) + body)
        while view:
            self._wait(self._writable, deadline)
            try:
                view = view[os.write(self._write_fd, view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise PipeClosedError from error

    def frames(self, deadline: float) -> Iterator[tuple[bytes, bytearray]]:
        """Yield frames as they come, until the caller stops asking.

        Raises
        ------
        DeadlineError, PipeClosedError
        """
        while True:
            kind, length = _HEAD.unpack(self._read(_HEAD.size, deadline))
            if length > MAX_FRAME:
                raise PipeClosedError
            if time.monotonic() > deadline:
                raise DeadlineError
            yield kind, self._read(length, deadline)

    def _read(self, size: int, deadline: float) -> bytearray:
        """Exactly ``size`` bytes, read into the place where they stay."""
        body = bytearray(size)
        left = memoryview(body)
        while left:
            try:
                count = os.readv(self._read_fd, [left])
            except BlockingIOError:
                self._wait(self._readable, deadline)
                continue
            except OSError as error:
                raise PipeClosedError from error
            if count == 0:
                raise PipeClosedError
            left = left[count:]
        return body

    @staticmethod
    def _wait(poller: select.poll, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlineError
            if poller.poll(min(left, 3600.0) * 1000):
                return
