"""Who is let in: so many requests a minute and at once for a user, so many for the server."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peter_core.errors import Overloaded
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

TURN_S = 30.0
_REMEMBERED = 10_000
"""Users whose pace is kept; those who are back at their full pace go first."""
_WAITING_FOR_EACH = 16
"""Requests of a user that wait, for each that may be worked on."""


@dataclass(slots=True)
class _User:
    """One user's pace (a token bucket), what is worked on, and what waits."""

    tokens: float
    at: float
    running: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Admission:
    """Counts requests from their verb to their answer. Used on the event loop only.

    Parameters
    ----------
    user_concurrency
        Requests of one user that are worked on at once; a few more wait for their turn.
    user_requests_per_minute
        What one user may ask for: as many at once, and then as they come back by the second.
    at_once
        Requests of everybody together, with those that wait.
    turn_s
        Seconds a request waits for the user's other ones at most.
    """

    def __init__(
        self,
        *,
        user_concurrency: int,
        user_requests_per_minute: int,
        at_once: int,
        turn_s: float = TURN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._concurrency = user_concurrency
        self._burst = float(user_requests_per_minute)
        self._at_once = at_once
        self._turn_s = turn_s
        self._clock = clock
        self._users: OrderedDict[str, _User] = OrderedDict()
        self._inside = 0
        self._empty: asyncio.Event | None = None
        self.draining = False

    def enter(self, name: str) -> asyncio.Future[None] | None:
        """Begin a request of a user: at once, or when the future that is given back is done.

        Every request that began ends with `leave`, also one that was refused while it waited.

        Raises
        ------
        RefusalError
            503: the server is going down; 429: the user asked for too much.
        Overloaded
            The server has too much to do.
        """
        if self.draining:
            raise RefusalError("draining", "The server is going down.", hint="Try again shortly.")
        user = self._user(name)
        if user.tokens < 1:
            wait_s = math.ceil((1 - user.tokens) * 60 / self._burst)
            raise RefusalError(
                "too_many_requests",
                f"A user may ask {self._burst:g} times a minute.",
                hint=f"Try again in {wait_s} s.",
                retry_after_s=wait_s,
            )
        if self._inside >= self._at_once:
            raise Overloaded(
                "The server has too many requests to answer.", hint="Try again in a few seconds."
            )
        if len(user.waiting) >= self._concurrency * _WAITING_FOR_EACH:
            raise RefusalError(
                "too_many_requests",
                f"{self._concurrency} requests of yours are worked on and "
                f"{len(user.waiting)} wait for their turn.",
                hint="Wait for an answer before you ask for more.",
                retry_after_s=1,
            )
        user.tokens -= 1
        self._inside += 1
        if user.running < self._concurrency:
            user.running += 1
            return None
        turn = asyncio.get_running_loop().create_future()
        user.waiting.append(turn)
        return turn

    async def turn(self, turn: asyncio.Future[None], deadline_s: float) -> float:
        """Wait for the turn that `enter` gave; returns the seconds that took.

        Parameters
        ----------
        deadline_s
            What the request may take in all; half of that is left for its work.

        Raises
        ------
        RefusalError
            429: the user's other requests took all the time there was.
        """
        began = self._clock()
        limit_s = min(self._turn_s, deadline_s / 2)
        try:
            await asyncio.wait_for(turn, limit_s)
        except TimeoutError:
            raise RefusalError(
                "too_many_requests",
                f"{self._concurrency} requests of yours were worked on for {limit_s:g} s while "
                "this one waited.",
                hint="Wait for an answer before you ask for more.",
                retry_after_s=math.ceil(limit_s),
            ) from None
        return self._clock() - began

    def leave(self, name: str, turn: asyncio.Future[None] | None = None) -> None:
        """End a request: the user's next one has its turn."""
        user = self._users[name]
        self._inside -= 1
        if turn is not None and (not turn.done() or turn.cancelled()):
            # It went away while it waited: what is worked on is as much as before.
            if turn in user.waiting:
                user.waiting.remove(turn)
        else:
            user.running -= 1
            self._call_next(user)
        if self._inside == 0 and self._empty is not None:
            self._empty.set()

    async def emptied(self, within_s: float) -> bool:
        """Whether every request that began has ended, after so many seconds at most."""
        self._empty = asyncio.Event()
        if self._inside == 0:
            return True
        try:
            await asyncio.wait_for(self._empty.wait(), within_s)
        except TimeoutError:
            return False
        return True

    def _call_next(self, user: _User) -> None:
        while user.waiting and user.running < self._concurrency:
            turn = user.waiting.popleft()
            if not turn.done():
                user.running += 1
                turn.set_result(None)

    def _user(self, name: str) -> _User:
        now = self._clock()
        user = self._users.get(name)
        if user is None:
            user = self._users[name] = _User(self._burst, now)
            self._forget(now)
            return user
        self._users.move_to_end(name)
        user.tokens = min(self._burst, user.tokens + (now - user.at) * self._burst / 60)
        user.at = now
        return user

    def _forget(self, now: float) -> None:
        """Keep no more users than are remembered; one who waits or has no pace left stays."""
        while len(self._users) > _REMEMBERED:
            name, oldest = next(iter(self._users.items()))
            if oldest.running or oldest.waiting or now - oldest.at < 60:
                return
            del self._users[name]
