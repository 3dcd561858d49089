"""Several processes behind one socket: started, started again when one dies, ended together."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

log = logging.getLogger("peter.serve")

ENDING = (signal.SIGTERM, signal.SIGINT)
"""What tells a server to end."""
LAST_S = 11.0
"""Seconds after which what still runs is killed."""
_MOST_DEATHS = 5
_DEATHS_WITHIN_S = 60.0
_POLL_S = 0.05


class Workers:
    """The processes of one server; this process only watches over them.

    Parameters
    ----------
    work
        What each does; it ends its process. It is told the end of a pipe that is closed when
        this process is gone, however it went.
    """

    def __init__(self, count: int, work: Callable[[int], NoReturn]) -> None:
        self._count = count
        self._work = work
        self._living: set[int] = set()
        self._stopping_since: float | None = None
        self._deaths: list[float] = []
        self._failed = False

    def run(self) -> int:
        """Start them and wait until all have ended; 0 when each ended because it was told to."""
        reader, writer = os.pipe()
        for number in ENDING:
            signal.signal(number, self._stop)
        for _ in range(self._count):
            self._start(reader, writer)
        while self._living:
            self._reap(reader, writer)
            self._kill_late()
            time.sleep(_POLL_S)
        return 1 if self._failed else 0

    def _start(self, reader: int, writer: int) -> None:
        # Held back until the new process knows what to do about them.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if pid:
            self._living.add(pid)
            if self._stopping_since is not None:
                _send(pid, signal.SIGTERM)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            return
        try:
            os.close(writer)
            for number in ENDING:
                signal.signal(number, signal.SIG_DFL)
            self._work(reader)
        except BaseException:
            log.exception("a worker could not go on")
        finally:
            # Nothing of the parent's is to be ended twice: no exit handlers, no buffers.
            os._exit(1)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping_since = self._stopping_since or time.monotonic()
        for pid in tuple(self._living):
            _send(pid, signal.SIGTERM)

    def _reap(self, reader: int, writer: int) -> None:
        for pid in tuple(self._living):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            self._living.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping_since is not None:
                self._failed |= code != 0
                continue
            log.error("worker %d ended with %d and is started again", pid, code)
            if self._dies_too_often():
                log.error("workers end again and again; the server stops")
                self._failed = True
                self._stop(signal.SIGTERM, None)
            else:
                self._start(reader, writer)

    def _dies_too_often(self) -> bool:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < _DEATHS_WITHIN_S] + [now]
        return len(self._deaths) > _MOST_DEATHS

    def _kill_late(self) -> None:
        since = self._stopping_since
        if since is None or time.monotonic() - since < LAST_S:
            return
        for pid in self._living:
            log.error("worker %d did not end in time and is killed", pid)
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
