"""Why a login did not work, as the person reads it."""

from __future__ import annotations

from tornado.web import HTTPError


class LoginError(HTTPError):
    """A login that ends without a session.

    Parameters
    ----------
    status
        400: what came back is not what was asked for; 403: the person may not come in; 503: the
        provider cannot be asked now.
    reason
        A word for the log: which check failed.
    detail
        A sentence for the person; nothing of what the provider sent is in it.
    """

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(status, "%s", detail)
        self.reason_code = reason
        self.detail = detail


def refused(reason: str) -> LoginError:
    """What came back from the provider, or with the browser, failed a check."""
    return LoginError(400, reason, "The answer of the login was not the one that was asked for.")


def unavailable(reason: str) -> LoginError:
    """The provider cannot be asked."""
    return LoginError(
        503, reason, "Google cannot be reached for the login. Whoever is logged in stays so."
    )


def not_allowed(reason: str) -> LoginError:
    """The person is known, and may not come in."""
    return LoginError(
        403, reason, "Your account may not use this server. Ask whoever runs it, or use another."
    )
