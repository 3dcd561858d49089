"""The one table from a code to an HTTP status and a title, and problems made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado.web import HTTPError

from peter_core.errors import PeterError
from peter_core.plan.words import say, tell
from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.problem import ProblemDetails

if TYPE_CHECKING:
    from peter_jupyter.http.models.dashboard import Difference

STATUSES: dict[str, tuple[int, str]] = {
    "error": (500, "The request failed"),
    "internal_error": (500, "Something went wrong inside Peter"),
    "config_invalid": (500, "Peter is not configured"),
    "document_invalid": (422, "The document has errors"),
    "sql_invalid": (422, "The statement has an error"),
    "sql_refused": (422, "The statement was refused"),
    "bytes_cap_exceeded": (422, "The byte cap would be exceeded"),
    "budget_exceeded": (422, "A budget would be exceeded"),
    "overloaded": (429, "Too many at once"),
    "too_many_requests": (429, "Too many requests"),
    "draining": (503, "The server is going down"),
    "query_failed": (422, "The query failed"),
    "verification_failed": (422, "The verification failed"),
    "engine_failed": (502, "The engine failed"),
    "engine_unavailable": (503, "The engine cannot be reached"),
    "query_cancelled": (503, "The query was cancelled"),
    "query_timeout": (504, "The query took too long"),
    "not_found": (404, "Not found"),
    "table_not_found": (404, "Table not found"),
    "already_exists": (409, "The slug is taken"),
    "managed": (409, "Managed elsewhere"),
    "precondition_required": (428, "The revision is missing"),
    "precondition_failed": (412, "Somebody else changed the dashboard"),
    "invalid_request": (400, "The request is wrong"),
    "unauthenticated": (401, "Not logged in"),
    "login_unavailable": (503, "The login cannot be reached"),
    "forbidden": (403, "Not allowed"),
    "cross_site_request": (403, "The request came from another site"),
    "method_not_allowed": (405, "The method is not allowed"),
    "not_acceptable": (406, "No such representation"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The media type is not supported"),
    "storage_unavailable": (503, "The storage cannot be reached"),
    "storage_full": (507, "The storage is full"),
}
"""Every code with its status (RFC 9110 section 15, RFC 6585, RFC 4918) and its title."""

ENGINE_TEXT = frozenset(
    {"engine_failed", "query_failed", "sql_invalid", "sql_refused", "table_not_found"}
)
"""Codes whose words may quote SQL or values: only authors read them."""

HIDDEN_DETAIL = "The query behind this failed; whoever wrote it can see why."

_OF_STATUS = {
    400: "invalid_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found",
    405: "method_not_allowed", 406: "not_acceptable", 413: "body_too_large",
    415: "unsupported_media_type",
}  # fmt: skip

_DETAILS = {
    "internal_error": "The request could not be answered; the log tells why under this trace id.",
    "unauthenticated": "This needs a login.",
    "forbidden": "You may not do this here.",
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not know the method.",
    "invalid_request": "The request cannot be understood.",
}


class RefusalError(HTTPError):
    """A request that the door turns away: it never reaches a use case."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        hint: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(STATUSES[code][0], "%s", detail)
        self.code = code
        self.detail = detail
        self.hint = hint
        self.retry_after_s = retry_after_s


def status_of(error: BaseException | None, fallback: int = 500) -> int:
    """The HTTP status that an exception ends a request with."""
    if isinstance(error, PeterError):
        return STATUSES[error.code][0]
    return error.status_code if isinstance(error, HTTPError) else fallback


def problem_of(
    error: BaseException | None,
    *,
    status: int,
    trace_id: str,
    author: bool,
    diff: Difference | None = None,
) -> ProblemDetails:
    """The problem that an exception is told as; one that nobody meant says nothing of itself."""
    if isinstance(error, PeterError):
        shown = author or error.code not in ENGINE_TEXT
        return _details(
            error.code,
            trace_id,
            detail=error.message if shown else HIDDEN_DETAIL,
            hint=error.hint if shown else None,
            problems=tuple(ProblemItem.model_validate(p) for p in error.problems) if shown else (),
            diff=diff,
        )
    if isinstance(error, RefusalError):
        return _details(error.code, trace_id, detail=error.detail, hint=error.hint)
    code = _OF_STATUS.get(status, "internal_error")
    made = _details(code, trace_id, detail=_DETAILS.get(code, STATUSES[code][1] + "."))
    return made if made.status == status else made.model_copy(update={"status": status})


def spoken(problem: ProblemDetails) -> ProblemDetails:
    """A problem in the language spoken, its single findings as they are.

    What has no words there is named as the English that it is.
    """
    said = tell(problem.detail).named("detail")
    if problem.hint:
        said |= tell(problem.hint).named("hint")
    return problem.model_copy(update={"title": say(problem.title), **said})


def _details(
    code: str,
    trace_id: str,
    *,
    detail: str,
    hint: str | None = None,
    problems: tuple[ProblemItem, ...] = (),
    diff: Difference | None = None,
) -> ProblemDetails:
    status, title = STATUSES[code]
    return ProblemDetails(
        type=f"urn:peter:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        trace_id=trace_id,
        hint=hint,
        problems=problems,
        diff=diff,
    )
