"""One piece of work for BigQuery: its deadline, its retries, and whether somebody still waits."""

from __future__ import annotations

import contextvars
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from peter_core.engine.bigquery.failures import ApiFailure, Failure, failure_of
from peter_core.errors import EngineUnavailable, QueryCancelled, QueryTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.engine.bigquery.reach import Reach
    from peter_core.engine.port import CancelToken

T = TypeVar("T")

NO_RETRY: Any = None
"""Tells the client to leave retries to us; its annotations leave out the None it documents."""
CALL_S = 10.0
"""Seconds one call may hang before it is tried again; every call answers at once."""
RETRY_S = 15.0
"""Seconds a call is tried again after its first failure: who waits may be served an older result
instead."""
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 4.0


_call_until: contextvars.ContextVar[float] = contextvars.ContextVar("call_until")


def call_timeout(given: float | None) -> float:
    """The seconds the call under way may wait for an answer, ``given`` at most.

    The client raises the timeout of some of its calls on its own.
    """
    until = _call_until.get(None)
    left = CALL_S if until is None else max(0.01, until - time.monotonic())
    return left if given is None else min(given, left)


class WorkStopped(Exception):  # noqa: N818 - it ends a thread nobody waits for
    """Nobody waits for this work any more."""


class Request:
    """Calls that share a deadline (``time.monotonic``); safe from any thread.

    ``retry_s`` bounds the seconds a call spends on tries after its first failure. With ``reach``
    nothing is asked, nor tried again, while it says that nobody answers.
    """

    def __init__(
        self, deadline: float, *, retry_s: float = RETRY_S, reach: Reach | None = None
    ) -> None:
        self.deadline = deadline
        self._retry_s = retry_s
        self._reach = reach
        self._insists = False
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._closed = False

    @property
    def stopped(self) -> bool:
        """Whether nobody waits any more."""
        return self._stopped.is_set()

    def remaining(self) -> float:
        """Seconds left, zero at the deadline."""
        return max(0.0, self.deadline - time.monotonic())

    def stop(self) -> None:
        """Make no further call."""
        self._stopped.set()
        self._woken.set()

    def close(self) -> None:
        """Stop, because the engine ends."""
        self._closed = True
        self.stop()

    def insist(self) -> None:
        """Ask from now on whether anybody answers or not: something billed hangs on it.

        Raises
        ------
        ApiFailure
            Nobody answers as it is.
        """
        self._require_reach()
        self._insists = True

    def pause(self, seconds: float) -> None:
        """Wait, at most to the deadline.

        Raises
        ------
        WorkStopped
            Nobody waits for the work any more, or its time is up.
        """
        self._stopped.wait(min(seconds, self.remaining()))
        self._check()

    def call(self, make: Callable[[float], T]) -> T:
        """What ``make`` gives; it is handed the seconds its call may take.

        What BigQuery asks to be tried again is, with growing and jittered pauses.

        Raises
        ------
        ApiFailure, WorkStopped
        """
        tries = _Tries(self.deadline, self._retry_s)
        while True:
            self._check()
            self._require_reach()
            began = time.monotonic()
            seconds = min(CALL_S, self.remaining())
            token = _call_until.set(began + seconds)
            try:
                made = make(seconds)
            except (ApiFailure, WorkStopped):
                raise
            except Exception as error:
                failure = failure_of(error)
                if failure is None:
                    raise
                delay = tries.pause_after(failure)
                self._note(failure, began, last=delay is None)
                if delay is None:
                    self._check_time(failure)
                    raise ApiFailure(failure) from error
            else:
                if self._reach is not None:
                    self._reach.answered()
                return made
            finally:
                _call_until.reset(token)
            self.pause(delay)

    def held(self, call: Callable[[], T], seconds: float = 30.0) -> T:
        """A call whose own timeout is not ours, given up after ``seconds``.

        Raises
        ------
        TimeoutError
        """
        inner = Request(min(self.deadline, time.monotonic() + seconds))
        try:
            return inner.run(call)
        except QueryTimeout:
            raise TimeoutError from None

    def run(self, work: Callable[[], T], cancel: CancelToken | None = None) -> T:
        """Do the work on a thread of its own, so that no call can hold its caller too long.

        Raises
        ------
        QueryTimeout, QueryCancelled, EngineUnavailable
            At the deadline, at the wish of ``cancel``, at ``close``; the work makes no further
            call then.
        """
        outcome: _Outcome[T] = _Outcome()
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=lambda: context.run(self._do, work, outcome), name="peter-bigquery", daemon=True
        )
        forget = cancel.on_cancel(self._woken.set) if cancel is not None else None
        try:
            thread.start()
            self._woken.wait(self.remaining())
        finally:
            # Also when the person interrupts the wait itself.
            if not outcome.done:
                self._stopped.set()
            if forget is not None:
                forget()
        if cancel is not None and cancel.cancelled:
            self._stopped.set()
            raise QueryCancelled("The query was cancelled.")
        if outcome.done and not outcome.stopped:
            return outcome.value()
        if self._closed:
            raise EngineUnavailable("The engine was closed while the query ran.")
        # The work may have seen the deadline before its caller did.
        raise timed_out()

    def _do(self, work: Callable[[], T], outcome: _Outcome[T]) -> None:
        try:
            outcome.give(work())
        except BaseException as error:
            outcome.fail(error)
        finally:
            self._woken.set()

    def _check(self) -> None:
        if self.stopped or self.remaining() <= 0:
            raise WorkStopped

    def _require_reach(self) -> None:
        if self._reach is not None and not self._insists:
            self._reach.require()

    def _note(self, failure: Failure, began: float, *, last: bool) -> None:
        if self._reach is None:
            return
        if failure.unanswered:
            self._reach.unanswered(began, last=last)
        else:
            self._reach.answered()

    def _check_time(self, failure: Failure) -> None:
        """A call that hung until the deadline is no failure of its own."""
        if failure.reason == "transport" and self.remaining() <= 0:
            raise WorkStopped


class _Tries:
    """The tries of one call: how long to wait before the next one, and when there is none."""

    def __init__(self, deadline: float, retry_s: float) -> None:
        self._deadline = deadline
        self._retry_s = retry_s
        self._until: float | None = None
        self._failed = 0

    def pause_after(self, failure: Failure) -> float | None:
        """Seconds to the next try, ``None`` for no other."""
        pause = max(_jittered(self._failed), failure.retry_after_s)
        now = time.monotonic()
        self._until = self._until or min(self._deadline, now + self._retry_s)
        self._failed += 1
        return pause if failure.retryable and now + pause < self._until else None


class _Outcome(Generic[T]):
    """What a thread gave, once."""

    def __init__(self) -> None:
        self.done = False
        self._value: T
        self._error: BaseException | None = None

    def give(self, value: T) -> None:
        self._value = value
        self.done = True

    def fail(self, error: BaseException) -> None:
        self._error = error
        self.done = True

    @property
    def stopped(self) -> bool:
        """Whether the work ended because it was stopped."""
        return isinstance(self._error, WorkStopped)

    def value(self) -> T:
        """The value, or the error raised here."""
        if self._error is not None:
            raise self._error
        return self._value


def timed_out() -> QueryTimeout:
    """The error of work that was stopped at its deadline."""
    return QueryTimeout(
        "The query was stopped at its deadline.",
        hint="Read fewer rows or partitions, aggregate before joining, or allow it more time.",
    )


def _jittered(attempt: int) -> float:
    """Seconds before the next try: between half and all of a doubling pause."""
    pause = min(_FIRST_DELAY_S * 2.0**attempt, _LONGEST_DELAY_S)
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, hides nothing
