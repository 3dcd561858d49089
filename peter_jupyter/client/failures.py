"""What a server's refusal is raised as: the class of its code, as in this process.

The tree, besides that of `peter_core.errors`::

    PeterError
    ├── LoginError            unauthenticated      no token, or one that is not valid any more
    ├── ServerError           internal_error       the server, or what stands before it, failed
    ├── UnreachableError      server_unreachable   nobody answers at the address
    └── PreconditionFailed
        └── Conflict          precondition_failed  with what others changed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from peter_core import errors
from peter_core.dashboard.problems import Problem
from peter_core.errors import PeterError, PreconditionFailed
from peter_jupyter.http.models.problem import ProblemDetails

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from pydantic import BaseModel

    from peter_jupyter.http.models.dashboard import Difference

M = TypeVar("M", bound="BaseModel")


class LoginError(PeterError):
    """The server does not know who asks."""

    code = "unauthenticated"


class ServerError(PeterError):
    """The server, or what stands before it, could not answer."""

    code = "internal_error"


class UnreachableError(PeterError):
    """Nobody answers at the server's address, or not in time."""

    code = "server_unreachable"


class Conflict(PreconditionFailed):
    """Somebody published since the revision the change was made from.

    ``diff`` is what they changed, ``None`` where the server does not know that revision.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        problems: Sequence[Problem] = (),
        diff: Difference | None = None,
    ) -> None:
        super().__init__(message, hint=hint, problems=problems)
        self.diff = diff

    def __reduce__(self) -> tuple[object, ...]:
        return (_conflict, (self.message, self.hint, self.problems, self.diff))


def _conflict(
    message: str, hint: str | None, problems: tuple[Problem, ...], diff: Difference | None
) -> Conflict:
    return Conflict(message, hint=hint, problems=problems, diff=diff)


NOT_PETER = (
    "Peter's address ends in /peter on a Jupyter Server and in /services/peter on a JupyterHub."
)
_TOKEN_HINT = "Give a token of that server: set PETER_URL and PETER_TOKEN."  # noqa: S105
_BY_STATUS = {
    401: "unauthenticated", 403: "forbidden", 404: "server_unreachable", 408: "server_unreachable",
    413: "invalid_request", 429: "overloaded",
}  # fmt: skip


def _classes() -> dict[str, type[PeterError]]:
    found: dict[str, type[PeterError]] = {
        kind.code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, PeterError)
    }
    found |= {kind.code: kind for kind in (LoginError, ServerError, UnreachableError)}
    found |= {"cross_site_request": errors.Forbidden, "login_unavailable": UnreachableError}
    found |= dict.fromkeys(("too_many_requests", "draining"), errors.Overloaded)
    found |= dict.fromkeys(
        ("method_not_allowed", "not_acceptable", "body_too_large", "unsupported_media_type"),
        errors.InvalidRequest,
    )
    return found


CLASSES = _classes()
"""Every code of a problem with the class it is raised as."""


def failure_of(response: httpx.Response, server: str) -> PeterError:
    """The error that an answer tells, read whole; its note names the server's trace.

    Parameters
    ----------
    server
        The server's address, for the message.
    """
    if response.headers.get("Content-Type", "").startswith("application/problem+json"):
        try:
            return told(known(ProblemDetails, response.content))
        except ValidationError:
            pass
    return _untold(response, server)


def told(problem: ProblemDetails) -> PeterError:
    """A problem of the server's as the error it was there."""
    kind = CLASSES.get(problem.code, ServerError)
    problems = [Problem(**item.model_dump()) for item in problem.problems]
    hint = problem.hint
    if kind is LoginError:
        hint = hint or _TOKEN_HINT
    if kind is PreconditionFailed:
        error: PeterError = Conflict(
            problem.detail, hint=hint, problems=problems, diff=problem.diff
        )
    else:
        error = kind(problem.detail, hint=hint, problems=problems)
    error.add_note(f"Trace {problem.trace_id} in the server's log.")
    return error


def known(kind: type[M], body: bytes) -> M:
    """An answer as its model; what a newer server says besides is passed over.

    Raises
    ------
    ValidationError
        It is no such answer.
    """
    return kind.model_validate_json(body, extra="ignore")


def _untold(response: httpx.Response, server: str) -> PeterError:
    """The error of an answer that is not Peter's: a proxy's, a login page's, another server's."""
    status = response.status_code
    kind = CLASSES.get(_BY_STATUS.get(status, ""), ServerError)
    if status == 404:
        return kind(f"There is no Peter at {server}: it answers 404.", hint=NOT_PETER)
    if kind is LoginError:
        return kind(f"{server} asks for a login.", hint=_TOKEN_HINT)
    return kind(f"{server} answered {status} {response.reason_phrase}, and not as Peter does.")
