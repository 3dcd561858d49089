"""Peter behind a pool of threads: nothing that may wait runs on the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from peter_core.engine.port import CancelToken
from peter_core.errors import EngineUnavailable, QueryTimeout
from peter_jupyter.http.admission import Admission
from peter_jupyter.http.bodies import LARGEST
from peter_jupyter.http.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from peter_core.service import Peter
    from peter_jupyter.http.representation import Sent

T = TypeVar("T")

log = logging.getLogger("peter.http")

_LAST_S = 1.5
"""Seconds that cancelled work has to end."""
_TOLD_S = 0.5
"""Seconds that answers about it have to be written."""


class PooledPeter:
    """One Peter, opened at its first use, and the threads that work with it.

    Parameters
    ----------
    opening
        Opens Peter; called in the pool, again at the next request when it raised.
    workers
        Requests that are worked on at once; more wait for their turn.
    deadline_s, long_deadline_s
        Seconds a request may take with its waiting, and one that runs every query of a dashboard.
    user_concurrency, user_requests_per_minute
        What one user may ask for at once and a minute.
    queue
        Requests of everybody that may wait; one more is told to come again.
    max_body
        Bytes of the largest body.
    """

    def __init__(
        self,
        opening: Callable[[], Peter],
        *,
        workers: int = 16,
        deadline_s: float = 120.0,
        long_deadline_s: float = 900.0,
        user_concurrency: int = 8,
        user_requests_per_minute: int = 600,
        queue: int = 512,
        max_body: int = LARGEST,
    ) -> None:
        self._opening = opening
        self.deadline_s = deadline_s
        self.long_deadline_s = long_deadline_s
        self.max_body = max_body
        self.admission = Admission(
            user_concurrency=user_concurrency,
            user_requests_per_minute=user_requests_per_minute,
            at_once=workers + queue,
        )
        self.recent: Recent[Sent] = Recent()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="peter-http")
        # Stopping a query may take a while, and must not wait for the workers it frees.
        self._stopper = ThreadPoolExecutor(1, thread_name_prefix="peter-http-stop")
        self._lock = threading.Lock()
        self._peter: Peter | None = None
        self._running: set[CancelToken] = set()
        self._closed = False

    async def call(
        self, work: Callable[[Peter], T], cancel: CancelToken, *, deadline_s: float | None = None
    ) -> T:
        """What ``work`` returns or raises, from a thread of the pool.

        Raises
        ------
        QueryTimeout
            At the deadline; the work was told to stop through ``cancel``.
        QueryCancelled
            ``cancel`` was used before the work began.
        EngineUnavailable
            The server is going down.
        """
        if self._closed:
            raise EngineUnavailable("The server is going down.", hint="Try again in a moment.")
        limit = deadline_s or self.deadline_s
        loop = asyncio.get_running_loop()
        self._running.add(cancel)
        future = loop.run_in_executor(
            self._pool, contextvars.copy_context().run, self._work, work, cancel
        )
        try:
            done, _ = await asyncio.wait({future}, timeout=limit)
        except asyncio.CancelledError:
            self.stop(cancel)
            raise
        finally:
            self._running.discard(cancel)
        if not done:
            self.stop(cancel)
            future.add_done_callback(_forget)
            raise QueryTimeout(
                f"The request was stopped at its deadline of {limit:.3g} s.",
                hint="Ask for less at once, or try again when the server is less busy.",
            )
        return future.result()

    def stop(self, cancel: CancelToken) -> None:
        """Tell work to stop, without waiting for it."""
        if not cancel.cancelled and not self._closed:
            self._stopper.submit(cancel.cancel).add_done_callback(_report)

    @property
    def draining(self) -> bool:
        """Whether the server is going down: new requests are refused."""
        return self.admission.draining

    async def drain(self, grace_s: float = 10.0) -> bool:
        """Refuse new requests, let those that began end, and close Peter.

        Returns whether all of them ended by themselves. What still runs after ``grace_s`` seconds
        is cancelled and answered with 503; nobody waits longer than two seconds more for it, so
        that a host ends its process whatever was returned.
        """
        self.admission.draining = True
        ended = await self.admission.emptied(grace_s)
        if not ended:
            log.warning("requests still run after %g s and are cancelled", grace_s)
        closing = asyncio.ensure_future(self.close())
        done, _ = await asyncio.wait({closing}, timeout=_LAST_S)
        if done:
            # Those who were cancelled are told so before the connections are closed.
            await self.admission.emptied(_TOLD_S)
            closing.result()
        else:
            log.error("work does not end although it was cancelled; the server goes down with it")
        return ended

    async def close(self) -> None:
        """Cancel what runs, wait for it, and close Peter."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        for token in tuple(self._running):
            token.cancel()
        self._stopper.shutdown(wait=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            peter, self._peter = self._peter, None
        if peter is not None:
            peter.close()

    def _work(self, work: Callable[[Peter], T], cancel: CancelToken) -> T:
        cancel.raise_if_cancelled()
        return work(self._opened())

    def _opened(self) -> Peter:
        with self._lock:
            if self._peter is None:
                self._peter = self._opening()
            return self._peter


def _forget(future: asyncio.Future[T]) -> None:
    # Its answer comes too late for anybody; looking at the error keeps asyncio from logging it.
    if not future.cancelled():
        future.exception()


def _report(future: Future[None]) -> None:
    error = future.exception()
    if error is not None:
        log.error("A query could not be told to stop: %s", type(error).__name__)
