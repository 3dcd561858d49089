"""The cookies of a login: the session's, and the one that binds a login under way to a browser."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado.web import create_signed_value, decode_signed_value

if TYPE_CHECKING:
    from tornado.web import RequestHandler

LOGIN_S = 600
"""Seconds a login may take between leaving for the provider and coming back."""
_MOST_LOGINS = 4
_SECRET_BYTES = 32
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way. All but ``next`` is random, and known to this browser alone."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def begin(cls, next: str) -> Attempt:
        """A new one, that leads to a path when it succeeds."""
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, next)


class Cookies:
    """Names, attributes and signatures.

    Parameters
    ----------
    secure
        Whether browsers come by TLS; then the cookies are bound to exactly this host
        (``__Host-``, https://www.rfc-editor.org/rfc/rfc6265bis section 4.1.3.2).
    key
        What attempts are signed with; any two servers behind one address share it.
    """

    def __init__(self, key: bytes, *, secure: bool) -> None:
        self._key = hmac.digest(key, b"peter login", hashlib.sha256).hex()
        self._prefix = "__Host-peter" if secure else "peter"
        self._attributes: dict[str, Any] = {
            "path": "/",
            "httponly": True,
            "secure": secure,
            "samesite": "Lax",
        }
        self.session = f"{self._prefix}-session"
        self.xsrf: dict[str, Any] = {"path": "/", "secure": secure, "samesite": "Lax"}

    def give_session(self, handler: RequestHandler, secret: str, lifetime_s: float) -> None:
        """Let the browser keep a session's id."""
        handler.set_cookie(self.session, secret, max_age=int(lifetime_s), **self._attributes)

    def take_session(self, handler: RequestHandler) -> None:
        """Let the browser forget it."""
        self._forget(handler, self.session)

    def give_attempt(self, handler: RequestHandler, attempt: Attempt) -> None:
        """Bind a login to the browser; of many at once the browser keeps a few."""
        own = [name for name in handler.cookies if name.startswith(f"{self._prefix}-login-")]
        for name in own[: max(0, len(own) - _MOST_LOGINS + 1)]:
            self._forget(handler, name)
        name = self._attempt_name(attempt.state)
        value = json.dumps([attempt.state, attempt.nonce, attempt.verifier, attempt.next])
        signed = create_signed_value(self._key, name, value).decode("ascii")
        handler.set_cookie(name, signed, max_age=LOGIN_S, **self._attributes)

    def take_attempt(self, handler: RequestHandler, state: str) -> Attempt | None:
        """The login that a state belongs to, when this browser began it in the last minutes."""
        name = self._attempt_name(state)
        given = handler.get_cookie(name)
        if given is None:
            return None
        self._forget(handler, name)
        value = decode_signed_value(
            self._key, name, given, max_age_days=LOGIN_S / 86_400, min_version=2
        )
        if value is None:
            return None
        attempt = Attempt(*json.loads(value))
        same = hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "replace"))
        return attempt if same else None

    def _attempt_name(self, state: str) -> str:
        """A name of its own for each login, so that two tabs do not get into each other's way."""
        digest = hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
        return f"{self._prefix}-login-{digest[:16]}"

    def _forget(self, handler: RequestHandler, name: str) -> None:
        handler.set_cookie(name, "", expires=_LONG_AGO, **self._attributes)
