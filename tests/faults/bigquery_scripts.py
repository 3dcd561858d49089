"""Everything BigQuery is known to do wrong, as scripts: what happens, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.bigquery import Fault

ALWAYS = None


@dataclass(frozen=True, slots=True)
class Script:
    """Faults of one run of a query.

    ``code`` is the error's, ``None`` when the right rows must come; ``billed`` the jobs that may
    cost something; ``inserts`` the most requests to create the job; ``once`` whether what failed is
    asked once; ``cancelled`` whether the job must be cancelled.
    """

    name: str
    faults: tuple[Fault, ...]
    code: str | None = None
    billed: int = 1
    timeout_s: float = 30.0
    inserts: int = 6
    once: bool = False
    cancelled: bool = False

    @property
    def tries_to_the_end(self) -> bool:
        """Whether what passes for others is tried until the deadline, and the reason told."""
        for_good = any(fault.times is ALWAYS for fault in self.faults)
        return for_good and not self.once and self.code in ("engine_unavailable", "overloaded")


def _status(on: str, status: int, reason: str, times: int | None = 1, after: bool = False) -> Fault:
    return Fault(on, "status", times=times, after=after, status=status, reason=reason)


DRY_RUN = (
    Script("a dry run of a busy moment", (_status("jobs.dryRun", 429, "rateLimitExceeded"),)),
    Script("two refused rates", (_status("jobs.dryRun", 403, "rateLimitExceeded", 2),)),
    Script("an internal error", (_status("jobs.dryRun", 500, "internalError"),)),
    Script("a proxy's page", (Fault("jobs.dryRun", "page", status=502),)),
    Script("a reset dry run", (Fault("jobs.dryRun", "reset"),)),
    Script("a dry run cut in half", (Fault("jobs.dryRun", "cut"),)),
    Script("a dry run whose JSON does not end", (Fault("jobs.dryRun", "broken"),)),
    Script("a dry run that hangs", (Fault("jobs.dryRun", "hang", seconds=120),),
           "query_timeout", billed=0, timeout_s=3.0, inserts=0),
    Script("a dry run that is never available",
           (_status("jobs.dryRun", 503, "backendError", ALWAYS),),
           "engine_unavailable", billed=0, timeout_s=3.0, inserts=0),
    Script("a quota used up", (_status("jobs.dryRun", 403, "quotaExceeded", ALWAYS),),
           "engine_unavailable", billed=0, inserts=0, once=True),
    Script("no access", (_status("jobs.dryRun", 403, "accessDenied", ALWAYS),),
           "engine_failed", billed=0, inserts=0, once=True),
    Script("credentials that ended", (_status("jobs.dryRun", 401, "authError", ALWAYS),),
           "engine_unavailable", billed=0, inserts=0, once=True),
    Script("a column that went away", (_status("jobs.dryRun", 400, "invalidQuery", ALWAYS),),
           "sql_invalid", billed=0, inserts=0, once=True),
    Script("a table that went away", (_status("jobs.dryRun", 404, "notFound", ALWAYS),),
           "sql_invalid", billed=0, inserts=0, once=True),
)  # fmt: skip

INSERT = (
    Script("an insert of a busy moment", (_status("jobs.insert", 429, "rateLimitExceeded"),)),
    Script("an insert refused twice", (_status("jobs.insert", 403, "rateLimitExceeded", 2),)),
    Script("a backend error before the commit", (_status("jobs.insert", 500, "backendError"),)),
    Script("a 503 after the commit", (_status("jobs.insert", 503, "backendError", after=True),)),
    Script("a 504 after the commit, twice",
           (_status("jobs.insert", 504, "backendError", 2, after=True),)),
    Script("a proxy's page after the commit",
           (Fault("jobs.insert", "page", after=True, status=502),)),
    Script("a reset before the commit", (Fault("jobs.insert", "reset"),)),
    Script("a reset after the commit", (Fault("jobs.insert", "reset", after=True),)),
    Script("an answer cut in half", (Fault("jobs.insert", "cut"),)),
    Script("an answer whose JSON does not end", (Fault("jobs.insert", "broken"),)),
    Script("a 404 after the 409 of a reset insert",
           (Fault("jobs.insert", "reset", after=True),
            Fault("jobs.insert", "lose_job", seconds=0.5))),
    Script("a 404 after an accepted insert",
           (Fault("jobs.insert", "run_for", seconds=0.1), _status("jobs.get", 404, "notFound"))),
    Script("a reset of the insert and of the look at its job",
           (Fault("jobs.insert", "reset", after=True), Fault("jobs.get", "reset"))),
    Script("an insert that hangs after its commit",
           (Fault("jobs.insert", "hang", after=True, seconds=120),
            Fault("jobs.insert", "stay_running")),
           "query_timeout", timeout_s=3.0, cancelled=True),
    Script("an insert that hangs before its commit", (Fault("jobs.insert", "hang", seconds=120),),
           "query_timeout", billed=0, timeout_s=3.0),
    Script("an insert whose answers never come",
           (Fault("jobs.insert", "reset", after=True, times=ALWAYS),
            Fault("jobs.insert", "stay_running")),
           "engine_unavailable", timeout_s=3.0, cancelled=True),
    Script("a lost answer of a job that never ends",
           (Fault("jobs.insert", "reset", after=True), Fault("jobs.insert", "stay_running")),
           "query_timeout", timeout_s=3.0, cancelled=True),
    Script("a lost answer of a job that fails",
           (Fault("jobs.insert", "reset", after=True),
            Fault("jobs.insert", "job_error", reason="resourcesExceeded")),
           "query_failed", billed=0),
    Script("an insert told to wait longer than there is time",
           (Fault("jobs.insert", "status", times=ALWAYS, status=429, reason="rateLimitExceeded",
                  retry_after="60"),),
           "overloaded", billed=0, timeout_s=3.0, inserts=1),
    Script("an insert answered slowly", (Fault("jobs.insert", "delay", seconds=0.6),)),
    Script("an insert quota used up", (_status("jobs.insert", 403, "quotaExceeded", ALWAYS),),
           "engine_unavailable", billed=0, inserts=1, once=True),
    Script("a table dropped after its dry run",
           (_status("jobs.insert", 404, "notFound", ALWAYS),),
           "table_not_found", billed=0, inserts=1, once=True),
    Script("access taken away after the dry run",
           (_status("jobs.insert", 403, "accessDenied", ALWAYS),),
           "engine_failed", billed=0, inserts=1, once=True),
    Script("a column dropped after its dry run",
           (_status("jobs.insert", 400, "invalidQuery", ALWAYS),),
           "query_failed", billed=0, inserts=1, once=True),
    Script("inserts that are never available",
           (_status("jobs.insert", 503, "backendError", ALWAYS),),
           "engine_unavailable", billed=0, timeout_s=3.0),
    Script("a rate that stays exceeded",
           (_status("jobs.insert", 429, "rateLimitExceeded", ALWAYS),),
           "overloaded", billed=0, timeout_s=3.0),
)  # fmt: skip

JOB = (
    Script("a job that never ends", (Fault("jobs.insert", "stay_running"),),
           "query_timeout", timeout_s=3.0, cancelled=True),
    Script("a job that takes a while", (Fault("jobs.insert", "run_for", seconds=0.5),)),
    Script("a job cancelled by another person", (Fault("jobs.insert", "cancel_elsewhere"),),
           "query_cancelled", once=True),
    Script("a job lost for good",
           (Fault("jobs.insert", "reset", after=True), Fault("jobs.insert", "lose_job")),
           "engine_unavailable", timeout_s=5.0),
    Script("a job over its cap", (Fault("jobs.insert", "job_error",
           reason="bytesBilledLimitExceeded"),), "bytes_cap_exceeded", billed=0, inserts=1),
    Script("a job that needs too much memory", (Fault("jobs.insert", "job_error",
           reason="resourcesExceeded"),), "query_failed", billed=0, inserts=1),
    Script("a result too large to return", (Fault("jobs.insert", "job_error",
           reason="responseTooLarge"),), "query_failed", billed=0, inserts=1),
    Script("a job of a backend's fault", (Fault("jobs.insert", "job_error",
           reason="backendError"),), "engine_unavailable", billed=0, inserts=1),
    Script("a job over the project's quota", (Fault("jobs.insert", "job_error",
           reason="quotaExceeded"),), "engine_unavailable", billed=0, inserts=1),
    Script("a job over the project's rate", (Fault("jobs.insert", "job_error",
           reason="jobRateLimitExceeded"),), "overloaded", billed=0, inserts=1),
    Script("a job that may not read a table", (Fault("jobs.insert", "job_error",
           reason="accessDenied"),), "engine_failed", billed=0, inserts=1),
    Script("looks at a running job that fail",
           (Fault("jobs.insert", "run_for", seconds=0.2),
            _status("jobs.get", 500, "backendError", 2))),
    Script("a reset look at a running job",
           (Fault("jobs.insert", "run_for", seconds=0.2), Fault("jobs.get", "reset"))),
    Script("a look at a running job that hangs",
           (Fault("jobs.insert", "stay_running"), Fault("jobs.get", "hang", seconds=120)),
           "query_timeout", timeout_s=3.0, cancelled=True),
    Script("a cancel that fails once",
           (Fault("jobs.insert", "stay_running"), _status("jobs.cancel", 503, "backendError")),
           "query_timeout", timeout_s=3.0, cancelled=True),
    Script("a cancel that hangs",
           (Fault("jobs.insert", "stay_running"), Fault("jobs.cancel", "hang", seconds=120)),
           "query_timeout", timeout_s=3.0),
)  # fmt: skip

ROWS = (
    Script("a first page of a busy moment",
           (_status("jobs.getQueryResults", 429, "rateLimitExceeded"),)),
    Script("a first page that is not available",
           (_status("jobs.getQueryResults", 503, "backendError", 2),)),
    Script("a reset first page", (Fault("jobs.getQueryResults", "reset"),)),
    Script("a first page cut in half", (Fault("jobs.getQueryResults", "cut"),)),
    Script("a first page whose JSON does not end", (Fault("jobs.getQueryResults", "broken"),)),
    Script("a first page that hangs", (Fault("jobs.getQueryResults", "hang", seconds=120),),
           "query_timeout", timeout_s=3.0),
    Script("a first page in drops",
           (Fault("jobs.getQueryResults", "slow", bytes_per_second=40),),
           "query_timeout", timeout_s=3.0),
    Script("a first page that is never available",
           (_status("jobs.getQueryResults", 500, "backendError", ALWAYS),),
           "engine_unavailable", timeout_s=3.0),
    Script("a later page that is not available", (_status("pages", 503, "backendError"),)),
    Script("a later page cut in half", (Fault("pages", "cut"),)),
    Script("a later page whose JSON does not end", (Fault("pages", "broken"),)),
    Script("a last page that is reset", (Fault("pages", "reset", nth=2),)),
    Script("a later page that hangs", (Fault("pages", "hang", seconds=120),),
           "query_timeout", timeout_s=3.0),
    Script("a later page in drops", (Fault("pages", "slow", bytes_per_second=40),),
           "query_timeout", timeout_s=3.0),
    Script("later pages over the rate for good",
           (_status("pages", 429, "rateLimitExceeded", ALWAYS),), "overloaded", timeout_s=3.0),
    Script("every answer a little slow", (Fault("*", "delay", seconds=0.1, times=ALWAYS),)),
    Script("every second answer lost",
           tuple(Fault("*", "reset", nth=n, after=True) for n in (1, 3, 5, 7)), timeout_s=60),
)  # fmt: skip

METADATA = (
    Script("a look at a table that is not available",
           (_status("tables.get", 503, "backendError", 2),)),
    Script("a table nobody may look at", (_status("tables.get", 403, "accessDenied", ALWAYS),)),
    Script("metadata that is never available",
           (_status("tables.get", 503, "backendError", ALWAYS),), timeout_s=3.0),
    Script("metadata that hangs", (Fault("tables.get", "hang", seconds=120, times=ALWAYS),),
           timeout_s=5.0),
    Script("metadata in drops", (Fault("tables.get", "slow", bytes_per_second=40),),
           timeout_s=5.0),
)  # fmt: skip

STORAGE = (
    Script("a read session that is not available",
           (_status("storage.createReadSession", 503, "backendError"),)),
    Script("a read session nobody may have",
           (_status("storage.createReadSession", 403, "accessDenied", ALWAYS),)),
    Script("a project without the Storage Read API",
           (_status("storage.createReadSession", 501, "notImplemented", ALWAYS),)),
    Script("a stream that is not available", (_status("storage.readRows", 503, "backendError"),)),
    Script("a stream over its rate",
           (_status("storage.readRows", 429, "rateLimitExceeded", ALWAYS),)),
    Script("a stream cut half way", (Fault("storage.readRows", "cut"),)),
    Script("a stream that hangs", (Fault("storage.readRows", "hang", seconds=120),), timeout_s=9.0),
    Script(
        "a read session that hangs",
        (Fault("storage.createReadSession", "hang", seconds=120),),
        timeout_s=9.0,
    ),
    Script("a stream that starts late", (Fault("storage.readRows", "delay", seconds=0.3),)),
)  # fmt: skip

SCRIPTS = (*DRY_RUN, *INSERT, *JOB, *ROWS, *METADATA)
