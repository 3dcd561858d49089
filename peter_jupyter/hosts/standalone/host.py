"""Identity of the standalone host: a session's cookie, or a token in the Authorization header."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from tornado.web import HTTPError

from peter_core.errors import PeterError
from peter_core.principal import LOCAL, Principal
from peter_jupyter.hosts.standalone.addresses import LOGIN, LOGOUT
from peter_jupyter.hosts.standalone.sessions import HOST, Caller
from peter_jupyter.http.access import access_of
from peter_jupyter.http.host import Host
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    import datetime as dt

    from peter_jupyter.hosts.standalone.addresses import PublicAddress
    from peter_jupyter.hosts.standalone.cookies import Cookies
    from peter_jupyter.hosts.standalone.people import People
    from peter_jupyter.hosts.standalone.provider import Provider
    from peter_jupyter.hosts.standalone.sessions import Sessions
    from peter_jupyter.hosts.standalone.tokens import Tokens
    from peter_jupyter.http.host import Verb
    from peter_jupyter.http.pace import Pace
    from peter_jupyter.http.pool import PooledPeter

SETTING = "peter_standalone"
"""The key of the `Site` in the application's settings."""
XSRF_COOKIE = "_xsrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Site:
    """What handlers work with, of any standalone server."""

    pool: PooledPeter
    address: PublicAddress


@dataclass(frozen=True, slots=True)
class Door(Site):
    """A site with a login."""

    people: People
    sessions: Sessions
    tokens: Tokens
    provider: Provider
    cookies: Cookies
    pace: Pace
    domain: str | None
    """The Google Workspace domain accounts must belong to."""


class SiteHost(Host):
    """What servers with and without a login share: they answer to their own name only."""

    host_name = "standalone"
    _refusal: Exception | None = None

    @property
    def site(self) -> Site:
        """What this server is made of."""
        return cast("Site", self.settings[SETTING])

    @property
    def pool(self) -> PooledPeter:
        """Peter and the threads that work with it."""
        return self.site.pool

    @property
    def root(self) -> str:
        """The path that the routes hang on, with a slash at its end."""
        return self.site.address.root

    def is_own_origin(self, origin: str) -> bool:
        """Whether a page of this very server asks."""
        return origin.lower() in self.site.address.own_origins

    def require_own_name(self) -> None:
        """Refuse a request for another host: a name that somebody lets point to this machine
        would make this server's pages theirs. A proxy sees to that itself.
        """
        address = self.site.address
        if not address.proxied and self.request.host.lower() not in address.own_hosts:
            raise RefusalError(
                "cross_site_request",
                "This server is not known by the name it was asked under.",
                hint=f"It is at {address.url()}",
            )

    async def prepare(self) -> None:
        """Find out who asks. What is refused is told once the body was read: Tornado would close
        the connection upon it, and the client might never see the answer.
        """
        try:
            await self.let_in()
        except (RefusalError, PeterError) as error:
            self._refusal = error

    async def let_in(self) -> None:
        """Look at the request before its verb; what is raised here is its answer."""
        self.require_own_name()

    @classmethod
    def guarded(cls, verb: Verb) -> Verb:
        """The verb, unless the request was refused; it asks for the principal itself."""

        @functools.wraps(verb)
        async def checked(self: SiteHost, *args: str) -> None:
            if self._refusal is not None:
                raise self._refusal
            await verb(self, *args)

        return checked

    @classmethod
    def unguarded(cls, verb: Verb) -> Verb:
        """The verb for anybody who calls the server by its name."""
        return cls.guarded(verb)


class OpenHost(SiteHost):
    """No login: whoever reaches this machine's own address is its one author."""

    @property
    def cookie_authenticated(self) -> bool:
        """A browser sends what it sends without any credentials: other sites' pages, too."""
        return True

    def principal(self) -> Principal | None:
        """The author of a program on the own machine."""
        return Principal(LOCAL.email, LOCAL.name, LOCAL.roles, HOST)


class LoginHost(SiteHost):
    """People log in with Google, scripts bring a token; either is looked up at every request."""

    _caller: Caller | None = None
    _by_session = False

    @property
    def door(self) -> Door:
        """What this server lets people in by."""
        return cast("Door", self.settings[SETTING])

    @property
    def cookie_authenticated(self) -> bool:
        """Whether the browser sent a session's cookie on its own."""
        return self._by_session

    def principal(self) -> Principal | None:
        """Who asks, once it was looked up."""
        return self._caller.principal if self._caller else None

    def expires_at(self) -> dt.datetime | None:
        """When the session or the token ends by itself."""
        return self._caller.expires_at if self._caller else None

    def login_url(self, next: str) -> str | None:
        """The login, which leads back to the page."""
        return f"{self.root}{LOGIN}?{urlencode({'next': next})}"

    def logout_url(self) -> str | None:
        """The end of the session; a token has none."""
        return f"{self.root}{LOGOUT}" if self._by_session else None

    async def let_in(self) -> None:
        """Find out who asks; a session's change needs the token of the page it came from."""
        self.require_own_name()
        verb = getattr(self, (self.request.method or "").lower(), None)
        if access_of(verb) == "anybody":
            # The health of a server does not depend on its ledger.
            return
        authorization = self.request.headers.get("Authorization")
        if authorization is not None:
            self._caller = await self._of_token(authorization)
            return
        secret = self.get_cookie(self.door.cookies.session)
        if secret is not None:
            self._caller = await self.door.sessions.caller(secret)
            self._by_session = self._caller is not None
        if self._by_session:
            self._require_page_token()

    async def _of_token(self, authorization: str) -> Caller | None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return await self.door.tokens.caller(secret.strip())

    def _require_page_token(self) -> None:
        if self.request.method in _SAFE:
            # Reading the token gives a browser that has none its cookie.
            _ = self.xsrf_token
            return
        # Tornado would also take it from the address, where it does not belong.
        if "X-Xsrftoken" in self.request.headers and "_xsrf" not in self.request.query_arguments:
            try:
                self.check_xsrf_cookie()
            except HTTPError:
                pass
            else:
                return
        raise RefusalError(
            "cross_site_request",
            "The request carries no valid XSRF token.",
            hint="Send the _xsrf cookie's value as X-XSRFToken, or authenticate by a token.",
        )
