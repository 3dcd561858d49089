"""Calls that can be stopped."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from peter_core.engine.port import CancelToken
from peter_core.errors import QueryCancelled, QueryFailed
from peter_jupyter import interruption
from peter_jupyter.interruption import run_interruptibly


def interrupt() -> None:
    """Ctrl-C, while the one who waits for this call can only wait."""
    os.kill(os.getpid(), signal.SIGINT)


def test_a_value_comes_back() -> None:
    assert run_interruptibly(lambda _: 42) == 42


def test_an_error_comes_back_as_it_is() -> None:
    def fail(_: CancelToken) -> None:
        raise QueryFailed("Division by zero.")

    with pytest.raises(QueryFailed, match="Division by zero"):
        run_interruptibly(fail)


def test_an_interrupt_cancels_the_call_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "_GRACE_S", 60)
    stopped = threading.Event()

    def wait(cancel: CancelToken) -> None:
        cancel.on_cancel(stopped.set)
        interrupt()
        stopped.wait(60)
        cancel.raise_if_cancelled()

    with pytest.raises(QueryCancelled, match="its query was cancelled"):
        run_interruptibly(wait)
    assert stopped.is_set()


def test_a_call_that_does_not_stop_holds_nobody() -> None:
    release, done = threading.Event(), threading.Event()

    def stay(_: CancelToken) -> None:
        interrupt()
        release.wait(60)
        done.set()

    with pytest.raises(QueryCancelled, match="still stopping"):
        run_interruptibly(stay)
    assert not done.is_set()
    release.set()


def test_waiting_is_told_from_the_first_second_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    enough = threading.Event()

    def tell(seconds: float) -> None:
        told.append(seconds)
        if len(told) == 2:
            enough.set()

    run_interruptibly(lambda _: enough.wait(60), on_wait=tell)
    assert 1.0 <= told[0] < told[1]
    quick: list[float] = []
    monkeypatch.setattr(interruption, "_QUIET_S", 60)
    run_interruptibly(lambda _: None, on_wait=quick.append)
    assert quick == []
