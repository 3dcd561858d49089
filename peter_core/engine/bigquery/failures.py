"""What a call to BigQuery failed of: its reason, and whether another try can help."""

from __future__ import annotations

from dataclasses import dataclass

_RETRYABLE = frozenset(
    {"rateLimitExceeded", "backendError", "internalError", "badGateway", "serviceUnavailable"}
)
_FINAL = frozenset(
    {"quotaExceeded", "bytesBilledLimitExceeded", "billingTierLimitExceeded", "invalidQuery",
     "invalid", "badRequest", "notFound", "accessDenied", "stopped", "timeout",
     "resourcesExceeded", "responseTooLarge", "billingNotEnabled", "blocked", "duplicate",
     "authError", "notImplemented", "tableUnavailable"}
)  # fmt: skip
_UNANSWERED = frozenset(
    {"transport", "backendError", "internalError", "badGateway", "serviceUnavailable"}
)
_TRANSIENT_STATUS = frozenset({429, 500, 502, 503, 504})
_REASON_OF_STATUS = {
    400: "invalid", 401: "authError", 403: "accessDenied", 404: "notFound", 409: "duplicate",
    429: "rateLimitExceeded", 501: "notImplemented",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call or a job failed.

    ``reason`` is BigQuery's word (https://cloud.google.com/bigquery/docs/error-messages), or
    ``transport`` when no answer was understood, ``away`` when nothing was asked; ``message`` is
    BigQuery's own, for its author only. ``retry_after_s`` is how long the server asks to wait.
    """

    reason: str
    message: str = ""
    retryable: bool = False
    of_job: bool = False
    retry_after_s: float = 0.0

    @property
    def unanswered(self) -> bool:
        """Whether nobody was there to answer the call, as far as can be told."""
        return self.reason in _UNANSWERED and not self.of_job


class ApiFailure(Exception):  # noqa: N818 - it is caught in this package, and never leaves it
    """A call that failed for good, or that nobody wants to try again."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def failure_of(error: Exception) -> Failure | None:
    """The failure behind an exception of the client, ``None`` for a fault of our own.

    BigQuery's ``reason`` counts before the status: a job over its byte cap comes with status 500.
    """
    import requests.exceptions
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError, TransportError

    if isinstance(error, RetryError) and isinstance(error.cause, Exception):
        return failure_of(error.cause)
    if isinstance(error, GoogleAPICallError):
        return _of_answer(error)
    if isinstance(error, TransportError):
        return Failure("transport", retryable=True)
    if isinstance(error, GoogleAuthError):
        return Failure("authError", retryable=bool(getattr(error, "retryable", False)))
    if isinstance(error, requests.exceptions.SSLError):
        return Failure("tls")
    # Since Python 3.11 the client's concurrent.futures.TimeoutError is this TimeoutError too.
    if isinstance(error, requests.exceptions.RequestException | ConnectionError | TimeoutError):
        return Failure("transport", retryable=True)
    return None


def job_failure(error_result: dict[str, object]) -> Failure:
    """The failure of a job that ended with an error; the job itself is never tried again."""
    reason = str(error_result.get("reason") or "internalError")
    return Failure(reason, str(error_result.get("message") or ""), of_job=True)


def _of_answer(error: object) -> Failure:
    entries = getattr(error, "errors", None) or ()
    first = entries[0] if entries and isinstance(entries[0], dict) else {}
    code = getattr(error, "code", None)
    status = int(code) if code is not None else 500
    reason = str(first.get("reason") or _REASON_OF_STATUS.get(status, "backendError"))
    message = str(first.get("message") or getattr(error, "message", ""))
    retryable = reason in _RETRYABLE or (status in _TRANSIENT_STATUS and reason not in _FINAL)
    return Failure(reason, message, retryable, retry_after_s=_retry_after(error))


def _retry_after(error: object) -> float:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("Retry-After", 0)))
    except (TypeError, ValueError):  # a date, which BigQuery does not send
        return 0.0
