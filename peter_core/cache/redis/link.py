"""Asking Redis within a budget: a pool of connections behind a circuit breaker."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from peter_core.cache.redis.wire import FAILURES, SLOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.breaker import Breaker
    from peter_core.cache.redis.wire import Command, Reply, Wire

CONNECT_S = 1.0
_WIRES = 8


class Away(Exception):  # noqa: N818  # it says what happened; never leaves this package
    """Redis did not answer in time, or nothing is asked of it at the moment."""


class Link:
    """Exchanges with Redis that take ``budget_s`` at most and raise nothing but `Away`.

    Connections are opened in threads of their own: neither a slow resolver nor a slow handshake
    is waited for longer than the budget. A new connection counts only once ``verify`` accepted it.

    Parameters
    ----------
    connect
        Opens a wire; its argument is the limit in seconds.
    verify
        Says whether the wire leads to the server that was last shaken hands with.
    """

    def __init__(
        self,
        connect: Callable[[float], Wire],
        verify: Callable[[Wire], bool],
        breaker: Breaker,
        *,
        budget_s: float,
    ) -> None:
        self._connect = connect
        self._verify = verify
        self._budget_s = budget_s
        self._breaker = breaker
        self._changed = threading.Condition()
        self._idle: list[Wire] = []
        self._turn = 0
        self._wires = self._opening = self._waiting = 0
        self._pid = os.getpid()

    def call(self, *commands: Command) -> list[Reply]:
        """The replies to the commands, which are sent together.

        Raises
        ------
        Away
            When there are none.
        """
        # A forked child must not speak on its parent's connections.
        if not self._breaker.closed or os.getpid() != self._pid:
            raise Away
        deadline = time.monotonic() + self._budget_s
        replies = self._exchange(commands, deadline)
        if replies is None:
            # The server had closed the connection: another one, once.
            replies = self._exchange(commands, deadline)
        if replies is None:
            self._breaker.trip()
            raise Away
        self._breaker.worked()
        return replies

    def adopt(self, wire: Wire) -> None:
        """Use a connection that was opened elsewhere and leads to the right server."""
        with self._changed:
            self._wires += 1
            self._idle.append(wire)
            self._changed.notify()

    def reset(self) -> None:
        """Close every connection; those in use close as they come back."""
        with self._changed:
            self._turn += 1
            idle, self._idle = self._idle, []
            self._wires = 0
        for wire in idle:
            wire.close()

    def _exchange(self, commands: tuple[Command, ...], deadline: float) -> list[Reply] | None:
        """The replies, or ``None`` when the connection was closed at the other end."""
        # Half of the time is for the exchange: with less, slow would mean nothing.
        least_s = self._budget_s / 2
        wire, turn = self._take(deadline - least_s)
        try:
            budget_s = max(least_s, deadline - time.monotonic())
            replies = wire.exchange(commands, budget_s=budget_s)
        except SLOW:
            self._drop(wire, turn)
            self._breaker.failed()
            raise Away from None
        except FAILURES:
            wire.close()
            # What closed this one, a restart or an idle limit, closed the others too.
            self.reset()
            return None
        except BaseException:
            # Interrupted between question and answer: the next answer would be the wrong one.
            self._drop(wire, turn)
            raise
        self._give(wire, turn)
        return replies

    def _take(self, deadline: float) -> tuple[Wire, int]:
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    if self._idle:
                        return self._idle.pop(), self._turn
                    if self._opening < self._waiting and self._wires + self._opening < _WIRES:
                        self._start_opening()
                    left = deadline - time.monotonic()
                    if left <= 0 and self._wires == 0:
                        # Not busy with others: there is no getting through.
                        self._breaker.failed()
                    if not self._breaker.closed or left <= 0:
                        raise Away
                    self._changed.wait(left)
            finally:
                self._waiting -= 1

    def _start_opening(self) -> None:
        self._opening += 1
        thread = threading.Thread(
            target=self._open, args=(self._turn,), name="peter-redis-connect", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            self._opening -= 1
            raise Away from None

    def _open(self, turn: int) -> None:
        wire = None
        try:
            wire = self._connect(CONNECT_S)
            usable = self._verify(wire)
        except FAILURES:
            usable = False
        with self._changed:
            self._opening -= 1
            kept = usable and turn == self._turn
            if kept and wire is not None:
                self._wires += 1
                self._idle.append(wire)
            elif not usable and turn == self._turn:
                self._breaker.trip()
            self._changed.notify_all()
        if wire is not None and not kept:
            wire.close()

    def _give(self, wire: Wire, turn: int) -> None:
        with self._changed:
            current = turn == self._turn
            if current:
                self._idle.append(wire)
                self._changed.notify()
        if not current:
            wire.close()

    def _drop(self, wire: Wire, turn: int) -> None:
        with self._changed:
            if turn == self._turn:
                self._wires -= 1
        wire.close()
