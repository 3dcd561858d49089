"""A breaker opens after failures, counts them, and closes only when told to."""

from __future__ import annotations

import pytest

from peter_core.breaker import Breaker


@pytest.fixture
def breaker() -> Breaker:
    made = Breaker(failures_in_a_row=3, failures_in_all=5)
    made.close()
    return made


def test_it_starts_open_and_nobody_is_to_blame() -> None:
    breaker = Breaker()
    assert not breaker.closed
    assert (breaker.opened, breaker.failures) == (0, 0)


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    for _ in range(2):
        breaker.failed()
    assert breaker.closed
    breaker.failed()
    assert not breaker.closed
    assert (breaker.opened, breaker.failures) == (1, 3)


def test_a_call_that_works_ends_the_row(breaker: Breaker) -> None:
    for _ in range(2):
        breaker.failed()
        breaker.failed()
        breaker.worked()
    assert breaker.closed


def test_failures_among_calls_that_work_open_it_too(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.failed()
        breaker.worked()
    assert not breaker.closed


def test_old_failures_do_not_count(breaker: Breaker, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("peter_core.breaker.time.monotonic", lambda: now)
    for _ in range(12):
        breaker.failed()
        breaker.worked()
        now += 4
    assert breaker.closed


def test_nobody_there_opens_it_at_once_and_counts_once(breaker: Breaker) -> None:
    breaker.trip()
    breaker.trip()
    assert not breaker.closed
    assert (breaker.opened, breaker.failures) == (1, 2)


def test_working_calls_do_not_close_it(breaker: Breaker) -> None:
    breaker.trip()
    breaker.worked()
    assert not breaker.closed
    breaker.close()
    assert breaker.closed
