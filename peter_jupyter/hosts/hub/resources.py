"""Login, the way back from the hub, and logout."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from tornado.web import HTTPError

from peter_core.errors import InvalidRequest
from peter_jupyter.hosts.hub.host import CALLBACK, LOGIN, LOGOUT
from peter_jupyter.http.access import public
from peter_jupyter.http.models.queries import CallbackQuery, NextQuery
from peter_jupyter.http.next_urls import safe_next
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pages import Page
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from peter_jupyter.hosts.hub.host import HubHost
    from peter_jupyter.hosts.hub.login import Hub

log = logging.getLogger("peter.login")


class LoginPage(Page):
    """The way to the hub's login."""

    @public
    @operation("log_in", status=302, tag="login", query=NextQuery, lenient=True,
               errors=("login_unavailable", "too_many_requests"))  # fmt: skip
    async def get(self) -> None:
        """302 to the hub; ``next`` is a page of this service, others are not gone to."""
        asked = self.get_query_argument("next", None)
        await _hub(self).require_reachable()
        self.redirect(cast("str", self.login_url(safe_next(asked, self.root))))


class CallbackPage(Page):
    """The way back from the hub."""

    @public
    @operation("finish_login", status=302, tag="login", query=CallbackQuery, lenient=True,
               errors=("forbidden", "login_unavailable", "too_many_requests"))  # fmt: skip
    async def get(self) -> None:
        """Change the code for a token, keep it in this browser's cookie, and go on."""
        if self.request.method != "GET":
            # A HEAD would use the code up.
            raise HTTPError(405)
        hub, host = _hub(self), cast("HubHost", self)
        hub.pace.require(self.request)
        asked = self.get_query_argument("state", "")
        state = self._own_state(hub, asked)
        if self.get_query_argument("error", None) is not None:
            raise RefusalError("forbidden", "The hub did not let you in.")
        code = self.get_query_argument("code", "")
        if not code:
            raise InvalidRequest("The hub sent no code.", hint="Log in again.")
        next_url = safe_next(hub.login.get_next_url(state), self.root)
        verifier = hub.login.get_code_verifier(state)
        hub.login.clear_oauth_state(state)
        hub.login.clear_oauth_state_cookies(host)
        token = await hub.token_for(code, verifier)
        found = await hub.identities.of(token, hub.login.get_session_id(host))
        if found is None:
            raise RefusalError("forbidden", "The hub does not know whom it let in.")
        hub.login.set_cookie(host, token)
        self.redirect(next_url)

    def _own_state(self, hub: Hub, asked: str) -> str:
        """The state, when this browser's cookie has it and it was not used before."""
        name = hub.login.get_state_cookie_name(asked)
        kept = self.get_secure_cookie(name, max_age_days=hub.login.oauth_state_max_age / 86400)
        known = hub.login._decode_state(asked)
        if not asked or not known or kept is None or kept.decode("ascii", "replace") != asked:
            raise RefusalError(
                "forbidden", "This login was not begun in this browser.", hint="Log in again."
            )
        return asked


class LogoutResource(Resource):
    """The end of a browser's session with Peter."""

    @public
    @operation("log_out", status=204, tag="login")
    async def post(self) -> None:
        """204; the token is accepted no more. The hub's own session ends at the hub."""
        hub, host = _hub(self), cast("HubHost", self)
        token = hub.login._get_token_cookie(host) if host.bearer is None else None
        if token is not None:
            host.require_xsrf()
            hub.identities.end(token)
            hub.login.clear_cookie(host)
        self.set_header("Link", f'<{hub.logout_url}>; rel="logout"')
        self.set_status(204)
        self.finish()


OWN_ROUTES: tuple[tuple[str, type[Resource]], ...] = (
    (LOGIN, LoginPage),
    (CALLBACK, CallbackPage),
    ("oauth_callback", CallbackPage),
    (LOGOUT, LogoutResource),
)
"""What this host has beside the routes of all hosts; JupyterHub calls back at
``oauth_callback`` unless the service's configuration says another address."""


def _hub(handler: Resource) -> Hub:
    return cast("HubHost", handler).hub
