"""Single flight across servers: one of them holds a lease and computes, the others wait for it."""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from peter_core.cache.redis.link import Away
from peter_core.cache.redis.scripts import CLAIM, RELEASE, RENEW
from peter_core.cache.redis.values import UNFENCED, Fence
from peter_core.errors import QueryTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peter_core.cache.redis import RedisCache
    from peter_core.engine.port import CancelToken

T = TypeVar("T")

LEASE_S = 5.0
_ATTEMPTS = 4
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class _Lease:
    """Somebody computes the value of a key; ``ours`` says whether it is this call."""

    key: str
    fence: Fence
    token: str
    ours: bool


class ServerFlight(Generic[T]):
    """Joins equal computations of servers that share a Redis; safe from any thread.

    A lease that is not renewed ends after ``lease_s``, then one of those who wait takes over. With
    Redis away everybody computes: an answer twice is better than none.
    """

    def __init__(self, redis: RedisCache, *, lease_s: float = LEASE_S) -> None:
        self._redis = redis
        self._lease_ms = int(lease_s * 1000)
        self._coalesced = 0

    @property
    def coalesced(self) -> int:
        """How many calls took another server's value instead of computing one."""
        return self._coalesced

    def do(
        self,
        key: str,
        compute: Callable[[CancelToken, Fence], T],
        fetch: Callable[[Fence | None], T | None],
        *,
        cancel: CancelToken,
        timeout_s: float | None = None,
    ) -> tuple[T, bool]:
        """The value, and whether it was computed here.

        Parameters
        ----------
        compute
            Computes the value and stores it under the fence that it is given.
        fetch
            The value that is stored since the fence, or ``None``; without a fence any value that
            spares the computation.
        timeout_s
            How long to wait for others, in seconds.

        Raises
        ------
        QueryCancelled
            When it was cancelled while it waited.
        QueryTimeout
            When the time is over.
        BaseException
            Whatever ``compute`` raised.
        """
        token = secrets.token_hex(8)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            lease = self._claim(key, token)
            if lease is None:
                return compute(cancel, UNFENCED), True
            if lease.ours:
                with self._kept(lease):
                    found = fetch(None)
                    if found is None:
                        return compute(cancel, lease.fence), True
                self._coalesced += 1
                return found, False
            if self._wait(lease, deadline, cancel):
                found = fetch(lease.fence)
                if found is not None:
                    self._coalesced += 1
                    return found, False
            # Those who wait must not all ask at the same moment.
            self._pause(threading.Event(), random.uniform(0, 0.02), deadline)  # noqa: S311

    def _claim(self, key: str, token: str) -> _Lease | None:
        """The lease, ours or another's; ``None`` when Redis does not say."""
        redis = self._redis
        for _ in range(_ATTEMPTS):
            epoch = redis.watch.epoch
            lease = redis.lease_key(key)
            with contextlib.suppress(Away):
                (reply,) = redis.link.call(
                    ("EVAL", CLAIM, 2, redis.head, lease, epoch, token, self._lease_ms)
                )
                match reply:
                    case [int(ours), int(number)]:
                        return _Lease(key, Fence(epoch, number), token, bool(ours))
                return None
            if redis.away:
                break
            # A hiccup: asking once more is cheaper than computing twice.
        return None

    @contextlib.contextmanager
    def _kept(self, lease: _Lease) -> Iterator[None]:
        """Renew the lease meanwhile, and release it at the end, whatever the end is."""
        ended = threading.Event()
        renewer = threading.Thread(
            target=self._renew, args=(lease, ended), name="peter-lease", daemon=True
        )
        with contextlib.suppress(RuntimeError):
            # Without a thread the lease ends by itself.
            renewer.start()
        try:
            yield
        finally:
            ended.set()
            self._release(lease)

    def _renew(self, lease: _Lease, ended: threading.Event) -> None:
        redis = self._redis
        held = f"{lease.fence.number}:{lease.token}"
        while not ended.wait(self._lease_ms / 3000):
            command = ("EVAL", RENEW, 1, redis.lease_key(lease.key), held, self._lease_ms)
            with contextlib.suppress(Away):
                if redis.link.call(command) == [0]:
                    # It ended while this process was stopped: another one has it, or nobody.
                    return

    def _release(self, lease: _Lease) -> None:
        redis = self._redis
        held = f"{lease.fence.number}:{lease.token}"
        with contextlib.suppress(Away):
            redis.link.call(
                ("EVAL", RELEASE, 1, redis.lease_key(lease.key), held,
                 redis.watch.channel, lease.key)
            )  # fmt: skip

    def _wait(self, lease: _Lease, deadline: float | None, cancel: CancelToken) -> bool:
        """Wait until the other's value is there or its lease has ended; true when it is there."""
        woken = threading.Event()
        forget = self._redis.watch.releases.await_release(lease.key, woken)
        take_back = cancel.on_cancel(woken.set)
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                self._pause(woken, pause_s * random.uniform(0.5, 1), deadline)  # noqa: S311
                cancel.raise_if_cancelled()
                woken.clear()
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 1.5)
                over = self._look(lease)
                if over is not None:
                    return over
        finally:
            take_back()
            forget()

    def _look(self, lease: _Lease) -> bool | None:
        """Whether the value is there; ``None`` while it is still being computed."""
        redis = self._redis
        try:
            fence, held = redis.link.call(
                ("HGET", redis.entry_key(lease.key), "f"), ("GET", redis.lease_key(lease.key))
            )
        except Away:
            return False if redis.away else None
        if isinstance(fence, bytes) and fence.isdigit() and int(fence) >= lease.fence.number:
            return True
        same = isinstance(held, bytes) and held.startswith(b"%d:" % lease.fence.number)
        return None if same else False

    @staticmethod
    def _pause(woken: threading.Event, seconds: float, deadline: float | None) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise QueryTimeout("Another server did not finish the query in time.")
        woken.wait(seconds if left is None else min(seconds, left))
