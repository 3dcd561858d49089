"""Turns to run a job: bounded, and fair to users."""

from __future__ import annotations

import threading
import time

import pytest

from peter_core.engine.bigquery.queue import JobQueue
from peter_core.engine.port import CancelToken
from peter_core.errors import EngineUnavailable, Overloaded, QueryCancelled


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def until(condition: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.002)


class Jobs:
    """Jobs on threads; each holds its turn until it is let go."""

    def __init__(self, queue: JobQueue) -> None:
        self.queue = queue
        self.order: list[str] = []
        self._ends: list[threading.Event] = []
        self._threads: list[threading.Thread] = []

    def add(self, user: str, name: str) -> None:
        before = self.queue.facts()
        end = threading.Event()

        def run() -> None:
            with self.queue.turn(user, soon()):
                self.order.append(name)
                end.wait(60)

        self._ends.append(end)
        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()
        until(lambda: sum(self.queue.facts().values()) > sum(before.values()))

    def end_all(self) -> None:
        while any(thread.is_alive() for thread in self._threads):
            for name in list(self.order):
                self._ends[int(name.rpartition("-")[2])].set()
            time.sleep(0.002)


def test_one_user_cannot_take_every_place() -> None:
    queue = JobQueue(project_jobs=3, user_jobs=2, waiting=10)
    jobs = Jobs(queue)
    for i in range(3):
        jobs.add("ann", f"ann-{i}")
    assert queue.facts() == {"running": 2, "waiting": 1}
    jobs.add("bob", "bob-3")
    until(lambda: "bob-3" in jobs.order)
    assert queue.facts() == {"running": 3, "waiting": 1}
    jobs.end_all()
    assert queue.facts() == {"running": 0, "waiting": 0}


def test_users_take_turns_however_many_jobs_one_of_them_sends() -> None:
    queue = JobQueue(project_jobs=1, user_jobs=1, waiting=10)
    jobs = Jobs(queue)
    for i, user in enumerate(["ann", "ann", "ann", "ann", "bob", "cid"]):
        jobs.add(user, f"{user}-{i}")
    jobs.end_all()
    assert jobs.order == ["ann-0", "ann-1", "bob-4", "cid-5", "ann-2", "ann-3"]


def test_jobs_of_nobody_are_bounded_by_the_project_only() -> None:
    queue = JobQueue(project_jobs=3, user_jobs=1, waiting=10)
    jobs = Jobs(queue)
    for i in range(4):
        jobs.add("", f"x-{i}")
    assert queue.facts() == {"running": 3, "waiting": 1}
    jobs.end_all()


def test_a_full_line_refuses_at_once() -> None:
    queue = JobQueue(project_jobs=1, user_jobs=1, waiting=1)
    jobs = Jobs(queue)
    jobs.add("ann", "ann-0")
    jobs.add("bob", "bob-1")
    # One whose turn never came ends with another text.
    with pytest.raises(Overloaded, match="1 queries wait"), queue.turn("cid", soon()):
        pass
    assert queue.facts() == {"running": 1, "waiting": 1}
    jobs.end_all()


def test_a_deadline_in_the_line_is_overload_and_leaves_it() -> None:
    queue = JobQueue(project_jobs=1, user_jobs=1, waiting=5)
    with queue.turn("ann", soon()):
        with pytest.raises(Overloaded, match="turn"), queue.turn("bob", soon(0.05)):
            pass
        assert queue.facts() == {"running": 1, "waiting": 0}
    with queue.turn("bob", soon()):
        assert queue.facts() == {"running": 1, "waiting": 0}


def test_a_cancel_leaves_the_line_at_once() -> None:
    queue = JobQueue(project_jobs=1, user_jobs=1, waiting=5)
    token = CancelToken()
    with queue.turn("ann", soon()):
        threading.Timer(0.05, token.cancel).start()
        # One whose turn never came ends with another error.
        with pytest.raises(QueryCancelled), queue.turn("bob", soon(), token):
            pass
        assert queue.facts()["waiting"] == 0


def test_closing_sends_everybody_away() -> None:
    queue = JobQueue(project_jobs=1, user_jobs=1, waiting=5)
    with queue.turn("ann", soon()):
        threading.Timer(0.05, queue.close).start()
        with pytest.raises(EngineUnavailable), queue.turn("bob", soon()):
            pass
    with pytest.raises(EngineUnavailable), queue.turn("ann", soon()):
        pass


def test_a_thousand_jobs_of_ten_users_never_exceed_the_limits() -> None:
    queue = JobQueue(project_jobs=4, user_jobs=2, waiting=1000)
    lock, running, most = threading.Lock(), dict.fromkeys(range(10), 0), [0, 0]

    def work(user: int) -> None:
        for _ in range(50):
            with queue.turn(f"user{user}", soon()):
                with lock:
                    running[user] += 1
                    most[0] = max(most[0], sum(running.values()))
                    most[1] = max(most[1], running[user])
                with lock:
                    running[user] -= 1

    threads = [threading.Thread(target=work, args=(i % 10,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most[0] <= 4
    assert most[1] <= 2
    assert queue.facts() == {"running": 0, "waiting": 0}
