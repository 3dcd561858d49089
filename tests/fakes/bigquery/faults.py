"""Faults on demand: which request they hit, and what happens to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "status",  # an error answer: ``status``, ``reason``, ``message``
    "page",  # an answer of a proxy: HTML in place of JSON, with ``status``
    "reset",  # the connection is reset
    "hang",  # ``seconds`` of silence, then the connection is closed
    "delay",  # ``seconds`` of silence, then the answer
    "slow",  # the answer's body at ``bytes_per_second``
    "cut",  # half of the body, then the connection is closed
    "broken",  # half of the body as if it were all: JSON that does not end
    "stay_running",  # the job of this insert never ends by itself
    "run_for",  # the job of this insert runs ``seconds``
    "lose_job",  # the job of this insert cannot be found for ``seconds``, 0 for ever
    "job_error",  # the job of this insert ends with ``reason`` and ``message``
    "cancel_elsewhere",  # the job of this insert is cancelled by another person
    "endless",  # the job of this insert gives ``rows`` rows of ``row_bytes``, made as they are read
]
_MESSAGES = {
    "backendError": "The service is currently unavailable. Retrying may solve the problem.",
    "internalError": "An internal error occurred and the request could not be completed.",
    "rateLimitExceeded": "Exceeded rate limits: too many api requests per user per method for "
    "this user_method. For more information, see "
    "https://cloud.google.com/bigquery/docs/troubleshoot-quotas",
    "quotaExceeded": "Quota exceeded: Your project exceeded quota for free query bytes scanned. "
    "For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas",
    "accessDenied": "Access Denied: Project test-project: User does not have "
    "bigquery.jobs.create permission in project test-project.",
    "authError": "Request had invalid authentication credentials.",
    "notFound": "Not found: Table test-project:sales.orders was not found in location US",
    "invalidQuery": "Unrecognized name: amount at [1:12]",
    "resourcesExceeded": "Resources exceeded during query execution: The query could not be "
    "executed in the allotted memory.",
    "responseTooLarge": "Response too large to return.",
    "bytesBilledLimitExceeded": "Query exceeded limit for bytes billed: 20971520. 31457280 or "
    "higher required.",
}
OF_JOBS = frozenset(
    {"stay_running", "run_for", "lose_job", "job_error", "cancel_elsewhere", "endless"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    ``on`` is an operation: ``jobs.dryRun``, ``jobs.insert``, ``jobs.get``,
    ``jobs.getQueryResults``, ``jobs.cancel``, ``jobs.query``, ``tables.get``, ``tables.list``,
    ``datasets.list``, ``datasets.get``, ``tabledata.list``,
    ``storage.createReadSession``, ``storage.readRows``; ``pages`` is any request for rows that
    are not the first ones, and ``*`` every request. It hits the ``nth`` of them
    after it was scripted and ``times`` in a row, ``None`` for all that follow. With ``after`` the
    request takes effect before its answer is lost.
    """

    on: str
    kind: Kind
    nth: int = 1
    times: int | None = 1
    after: bool = False
    status: int = 503
    reason: str = "backendError"
    message: str = ""
    retry_after: str = ""
    seconds: float = 0.0
    bytes_per_second: int = 10_000
    rows: int = 5_000_000
    row_bytes: int = 1_000

    @property
    def text(self) -> str:
        """The message, or what BigQuery says with such a reason."""
        return self.message or _MESSAGES.get(self.reason, "Error encountered during execution.")


class Script:
    """The faults of a fake, counted as requests arrive. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, list[int]]] = []

    def add(self, *faults: Fault) -> None:
        """Let them happen from now on."""
        with self._lock:
            self._faults.extend((fault, [0]) for fault in faults)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._faults.clear()

    def hit(self, operation: str, *, later_page: bool = False) -> tuple[Fault, ...]:
        """The faults of this request."""
        names = {operation, "*", "pages"} if later_page else {operation, "*"}
        found = []
        with self._lock:
            for fault, count in self._faults:
                if fault.on not in names:
                    continue
                count[0] += 1
                past = count[0] - fault.nth
                if past >= 0 and (fault.times is None or past < fault.times):
                    found.append(fault)
        return tuple(found)
