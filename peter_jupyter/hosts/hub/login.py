"""The hub as the one who logs people in: its OAuth, with PKCE and a state for each browser."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth, check_scopes
from jupyterhub.utils import url_path_join
from tornado.httputil import url_concat
from tornado.web import HTTPError

from peter_jupyter.hosts.hub.identities import Identities, hub_unreachable
from peter_jupyter.http.pace import Pace
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from peter_jupyter.hosts.hub.identities import Model

_PENDING = 10_000
"""Logins that were begun and not finished; the oldest give way."""
_LOGIN_S = 10.0
"""How long the hub may take to change a code for a token."""
_ANSWER_S = 5.0
"""How long it may take to say that it is up."""
_REACHED_S = 5.0
"""How long a hub that answered counts as up."""


class CookieLogin(HubOAuth):  # type: ignore[misc]  # traitlets has no types
    """JupyterHub's own OAuth client, with a session that ends.

    The cookie holds the token that the hub gave this browser, signed by a key that no other
    process has. `max_age_s` is how long it may be used, whatever the hub would allow.
    """

    max_age_s = 7 * 86400.0

    def _get_token_cookie(self, handler: RequestHandler) -> str | None:
        fresh: str | None = getattr(handler, "_hub_auth_token_cookie", None)
        if fresh is not None:
            return fresh
        kept = handler.get_secure_cookie(self.cookie_name, max_age_days=self.max_age_s / 86400)
        return kept.decode("ascii", "replace") if kept else None

    def begin(self, handler: RequestHandler, next_url: str) -> str:
        """The hub's address that logs a browser in and leads back to a page."""
        while len(self._oauth_states) >= _PENDING:
            self._oauth_states.pop(next(iter(self._oauth_states.values), None), None)
        verifier, challenge, method = self.generate_pkce_code_challenge()
        state = self.set_state_cookie(handler, next_url=next_url, code_verifier=verifier)
        more = {"code_challenge": challenge, "code_challenge_method": method, "state": state}
        return str(url_concat(self.login_url, more))


class Hub:
    """What the handlers of this process share: the login and the identities.

    Parameters
    ----------
    public_url
        Where people find the service, as far as that is known; by TLS, cookies are bound to it.
    fresh_s, grace_s
        As of `Identities`.
    session_s
        How long a browser's login lasts at most.
    login_requests_per_minute
        How often one address may ask for a login, or come back from one.
    proxies
        How many stand before the service: the hub's own, and what stands before that.
    """

    def __init__(
        self,
        public_url: str = "",
        *,
        fresh_s: float = 60.0,
        grace_s: float = 300.0,
        session_s: float = 7 * 86400.0,
        login_requests_per_minute: int = 120,
        proxies: int = 1,
    ) -> None:
        found = urlsplit(public_url)
        self._origin = f"{found.scheme}://{found.netloc}"
        self.login = CookieLogin(
            base_url=os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or "/",
            api_url=os.environ.get("JUPYTERHUB_API_URL") or "http://127.0.0.1:8081/hub/api",
            allow_token_in_url=False,
            cookie_options={
                "samesite": "Lax",
                "secure": self.secure,
                "expires_days": session_s / 86400,
            },
        )
        self.login.max_age_s = session_s
        self.pace = Pace(login_requests_per_minute, proxies=proxies)
        self.identities = Identities(self._ask, self._grants, fresh_s=fresh_s, grace_s=grace_s)
        self._reached_at = float("-inf")

    @property
    def secure(self) -> bool:
        """Whether people come by TLS."""
        return self._origin.startswith("https:")

    @property
    def root(self) -> str:
        """The path the service is served under, with a slash at its end."""
        return str(self.login.base_url)

    @property
    def logout_url(self) -> str:
        """Where the hub itself ends a person's session."""
        return str(url_path_join(self.login.hub_host + self.login.hub_prefix, "logout"))

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether an origin is the one that people find this service at."""
        return origin == self._origin or urlsplit(origin).netloc == host

    async def token_for(self, code: str, verifier: str | None) -> str:
        """The token that the hub gives for a code.

        Raises
        ------
        RefusalError
            403: the hub refuses the code; 503: it does not answer.
        """
        given = self.login.token_for_code(code, code_verifier=verifier, sync=False)
        try:
            return str(await asyncio.wait_for(given, _LOGIN_S))
        except (TimeoutError, OSError):
            raise hub_unreachable() from None
        except HTTPError as error:
            # The library tells a refusal as a failure of its own; only the text says which it is.
            if error.status_code == 502 or "connect to Hub" in (error.log_message or ""):
                raise hub_unreachable() from None
            raise RefusalError("forbidden", "The hub did not accept its own code.") from None

    async def require_reachable(self) -> None:
        """Refuse to send anybody to a hub that does not answer.

        Raises
        ------
        RefusalError
            503.
        """
        now = time.monotonic()
        if now - self._reached_at < _REACHED_S:
            return
        try:
            asked = self.login._api_request("GET", self.login.api_url)
            await asyncio.wait_for(asked, _ANSWER_S)
        except (HTTPError, TimeoutError, OSError):
            raise hub_unreachable() from None
        self._reached_at = now

    async def _ask(self, token: str) -> Model | None:
        model: Model | None = await self.login.user_for_token(token, use_cache=False, sync=False)
        return model

    def _grants(self, model: Model) -> bool:
        held = set(map(str, model.get("scopes") or ()))
        return bool(check_scopes(self.login.access_scopes, held))
