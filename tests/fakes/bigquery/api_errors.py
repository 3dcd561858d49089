"""Errors as BigQuery writes them: a status, a reason and a message."""

from __future__ import annotations

from dataclasses import dataclass

_STATUS_OF = {
    "invalidQuery": 400, "invalid": 400, "badRequest": 400, "resourcesExceeded": 400,
    "notFound": 404, "duplicate": 409, "accessDenied": 403, "quotaExceeded": 403,
    "rateLimitExceeded": 403, "responseTooLarge": 403, "stopped": 400, "timeout": 400,
    "billingNotEnabled": 403, "blocked": 403, "bytesBilledLimitExceeded": 500,
    "backendError": 500, "internalError": 500, "jobBackendError": 400, "jobInternalError": 400,
    "jobRateLimitExceeded": 400, "tableUnavailable": 400,
}  # fmt: skip
_CANONICAL = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ALREADY_EXISTS", 412: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL",
    502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip


def status_of(reason: str) -> int:
    """The HTTP status that goes with a reason.

    See https://cloud.google.com/bigquery/docs/error-messages
    """
    return _STATUS_OF.get(reason, 400)


@dataclass(frozen=True, slots=True)
class ErrorProto:
    """One entry of ``errors``; ``location`` is a part of the request, such as ``query``."""

    reason: str
    message: str
    location: str | None = None

    def resource(self) -> dict[str, object]:
        """As in a job's status."""
        where = {"location": self.location} if self.location else {}
        return {"reason": self.reason, "message": self.message, **where}


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(
        self, reason: str, message: str, *, status: int | None = None, location: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status if status is not None else status_of(reason)
        self.proto = ErrorProto(reason, message, location)

    def body(self) -> dict[str, object]:
        """As the body of the answer."""
        entry: dict[str, object] = {
            "message": self.proto.message, "domain": "global", "reason": self.proto.reason,
        }  # fmt: skip
        if self.proto.location:
            entry |= {"location": self.proto.location, "locationType": "parameter"}
        return {
            "error": {
                "code": self.status,
                "message": self.proto.message,
                "errors": [entry],
                "status": _CANONICAL.get(self.status, "UNKNOWN"),
            }
        }
