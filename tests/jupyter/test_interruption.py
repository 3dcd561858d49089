"""Calls that can be stopped."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from peter_core.engine.port import CancelToken
from peter_core.errors import QueryCancelled, QueryFailed
from peter_jupyter.interruption import run_interruptibly


def interrupt_soon(after_s: float = 0.2) -> threading.Timer:
    timer = threading.Timer(after_s, signal.raise_signal, [signal.SIGINT])
    timer.start()
    return timer


def test_a_value_comes_back() -> None:
    assert run_interruptibly(lambda _: 42) == 42


def test_an_error_comes_back_as_it_is() -> None:
    def fail(_: CancelToken) -> None:
        raise QueryFailed("Division by zero.")

    with pytest.raises(QueryFailed, match="Division by zero"):
        run_interruptibly(fail)


def test_an_interrupt_cancels_the_call_and_says_so() -> None:
    stopped = threading.Event()

    def wait(cancel: CancelToken) -> None:
        cancel.on_cancel(stopped.set)
        stopped.wait(30)
        cancel.raise_if_cancelled()

    interrupt_soon()
    started = time.monotonic()
    with pytest.raises(QueryCancelled, match="its query was cancelled"):
        run_interruptibly(wait)
    assert stopped.is_set()
    assert time.monotonic() - started < 5


def test_a_call_that_does_not_stop_holds_nobody() -> None:
    release = threading.Event()
    interrupt_soon()
    try:
        with pytest.raises(QueryCancelled, match="still stopping"):
            run_interruptibly(lambda _: release.wait(60))
    finally:
        release.set()


def test_waiting_is_told_from_the_first_second_on() -> None:
    told: list[float] = []
    run_interruptibly(lambda _: time.sleep(1.7), on_wait=told.append)
    assert told
    assert told[0] >= 1.0
    quick: list[float] = []
    run_interruptibly(lambda _: None, on_wait=quick.append)
    assert quick == []
