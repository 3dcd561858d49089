"""Calls to Cloud Storage: each with a deadline, again where that helps, in Peter's words."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitTimeout
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from peter_core.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# The client keeps ten connections; more threads would only open and drop more.
_THREADS = 8
# One hanging attempt must leave time for another one and for looking at what it did.
_ATTEMPTS_IN_TIME = 3
_LONGEST_PAUSE_S = 2.0
_FIRST_PAUSE_S = 0.1
# https://cloud.google.com/storage/quotas: one write a second to one object.
_RATE_LIMIT_PAUSE_S = 1.0
# With less than this, another attempt cannot be answered.
_TOO_LITTLE_S = 0.05
# https://cloud.google.com/storage/docs/retry-strategy
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_DENIED = frozenset({401, 403})


class Missing(Exception):  # noqa: N818
    """The object, or its bucket, is not there."""


class Conflict(Exception):  # noqa: N818
    """The object has another generation than the call was made for."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something must be over, as `time.monotonic` tells it, and what it is, for messages."""

    doing: str
    ends: float
    allowed_s: float

    @classmethod
    def of(cls, doing: str, allowed_s: float) -> Deadline:
        """The deadline of what begins now."""
        return cls(doing, time.monotonic() + allowed_s, allowed_s)

    @property
    def left_s(self) -> float:
        """The seconds that are left, negative when it is over."""
        return self.ends - time.monotonic()

    def sooner(self, share: float) -> Deadline:
        """The same with a share of what is left, so that something can follow."""
        return Deadline(self.doing, time.monotonic() + self.left_s * share, self.allowed_s)


class Calls:
    """Runs the client's calls on threads of its own.

    A thread, because nothing else bounds a call as a whole: the client's timeout counts from one
    byte to the next, and a token may be fetched on the way.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="peter-gcs")

    def run(self, call: Callable[[float], T], deadline: Deadline, *, once: bool = False) -> T:
        """What the call gives; it is handed its own timeout in seconds.

        Raises
        ------
        Missing, Conflict
        StorageError
            It was refused, or not answered before the deadline; an attempt may have been carried
            out all the same.
        """
        attempt, reason = 0, ""
        while True:
            attempt += 1
            try:
                return self._attempt(call, deadline)
            except Exception as error:
                verdict = _judge(error)
            if verdict.passing is not None:
                raise verdict.passing
            # The last attempt is cut short by the deadline: what an earlier one said tells more.
            reason = reason if verdict.silent and reason else verdict.reason
            left_s = deadline.left_s
            if once or not verdict.again or left_s < _TOO_LITTLE_S:
                # Not chained: the client's error holds addresses and what the server sent.
                raise StorageError(
                    f"Peter could not {deadline.doing}: {reason}.", hint=verdict.hint
                ) from None
            time.sleep(min(_pause_s(attempt, verdict), left_s / 2))

    def each(self, task: Callable[[str], T], keys: Sequence[str]) -> list[T]:
        """What the task, which uses `run`, gives for each key; several at a time."""
        with ThreadPoolExecutor(min(_THREADS, len(keys) or 1)) as threads:
            return list(threads.map(task, keys))

    def close(self) -> None:
        """Let the threads end; calls under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _attempt(self, call: Callable[[float], T], deadline: Deadline) -> T:
        allowed_s = min(deadline.left_s, deadline.allowed_s / _ATTEMPTS_IN_TIME)
        if allowed_s <= 0:
            raise _TooLateError
        future = self._threads.submit(call, allowed_s)
        try:
            return future.result(allowed_s)
        finally:
            future.cancel()


@dataclass(frozen=True, slots=True)
class _Verdict:
    reason: str = ""
    again: bool = True
    hint: str | None = "Try again in a moment."
    rate_limited: bool = False
    silent: bool = False
    passing: Exception | None = None


class _TooLateError(Exception):
    pass


def _pause_s(attempt: int, verdict: _Verdict) -> float:
    longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempt - 1))
    least = _RATE_LIMIT_PAUSE_S / 2 if verdict.rate_limited else 0.0
    return least + random.uniform(0, max(longest, 2 * least))  # noqa: S311


def _judge(error: Exception) -> _Verdict:
    import requests
    import urllib3.exceptions
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth

    if isinstance(error, _TooLateError):
        return _Verdict("there was no time left for it", again=False, silent=True)
    if isinstance(error, (Missing, Conflict, StorageError)):
        return _Verdict(passing=error)
    if isinstance(error, api.GoogleAPICallError):
        return _judge_status(int(error.code or 0))
    if isinstance(error, auth.TransportError):
        return _Verdict("Google's sign-in service cannot be reached")
    if isinstance(error, auth.GoogleAuthError):
        return _Verdict(
            "Google refused the credentials", again=False, hint="Renew them, or name others."
        )
    if isinstance(error, (WaitTimeout, requests.Timeout)):
        return _Verdict("Cloud Storage did not answer in time", silent=True)
    if isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError, OSError)):
        return _Verdict("Cloud Storage cannot be reached")
    if type(error).__name__ == "DataCorruption":
        return _Verdict("what Cloud Storage sent does not match its checksum")
    return _Verdict(passing=error)


def _judge_status(status: int) -> _Verdict:
    if status == HTTPStatus.NOT_FOUND:
        return _Verdict(passing=Missing())
    if status == HTTPStatus.PRECONDITION_FAILED:
        return _Verdict(passing=Conflict())
    if status in _DENIED:
        return _Verdict(
            f"Cloud Storage answered {status}, the credentials may not do this",
            again=False,
            hint="Grant them the role Storage Object User on the bucket.",
        )
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    limited = status == HTTPStatus.TOO_MANY_REQUESTS
    return _Verdict(
        f"Cloud Storage answered {phrase}",
        again=status in _TRY_AGAIN,
        rate_limited=limited,
        hint="Try again in a moment." if status in _TRY_AGAIN else None,
    )
