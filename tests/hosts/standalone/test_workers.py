"""Several processes behind one port are one server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.hosts.standalone.house import LOGOUT, ME, House, come_back, leave, start, xsrf
from tests.servers.openid import OpenIdProvider


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def _wait_until(true: object, within_s: float = 60.0) -> None:
    assert callable(true)
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def _only(worker: int, workers: list[int]) -> Iterator[None]:
    """The other workers stand still meanwhile."""
    others = [pid for pid in workers if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def pair(tmp_path: Path, google: OpenIdProvider) -> Iterator[House]:
    """A server of two workers."""
    house = start(tmp_path, google, "--workers", "2")
    _wait_until(lambda: len(_children(house.process.pid)) == 2)
    yield house
    if house.process.poll() is None:
        assert house.terminate() == 0


def test_a_session_of_one_worker_is_the_others_and_ends_for_both(pair: House) -> None:
    workers = _children(pair.process.pid)
    browser = pair.browser()
    with _only(workers[0], workers):
        place = leave(browser)
    with _only(workers[1], workers):
        # Begun with one, finished with the other.
        assert come_back(_anew(pair, browser), place).status_code == 302
        browser = pair.browser()
        come_back(browser, leave(browser))
    secret = browser.cookies["peter-session"]
    for worker in workers:
        with _only(worker, workers):
            assert _me(pair, secret) == 200
    with _only(workers[0], workers):
        other = _anew(pair, browser)
        assert other.post(LOGOUT, headers=xsrf(other)).status_code == 204
    for worker in workers:
        with _only(worker, workers):
            assert _me(pair, secret) == 401


def test_a_worker_that_dies_is_started_again(pair: House) -> None:
    workers = _children(pair.process.pid)
    os.kill(workers[0], signal.SIGKILL)
    _wait_until(lambda: len(set(_children(pair.process.pid)) - {workers[0]}) == 2)
    for _ in range(5):
        assert httpx.get(f"{pair.url}/health", verify=False, timeout=60).status_code == 200  # noqa: S501
    assert pair.terminate() == 0
    assert not any(_is_alive(pid) for pid in workers)
    assert any("is started again" in line for line in pair.lines)


def test_no_worker_outlives_the_process_that_watches(pair: House) -> None:
    workers = _children(pair.process.pid)
    pair.process.kill()
    pair.process.wait()
    _wait_until(lambda: not any(_is_alive(pid) for pid in workers))


def _anew(house: House, browser: httpx.Client) -> httpx.Client:
    """The same browser on a new connection."""
    made = house.browser()
    made.cookies = browser.cookies
    return made


def _me(house: House, secret: str) -> int:
    browser = house.browser()
    browser.cookies.set("peter-session", secret, domain="127.0.0.1", path="/")
    return browser.get(ME).status_code


def test_a_login_that_one_worker_finished_is_used_up_for_the_other(
    pair: House, google: OpenIdProvider
) -> None:
    workers = _children(pair.process.pid)
    browser = pair.browser()
    with _only(workers[0], workers):
        place = leave(browser)
        kept = httpx.Cookies(browser.cookies)
        assert come_back(browser, place).status_code == 302
    with _only(workers[1], workers):
        again = pair.browser()
        again.cookies = kept
        # The provider gives a new code for the state, and everything else is as it was.
        answer = come_back(again, place)
    assert answer.status_code == 400
    assert pair.why(answer) == "reused"
    assert "peter-session" not in again.cookies
