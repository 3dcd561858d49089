"""Deadlines and retries of the calls to BigQuery."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import ClassVar

import pytest
from google.api_core import exceptions

from peter_core.engine.bigquery import remembered as bigquery_remembered
from peter_core.engine.bigquery import requests
from peter_core.engine.bigquery.failures import ApiFailure
from peter_core.engine.bigquery.remembered import Remembered
from peter_core.engine.bigquery.requests import Request, WorkStopped
from peter_core.engine.port import CancelToken
from peter_core.errors import EngineUnavailable, QueryCancelled, QueryTimeout, TableNotFound

BUSY = exceptions.ServiceUnavailable("busy")


def within(seconds: float) -> Request:
    return Request(time.monotonic() + seconds)


class Clock:
    """Time that passes only while a request pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def within(self, seconds: float, **options: float) -> Request:
        request = Request(self.now + seconds, **options)  # type: ignore[arg-type]
        request._stopped = self  # type: ignore[assignment]
        return request


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(requests, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


class Flaky:
    """A call that fails a number of times."""

    def __init__(self, failures: int, error: Exception = BUSY) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    def __call__(self, timeout: float) -> str:
        assert timeout > 0
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return "done"


def test_what_passes_is_tried_again() -> None:
    flaky = Flaky(2)
    assert within(5).call(flaky) == "done"
    assert flaky.calls == 3


def test_what_cannot_pass_is_tried_once() -> None:
    flaky = Flaky(1, exceptions.BadRequest("no", errors=[{"reason": "invalidQuery"}]))
    with pytest.raises(ApiFailure) as caught:
        within(5).call(flaky)
    assert caught.value.failure.reason == "invalidQuery"
    assert flaky.calls == 1


def test_tries_end_before_the_deadline_with_their_reason(clock: Clock) -> None:
    for _ in range(20):
        began, flaky = clock.now, Flaky(1000)
        with pytest.raises(ApiFailure) as caught:
            clock.within(0.6).call(flaky)
        assert caught.value.failure.reason == "backendError"
        assert flaky.calls > 2
        assert 0 < clock.now - began < 0.6


def test_tries_end_long_before_a_far_deadline(clock: Clock) -> None:
    with pytest.raises(ApiFailure):
        clock.within(60, retry_s=0.3).call(Flaky(1000))
    assert 0 < clock.now < 0.3


def test_a_server_that_asks_for_patience_is_given_it_or_left(clock: Clock) -> None:
    class Busy:
        headers: ClassVar = {"Retry-After": "1"}

    patient = exceptions.ServiceUnavailable("busy", response=Busy())
    assert clock.within(5).call(Flaky(1, patient)) == "done"
    assert clock.now == 1
    with pytest.raises(ApiFailure):
        clock.within(0.9).call(Flaky(1, patient))
    assert clock.now == 1


def test_no_call_is_longer_than_what_is_left() -> None:
    seen: list[float] = []
    within(0.5).call(seen.append)
    assert 0 < seen[0] <= 0.5


def test_a_hanging_call_does_not_hold_its_caller() -> None:
    request, release, done = within(0.2), threading.Event(), threading.Event()

    def hang() -> None:
        release.wait(60)
        done.set()

    with pytest.raises(QueryTimeout):
        request.run(hang)
    assert not done.is_set()
    assert request.stopped
    with pytest.raises(WorkStopped):
        request.call(Flaky(0))
    release.set()


def test_a_cancel_ends_the_wait_and_every_further_call() -> None:
    request, token, flaky = within(60), CancelToken(), Flaky(10_000)
    threads: list[threading.Thread] = []

    def work() -> str:
        threads.append(threading.current_thread())
        return request.call(flaky)

    def cancel() -> None:
        while flaky.calls < 2:
            time.sleep(0.01)
        token.cancel()

    threading.Thread(target=cancel).start()
    # Otherwise it ends at its deadline, which is another error.
    with pytest.raises(QueryCancelled):
        request.run(work, token)
    # Who does the work makes no further call: it ends long before the deadline.
    threads[0].join(30)
    assert not threads[0].is_alive()
    assert flaky.calls < 10_000


def test_a_closed_engine_ends_the_wait() -> None:
    request, release = within(60), threading.Event()
    threading.Timer(0.05, request.close).start()
    with pytest.raises(EngineUnavailable, match="closed"):
        request.run(lambda: release.wait(60))
    release.set()


def test_an_error_of_the_work_reaches_the_caller() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        within(5).run(fail)


def test_a_held_call_is_given_up_after_its_seconds() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError):
        within(60).held(lambda: release.wait(60), 0.05)
    release.set()


def test_an_old_answer_serves_while_bigquery_is_out_of_reach() -> None:
    remembered: Remembered[int] = Remembered(0.0)
    calls: list[float] = []

    def fail(within_s: float) -> int:
        calls.append(within_s)
        raise EngineUnavailable("down")

    with pytest.raises(EngineUnavailable):
        remembered.get("a", fail)
    assert remembered.get("a", lambda _: 1) == 1
    assert remembered.get("b", lambda _: 2) == 2
    assert [remembered.get("a", fail) for _ in range(3)] == [1, 1, 1]
    assert remembered.get("b", fail) == 2
    assert calls == [bigquery_remembered.FETCH_S, bigquery_remembered.RENEW_S]
    with pytest.raises(EngineUnavailable):
        remembered.get("a", fail, renew=True)


def test_what_is_gone_is_forgotten() -> None:
    remembered: Remembered[int] = Remembered(0.0)
    remembered.get("a", lambda _: 1)

    def gone(_: float) -> int:
        raise TableNotFound("gone")

    with pytest.raises(TableNotFound):
        remembered.get("a", gone)
    assert remembered.known("a") is None


def test_many_callers_make_one_call() -> None:
    remembered: Remembered[int] = Remembered(60.0)
    calls = []

    def fetch(_: float) -> int:
        calls.append(1)
        time.sleep(0.05)
        return 7

    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(remembered.get("a", fetch))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [7] * 20
    assert len(calls) == 1


def test_only_so_many_answers_are_kept() -> None:
    remembered: Remembered[str] = Remembered(60.0, most=2)
    for name in "abc":
        remembered.get(name, lambda _, name=name: name)  # type: ignore[misc]
    assert [remembered.known(name) for name in "abc"] == [None, "b", "c"]
