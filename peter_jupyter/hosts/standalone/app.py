"""The Tornado application of a standalone server, with a login or without one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado.web import Application

from peter_core.errors import NotFound
from peter_core.store.connecting import ledger_url
from peter_core.store.database import Database
from peter_jupyter.hosts.standalone.addresses import CALLBACK, LOGIN, LOGOUT
from peter_jupyter.hosts.standalone.callback import CallbackPage
from peter_jupyter.hosts.standalone.cookies import Cookies
from peter_jupyter.hosts.standalone.host import SETTING, Door, LoginHost, OpenHost, Site
from peter_jupyter.hosts.standalone.login import LoginPage, LogoutResource
from peter_jupyter.hosts.standalone.people import People
from peter_jupyter.hosts.standalone.provider import Provider
from peter_jupyter.hosts.standalone.sessions import Sessions
from peter_jupyter.hosts.standalone.sweeping import sweep_regularly
from peter_jupyter.hosts.standalone.tokens import Tokens
from peter_jupyter.http.access import public
from peter_jupyter.http.pace import Pace
from peter_jupyter.http.pages import Page
from peter_jupyter.http.pool import PooledPeter
from peter_jupyter.http.routes import build_handlers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.config import Settings
    from peter_core.service import Peter
    from peter_jupyter.hosts.standalone.addresses import PublicAddress
    from peter_jupyter.http.host import Host
    from peter_jupyter.http.resource import Routes

_LEDGER_THREADS = 4


class NowherePage(Page):
    """Every address that is none."""

    @public
    async def get(self, *_: str) -> None:
        """404."""
        raise NotFound("There is nothing at this address.")

    post = put = delete = get


NOWHERE: Routes = (("nowhere", NowherePage),)
LOGIN_ROUTES: Routes = (
    (LOGIN, LoginPage),
    (CALLBACK, CallbackPage),
    (LOGOUT, LogoutResource),
)
"""What a server with a login has besides the routes of every host."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A server's application and what it must close."""

    app: Application
    pool: PooledPeter
    door: Door | None = None
    database: Database | None = None
    threads: ThreadPoolExecutor | None = None

    async def sweep(self) -> None:
        """Keep the ledger free of logins that are over, until it is cancelled."""
        if self.door is not None:
            await sweep_regularly(self.door.sessions, self.door.tokens)

    async def close(self) -> None:
        """Close connections; the pool was drained before."""
        if self.door is not None:
            await self.door.provider.close()
        if self.threads is not None:
            self.threads.shutdown(wait=False, cancel_futures=True)
        if self.database is not None:
            self.database.close()


def open_app(settings: Settings, address: PublicAddress) -> Standalone:
    """A server without a login, for the one person of this machine."""
    pool = _pool(settings)
    return Standalone(_application(OpenHost, Site(pool, address)), pool)


def login_app(settings: Settings, address: PublicAddress, sources: Mapping[str, str]) -> Standalone:
    """A server where people log in. Made in the process that serves: nothing of it is shared.

    Parameters
    ----------
    sources
        Where settings are from, for the lists that may change while it runs.

    Raises
    ------
    ConfigError
        The ledger's address cannot be used.
    """
    key, secret = settings.session_secret_key, settings.google_oauth_client_secret
    assert key and secret and settings.google_oauth_client_id  # noqa: S101  # `require_login`
    database = Database(ledger_url(settings))
    threads = ThreadPoolExecutor(_LEDGER_THREADS, thread_name_prefix="peter-login")
    people = People(settings, sources)
    provider = Provider(
        settings.openid_issuer,
        client_id=settings.google_oauth_client_id,
        client_secret=secret.get_secret_value(),
        redirect_uri=address.url(CALLBACK),
    )
    cookies = Cookies(key.get_secret_value().encode(), secure=address.secure)
    door = Door(
        pool=_pool(settings),
        address=address,
        people=people,
        sessions=Sessions(
            database, people, threads,
            idle=settings.session_idle, absolute=settings.session_absolute,
        ),
        tokens=Tokens(database, people, threads),
        provider=provider,
        cookies=cookies,
        pace=Pace(
            settings.login_requests_per_minute,
            proxies=settings.proxies if address.proxied else 0,
        ),
        domain=settings.hosted_domain,
    )  # fmt: skip
    app = _application(LoginHost, door, LOGIN_ROUTES, xsrf_cookie_kwargs=cookies.xsrf)
    return Standalone(app, door.pool, door, database, threads)


def _application(base: type[Host], site: Site, own: Routes = (), **more: object) -> Application:
    root = site.address.root
    handlers = build_handlers(base, root, (*own, *NOWHERE))
    _, nowhere, _ = handlers.pop(len(own))
    settings: dict[str, Any] = {SETTING: site, "log_function": _not_logged, **more}
    # Below the root and above it: one page for whatever is no address.
    return Application([*handlers, ("/.*", nowhere)], **settings)


def _not_logged(_: object) -> None:
    """Tornado's own log would name addresses, and a callback's holds a code."""


def _pool(settings: Settings) -> PooledPeter:
    def opened() -> Peter:
        from peter_core.service import Peter

        return Peter.open(settings)

    return PooledPeter(
        opened,
        user_concurrency=settings.user_concurrency,
        user_requests_per_minute=settings.user_requests_per_minute,
        max_body=settings.max_body,
    )
