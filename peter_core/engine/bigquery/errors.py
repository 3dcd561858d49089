"""BigQuery's failures by their reason, in Peter's words.

See https://cloud.google.com/bigquery/docs/error-messages
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peter_core.billing import bytes_text
from peter_core.engine.bigquery.places import names_a_table, placed_problem
from peter_core.errors import (
    BytesCapExceeded,
    EngineError,
    EngineUnavailable,
    Overloaded,
    PeterError,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    SqlError,
    TableNotFound,
)

if TYPE_CHECKING:
    from peter_core.engine.bigquery.failures import Failure

_MISSING = re.compile(r"Not found: (Table|Dataset|Project) (\S+)", re.IGNORECASE)
_DENIED = re.compile(r"Access Denied: (\w+) (\S+?):? ", re.IGNORECASE)
_CONVERSION = re.compile(
    r"bad |could not (cast|parse)|invalid (date|time|cast|number)|failed to parse", re.IGNORECASE
)
_POSITION = re.compile(r";?\s*at \[\d+:\d+\]")
_PERSON = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def dry_run_error(failure: Failure, text: str) -> PeterError:
    """Why a statement cannot run: with its place in ``text`` when the statement is at fault."""
    denied = failure.reason == "accessDenied" and names_a_table(failure.message)
    if denied or failure.reason in ("invalidQuery", "invalid", "badRequest", "notFound"):
        problem = placed_problem(failure.message, text)
        return SqlError(problem.message, hint=problem.hint, problems=(problem,))
    return _too_large(failure.reason) or call_error(failure)


def run_error(failure: Failure, *, max_bytes: int, timeout_s: float) -> PeterError:
    """Why a job that passed its dry run gave no result."""
    reason = failure.reason
    if reason in ("bytesBilledLimitExceeded", "billingTierLimitExceeded"):
        return over_cap(max_bytes)
    if reason == "timeout" or (reason == "stopped" and "timed out" in failure.message.lower()):
        return QueryTimeout(f"BigQuery stopped the query at its limit of {timeout_s:g} s.")
    if reason == "stopped":
        return QueryCancelled("The query was cancelled in BigQuery.")
    if reason in ("invalidQuery", "invalid", "badRequest"):
        return _query_failed(failure.message)
    return _too_large(reason) or call_error(failure)


def _too_large(reason: str) -> QueryFailed | None:
    if reason == "resourcesExceeded":
        return QueryFailed(
            "The query needs more memory than BigQuery gives one query.",
            hint="Aggregate before joining, leave out ORDER BY without LIMIT, or read less.",
        )
    if reason == "responseTooLarge":
        return QueryFailed(
            "The query's result is larger than BigQuery returns.",
            hint="Aggregate, name fewer columns, or add a LIMIT.",
        )
    return None


def over_cap(max_bytes: int) -> BytesCapExceeded:
    """The error of a job that BigQuery refused because of its cap."""
    return BytesCapExceeded(
        f"BigQuery refused the query: it would bill more than its cap of {bytes_text(max_bytes)} "
        f"({max_bytes:,} bytes). Nothing was run or billed.",
        hint="Read fewer columns or partitions, or raise the cap; BigQuery bills at least 10 MB "
        "for each table it reads.",
    )


def call_error(failure: Failure) -> PeterError:
    """Why BigQuery did not answer a call at all."""
    reason = failure.reason
    if reason == "notFound":
        return _not_found(failure.message)
    if reason == "jobLost":
        return EngineUnavailable(
            "BigQuery accepted the query and then knew nothing of it.", hint="Run it again."
        )
    if reason == "accessDenied":
        return _denied(failure.message)
    if reason == "authError":
        return EngineUnavailable(
            "BigQuery does not accept Peter's credentials.",
            hint="Renew them with gcloud auth application-default login, or set the key file of "
            "a service account.",
        )
    if reason == "quotaExceeded":
        return EngineUnavailable(
            "A BigQuery quota of the project is used up.",
            hint="Quotas are in the Google Cloud console under IAM & Admin; most renew each day.",
        )
    if reason in ("rateLimitExceeded", "jobRateLimitExceeded"):
        return Overloaded(
            "BigQuery takes no more requests from the project at the moment.",
            hint="Try again in a few seconds.",
        )
    if reason in ("billingNotEnabled", "blocked"):
        return EngineUnavailable(
            "BigQuery runs no queries for this project: billing is off or it is blocked.",
            hint="Link a billing account to the project in the Google Cloud console.",
        )
    return _unavailable(failure)


def _unavailable(failure: Failure) -> EngineError:
    reason = failure.reason
    if reason == "away":
        return EngineUnavailable(
            f"BigQuery has not answered since {failure.message}, so it is not asked at the moment.",
            hint="Peter goes on looking for it; try again in a few seconds.",
        )
    if reason in ("transport", "tls"):
        return EngineUnavailable(
            "BigQuery could not be reached.", hint="Check the network, then try again."
        )
    if reason in ("backendError", "internalError", "jobBackendError", "jobInternalError"):
        return EngineUnavailable(
            "BigQuery has an internal fault at the moment.", hint="Try again in a few seconds."
        )
    known = reason if re.fullmatch(r"[A-Za-z]{1,40}", reason) else "an unknown reason"
    return EngineUnavailable(f"BigQuery did not answer the call ({known}).", hint="Try it again.")


def _not_found(message: str) -> EngineError:
    match = _MISSING.search(message)
    if match is None:
        return TableNotFound("BigQuery knows no table of that name.")
    name = match[2].replace(":", ".").rstrip(".,;")
    return TableNotFound(
        f"There is no {match[1].lower()} called {name} where the query runs.",
        hint="Check its spelling, and that it is in the location of Peter's jobs.",
    )


def _denied(message: str) -> EngineError:
    match = _DENIED.search(f"{message} ")
    what = f"the {match[1].lower()} {match[2].replace(':', '.')}" if match else "what was asked"
    return EngineError(
        f"BigQuery denies Peter's account access to {what}.",
        hint="Grant it BigQuery Data Viewer on the data and BigQuery Job User on the project.",
    )


def _query_failed(message: str) -> QueryFailed:
    text = plain(message)
    lower = text.lower()
    if "division by zero" in lower or "divide by zero" in lower:
        return QueryFailed(
            "The query divided by zero.", hint="Use SAFE_DIVIDE, or NULLIF on the divisor."
        )
    if re.match(
        r"bad |could not (cast|parse)|invalid (date|time|cast|number)|failed to parse", lower
    ):
        return QueryFailed(
            f"A value could not be converted: {text}", hint="Use SAFE_CAST to get NULL instead."
        )
    if "overflow" in lower or "out of range" in lower:
        return QueryFailed(
            f"A value is out of range: {text}",
            hint="Cast to NUMERIC or FLOAT64 before it grows so large.",
        )
    return QueryFailed(f"The query failed: {text}")


def plain(message: str) -> str:
    """The first line of BigQuery's message without its place and without anybody's address."""
    lines = message.strip().splitlines()
    text = _POSITION.sub("", lines[0] if lines else "no reason was given")
    text = _PERSON.sub("an account", text).strip()[:500]
    return text if text.endswith((".", "!", "?")) else f"{text}."
