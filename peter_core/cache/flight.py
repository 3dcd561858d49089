"""One computation per key: whoever asks for what is being computed waits for it."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from peter_core.engine.port import CancelToken
from peter_core.errors import QueryTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class _Flight(Generic[T]):
    """A computation under way and how many wait for it."""

    def __init__(self) -> None:
        self.token = CancelToken()
        self.landed = False
        self.waiting: list[threading.Event] = []
        self.value: T | None = None
        self.error: BaseException | None = None

    def run(self, compute: Callable[[CancelToken], T]) -> None:
        try:
            self.value = compute(self.token)
        except BaseException as error:
            # Handed to every waiter, who raises it.
            self.error = error


class SingleFlight(Generic[T]):
    """Joins equal computations of a process; safe from any thread.

    A computation has a thread of its own, so that the first caller may leave while others stay.
    When the last caller has left, by its own cancel, its time limit or an interrupt, the
    computation is cancelled. Errors reach every caller and are not kept.
    """

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}
        self._lock = threading.Lock()
        self._coalesced = 0

    @property
    def coalesced(self) -> int:
        """How many calls waited for another's computation instead of starting one."""
        return self._coalesced

    @property
    def running(self) -> int:
        """How many computations are under way."""
        with self._lock:
            return len(self._flights)

    def do(
        self,
        key: str,
        compute: Callable[[CancelToken], T],
        *,
        cancel: CancelToken | None = None,
        timeout_s: float | None = None,
    ) -> T:
        """The value of ``compute``, run now or already running for the same key.

        Parameters
        ----------
        compute
            Gets the token that tells it to stop.
        cancel
            This caller's own wish to stop waiting.
        timeout_s
            How long this caller waits, in seconds.

        Raises
        ------
        QueryCancelled
            This caller was cancelled.
        QueryTimeout
            This caller's time is over.
        BaseException
            Whatever ``compute`` raised.
        """
        if cancel is not None:
            cancel.raise_if_cancelled()
        # Set by the flight's end and by this caller's cancel.
        woken = threading.Event()
        forget = cancel.on_cancel(woken.set) if cancel is not None else None
        try:
            flight = self._join(key, compute, woken)
            woken.wait(timeout_s)
            if not flight.landed:
                if cancel is not None:
                    cancel.raise_if_cancelled()
                raise QueryTimeout(f"The query did not finish within {timeout_s:g} s.")
        finally:
            if forget is not None:
                forget()
            self._leave(key, woken)
        if flight.error is not None:
            raise flight.error
        return cast("T", flight.value)

    def _join(
        self, key: str, compute: Callable[[CancelToken], T], woken: threading.Event
    ) -> _Flight[T]:
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                flight.waiting.append(woken)
                self._coalesced += 1
                return flight
            flight = self._flights[key] = _Flight[T]()
            flight.waiting.append(woken)
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run, args=(self._fly, key, flight, compute), daemon=True
        )
        try:
            thread.start()
        except BaseException as error:
            # Those who joined meanwhile must not wait for what never started.
            flight.error = error
            self._land(key, flight)
            # An interrupt may have come when it had started.
            flight.token.cancel()
            raise
        return flight

    def _fly(self, key: str, flight: _Flight[T], compute: Callable[[CancelToken], T]) -> None:
        flight.run(compute)
        self._land(key, flight)

    def _land(self, key: str, flight: _Flight[T]) -> None:
        with self._lock:
            self._forget(key, flight)
            flight.landed = True
            waiting, flight.waiting = flight.waiting, []
        for woken in waiting:
            woken.set()

    def _leave(self, key: str, woken: threading.Event) -> None:
        with self._lock:
            flight = self._flights.get(key)
            if flight is None or woken not in flight.waiting:
                return
            flight.waiting.remove(woken)
            if flight.waiting:
                return
            # A caller who comes now must not join what is being cancelled.
            self._forget(key, flight)
        flight.token.cancel()

    def _forget(self, key: str, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
