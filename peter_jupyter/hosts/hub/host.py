"""The hub's side of a handler: who asks, where it is mounted, what guards it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

from jupyterhub.services.auth import HubOAuthenticated
from tornado.web import HTTPError

from peter_core.errors import Forbidden
from peter_jupyter.http.host import Host
from peter_jupyter.http.pages import Page
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from asyncio import Future

    from peter_core.principal import Principal
    from peter_jupyter.hosts.hub.login import CookieLogin, Hub
    from peter_jupyter.http.host import Verb
    from peter_jupyter.http.pool import PooledPeter

LOGIN, CALLBACK, LOGOUT = (f"api/v1/auth/{name}" for name in ("login", "callback", "logout"))
HUB = "peter_hub"
POOL = "peter_pool"
"""Keys of the application's settings."""

_SCHEMES = ("bearer", "token")
_READING = ("GET", "HEAD", "OPTIONS")


class HubHost(HubOAuthenticated, Host):  # type: ignore[misc]  # jupyterhub has no types
    """People come by a cookie that the hub's login left, programs by a token of the hub.

    Everybody with the scope ``access:services!service=peter`` is a viewer; the custom scopes of
    `identities` make authors and admins.
    """

    host_name = "hub"
    _who: Principal | None = None

    @property
    def pool(self) -> PooledPeter:
        """Peter and the threads that work with it."""
        return cast("PooledPeter", self.settings[POOL])

    @property
    def hub(self) -> Hub:
        """The login and the identities."""
        return cast("Hub", self.settings[HUB])

    @property
    def hub_auth(self) -> CookieLogin:
        """What JupyterHub's own mixin works with."""
        return self.hub.login

    @property
    def root(self) -> str:
        """The path that the routes hang on, with a slash at its end."""
        return self.hub.root

    @property
    def bearer(self) -> str | None:
        """The token of the Authorization header; never one of the address."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() in _SCHEMES and token.strip() else None

    @property
    def cookie_authenticated(self) -> bool:
        """Whether a browser may have sent the credentials on its own."""
        return self.bearer is None

    def principal(self) -> Principal | None:
        """Who asks, once `identify` has found out."""
        return self._who

    def get_current_user(self) -> Principal | None:
        """The same; JupyterHub's own would wait for the hub on the event loop."""
        return self._who

    def login_url(self, next: str) -> str | None:
        """The hub's address that logs a browser in and leads back.

        Raises
        ------
        RefusalError
            429: every login that is begun is kept in mind, and this address began too many.
        """
        self.hub.pace.require(self.request)
        return self.hub.login.begin(self, next)

    def logout_url(self) -> str | None:
        """The end of the session with Peter, which tells where the hub's own ends."""
        return f"{self.root}{LOGOUT}" if self.bearer is None else None

    def is_own_origin(self, origin: str) -> bool:
        """Whether pages of an origin may change something here."""
        return self.hub.is_own_origin(origin, self.request.host)

    def finish(self, chunk: Any = None) -> Future[None]:
        """End the answer; one that comes before the request's body was read closes the connection.

        Tornado closes it then without a word, and the hub's proxy would use it for another request.
        """
        body: Future[None] | None = getattr(self.request, "_body_future", None)
        if body is not None and not body.done() and not self._headers_written:
            self.set_header("Connection", "close")
        return super().finish(chunk)

    async def identify(self) -> None:
        """Find out who asks, without waiting on the event loop.

        Raises
        ------
        RefusalError
            The hub does not answer; a browser sent its cookie without the XSRF token.
        Forbidden
            The hub knows who asks, and did not give them this service.
        """
        given = self.bearer
        token = given or self.hub.login._get_token_cookie(self)
        session = "" if given else self.hub.login.get_session_id(self)
        found = await self.hub.identities.of(token, session) if token else None
        if found is None:
            if given is None and isinstance(self, Page):
                await self.hub.require_reachable()
            return
        self._token_authenticated = given is not None
        if given is None:
            self.require_xsrf()
        if found.principal is None:
            raise Forbidden(
                f"{found.name} may not use Peter on this hub.",
                hint="Whoever runs the hub can give the scope access:services!service=peter.",
            )
        self._who = found.principal
        if given is None and self.request.method == "GET":
            _ = self.xsrf_token  # leaves the cookie where a page is opened

    @classmethod
    def guarded(cls, verb: Verb) -> Verb:
        """The verb, once it is known who asks."""

        @functools.wraps(verb)
        async def identified(self: Any, *args: str) -> None:
            await self.identify()
            await verb(self, *args)

        return identified

    @classmethod
    def unguarded(cls, verb: Verb) -> Verb:
        """The verb for anybody: the hub is not asked."""
        return verb

    def require_xsrf(self) -> None:
        """Refuse what a browser was made to send.

        JupyterHub wants the token on reads by scripts, too: on a hub without subdomains the pages
        of every user's server are of the same origin, and only the cookie's path keeps them apart.
        """
        if self.request.method in _READING and "Sec-Fetch-Mode" not in self.request.headers:
            return
        try:
            self.check_xsrf_cookie()
        except HTTPError as error:
            raise RefusalError(
                "cross_site_request",
                "The request carries no valid XSRF token.",
                hint="Send the _xsrf cookie's value as X-XSRFToken, or authenticate by a token.",
            ) from error
