"""Whether BigQuery answers at all: while it does not, nothing is asked of it but a probe."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from typing import TYPE_CHECKING

from peter_core.breaker import Breaker
from peter_core.engine.bigquery.failures import ApiFailure, Failure
from peter_core.engine.bigquery.requests import Request
from peter_core.errors import PeterError
from peter_core.telemetry import observe

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

SILENT_S = 4.0
"""Seconds of nothing but transport failures and 5xx after which a call that gives up is the last
one for a while."""
PROBE_S = 2.0
_PAUSE_S = 1.0


class Reach:
    """A circuit breaker over every call to BigQuery; safe from any thread.

    A failure counts when nobody answered: what BigQuery refuses, for a quota or an author's
    mistake, it has answered. While the breaker is open a thread of its own probes every second, so
    no request ever waits to find out.

    Parameters
    ----------
    probe
        A free call that asks as much of BigQuery as a query does; it is told its seconds.
    """

    def __init__(self, probe: Callable[[float], object]) -> None:
        self._probe = probe
        self._silent_since: float | None = None
        self._answered_at = 0.0
        self._left_at = ""
        self._ended = threading.Event()
        self._breaker = Breaker()
        self._breaker.close()
        self._breaker.on_open = self._begin_probing
        observe("peter.engine.away", self._away)

    @property
    def away(self) -> bool:
        """Whether nobody answered lately, and nothing is asked."""
        return not self._breaker.closed

    def request(self, deadline: float) -> Request:
        """Calls that share a deadline (``time.monotonic``) and ask only while somebody answers."""
        return Request(deadline, reach=self)

    def require(self) -> None:
        """Raise ``ApiFailure`` while nobody answers."""
        if self.away:
            raise ApiFailure(Failure("away", self._left_at))

    def answered(self) -> None:
        """BigQuery answered a call, if only to refuse it."""
        self._answered_at = time.monotonic()
        self._silent_since = None
        self._breaker.worked()

    def unanswered(self, began: float, *, last: bool) -> None:
        """A call got no answer to a try that began then; ``last`` when it is not tried again."""
        since = self._silent_since
        if since is None:
            # A try may have begun long before another call was answered.
            since = self._silent_since = max(began, self._answered_at)
        silent_s = time.monotonic() - since
        if last and silent_s >= SILENT_S and not self.away:
            left = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=silent_s)
            self._left_at = f"{left:%H:%M} UTC"
            self._breaker.trip()

    def close(self) -> None:
        """Probe no more."""
        self._ended.set()

    def _away(self) -> float:
        return float(self.away)

    def _begin_probing(self) -> None:
        log.warning("BigQuery does not answer; nothing is asked of it until it does.")
        threading.Thread(target=self._probe_on, name="peter-bigquery-probe", daemon=True).start()

    def _probe_on(self) -> None:
        while not self._ended.wait(_PAUSE_S):
            if self._answers():
                log.info("BigQuery answers again.")
                self.answered()
                self._breaker.close()
                return

    def _answers(self) -> bool:
        request = Request(time.monotonic() + PROBE_S, retry_s=0.0)
        try:
            request.run(lambda: request.call(self._probe))
        except ApiFailure as error:
            return not error.failure.unanswered
        except PeterError:  # it hung until its deadline
            return False
        return True
