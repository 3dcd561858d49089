"""One computation per key, for as long as somebody waits for it."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from peter_core.cache.flight import SingleFlight
from peter_core.engine.port import CancelToken
from peter_core.errors import QueryCancelled, QueryFailed, QueryTimeout


class Caller:
    """A thread that asks, and what came of it."""

    def __init__(self, flight: SingleFlight[int], compute, **options: object) -> None:  # type: ignore[no-untyped-def]
        self.value: int | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._ask, args=(flight, compute, options))
        self._thread.start()

    def _ask(self, flight, compute, options) -> None:  # type: ignore[no-untyped-def]
        try:
            self.value = flight.do("k", compute, **options)
        except BaseException as error:
            self.error = error

    def join(self) -> Caller:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self


class Slow:
    """A computation that runs until it is let go or cancelled."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.release = threading.Event()
        self.cancelled = threading.Event()
        self.runs = 0

    def __call__(self, token: CancelToken) -> int:
        self.runs += 1
        token.on_cancel(self.release.set)
        self.started.set()
        assert self.release.wait(60)
        if token.cancelled:
            self.cancelled.set()
        token.raise_if_cancelled()
        return 42


def wait_until(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_two_hundred_callers_share_one_computation() -> None:
    flight: SingleFlight[int] = SingleFlight()
    slow = Slow()
    callers = [Caller(flight, slow) for _ in range(200)]
    wait_until(lambda: flight.coalesced == 199)
    slow.release.set()
    assert {caller.join().value for caller in callers} == {42}
    assert slow.runs == 1
    assert flight.running == 0


def test_other_keys_do_not_wait() -> None:
    flight: SingleFlight[int] = SingleFlight()
    slow = Slow()
    caller = Caller(flight, slow)
    assert slow.started.wait(60)
    assert flight.do("other", lambda token: 7) == 7
    slow.release.set()
    assert caller.join().value == 42


def test_an_error_reaches_every_caller_and_is_not_kept() -> None:
    flight: SingleFlight[int] = SingleFlight()
    gate = threading.Event()

    def fail(token: CancelToken) -> int:
        gate.wait(60)
        raise QueryFailed("Division by zero.")

    callers = [Caller(flight, fail) for _ in range(5)]
    wait_until(lambda: flight.coalesced == 4)
    gate.set()
    assert all(isinstance(caller.join().error, QueryFailed) for caller in callers)
    assert flight.do("k", lambda token: 1) == 1


def test_the_first_may_leave_while_others_stay() -> None:
    flight: SingleFlight[int] = SingleFlight()
    slow, leave = Slow(), CancelToken()
    first = Caller(flight, slow, cancel=leave)
    assert slow.started.wait(60)
    second = Caller(flight, slow)
    wait_until(lambda: flight.coalesced == 1)
    leave.cancel()
    assert isinstance(first.join().error, QueryCancelled)
    slow.release.set()
    assert second.join().value == 42
    assert not slow.cancelled.is_set()


def test_the_computation_is_cancelled_when_the_last_one_left() -> None:
    flight: SingleFlight[int] = SingleFlight()
    slow = Slow()
    tokens = [CancelToken(), CancelToken()]
    callers = [Caller(flight, slow, cancel=token) for token in tokens]
    wait_until(lambda: flight.coalesced == 1)
    assert slow.started.wait(60)
    tokens[0].cancel()
    callers[0].join()
    assert not slow.cancelled.is_set()
    tokens[1].cancel()
    callers[1].join()
    assert slow.cancelled.wait(60)


def test_a_time_limit_counts_as_leaving() -> None:
    flight: SingleFlight[int] = SingleFlight()
    slow = Slow()
    with pytest.raises(QueryTimeout, match=r"0\.05 s"):
        flight.do("k", slow, timeout_s=0.05)
    assert slow.cancelled.wait(60)


def test_an_interrupt_counts_as_leaving() -> None:
    flight: SingleFlight[int] = SingleFlight()
    slow = Slow()

    def interrupt() -> None:
        assert slow.started.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        interrupting.start()
        flight.do("k", slow)
    interrupting.join()
    assert slow.cancelled.wait(60)
    assert flight.running == 0


def test_who_comes_after_a_cancel_starts_anew() -> None:
    flight: SingleFlight[int] = SingleFlight()
    lingering = threading.Event()

    def linger(token: CancelToken) -> int:
        lingering.wait(60)
        return 1

    with pytest.raises(QueryTimeout):
        flight.do("k", linger, timeout_s=0.05)
    assert flight.do("k", lambda token: 2) == 2
    lingering.set()
    assert flight.do("k", lambda token: 3) == 3


def test_a_caller_who_was_cancelled_already_starts_nothing() -> None:
    flight: SingleFlight[int] = SingleFlight()
    gone, slow = CancelToken(), Slow()
    gone.cancel()
    with pytest.raises(QueryCancelled):
        flight.do("k", slow, cancel=gone)
    assert slow.runs == 0


def test_a_finished_value_is_not_kept() -> None:
    flight: SingleFlight[int] = SingleFlight()
    values = iter((1, 2))
    assert [flight.do("k", lambda token: next(values)) for _ in range(2)] == [1, 2]
    assert flight.coalesced == 0


def test_a_thread_that_cannot_start_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    flight: SingleFlight[int] = SingleFlight()
    joined: list[Caller] = []

    class Exhausted:
        def __init__(self, **_: object) -> None:
            monkeypatch.undo()

        def start(self) -> None:
            joined.append(Caller(flight, lambda token: 7))
            wait_until(lambda: flight.coalesced == 1)
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr("peter_core.cache.flight.threading.Thread", Exhausted)
    with pytest.raises(RuntimeError, match="new thread"):
        flight.do("k", lambda token: 7)
    assert isinstance(joined[0].join().error, RuntimeError)
    assert flight.running == 0
    assert flight.do("k", lambda token: 7) == 7
