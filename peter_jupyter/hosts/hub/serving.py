"""The service's web server: its application, and its way down."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RedirectHandler

from peter_jupyter.hosts.hub.host import HUB, POOL, HubHost
from peter_jupyter.hosts.hub.resources import OWN_ROUTES
from peter_jupyter.http.pool import PooledPeter
from peter_jupyter.http.resource import Missing, Resource
from peter_jupyter.http.routes import build_handlers
from peter_jupyter.http.serving import server_limits

if TYPE_CHECKING:
    from peter_core.config import Settings
    from peter_core.service import Peter
    from peter_jupyter.hosts.hub.login import Hub

GRACE_S = 9.0
"""How long requests may take to end when the service is told to go."""

log = logging.getLogger("peter.http")


def pooled(settings: Settings) -> PooledPeter:
    """Peter as the settings say, opened at the first request that needs it."""

    def opening() -> Peter:
        from peter_core.service import Peter

        return Peter.open(settings)

    return PooledPeter(
        opening,
        user_concurrency=settings.user_concurrency,
        user_requests_per_minute=settings.user_requests_per_minute,
        max_body=settings.max_body,
    )


def application(hub: Hub, pool: PooledPeter) -> Application:
    """The routes below the service's prefix."""
    routes = build_handlers(HubHost, hub.root, OWN_ROUTES)
    for _, handler, _ in routes:
        if issubclass(handler, Resource):
            # Pages of other users' servers are of the same origin; they may not frame ours.
            handler.policy = handler.policy.replace(
                "frame-ancestors 'self'", "frame-ancestors 'none'"
            )
    if hub.root != "/":
        bare = {"url": hub.root, "permanent": False}
        routes.append((hub.root.rstrip("/"), RedirectHandler, bare))
    settings: dict[str, Any] = {HUB: hub, POOL: pool}
    return Application(
        routes,
        default_handler_class=_elsewhere(),
        # Of this process alone: no cookie outlives it, and the hub gives new ones silently.
        cookie_secret=secrets.token_bytes(32),
        xsrf_cookie_kwargs={"samesite": "Lax", "secure": hub.secure},
        log_function=_say_nothing,
        **settings,
    )


async def serve(app: Application, pool: PooledPeter, host: str, port: int) -> None:
    """Answer until SIGTERM or SIGINT, and then until what runs has ended or its grace is over."""
    # The hub's proxy says who connects to it, and by which protocol.
    server = HTTPServer(app, xheaders=True, **server_limits(pool.max_body))
    server.add_sockets(bind_sockets(port, host or None))
    going = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, going.set)
    log.info("Peter serves at %s:%d", host, port)
    await going.wait()
    log.info("Peter goes down")
    server.stop()
    await pool.drain(GRACE_S)
    await asyncio.wait({asyncio.ensure_future(server.close_all_connections())}, timeout=0.5)


def _elsewhere() -> type[Resource]:
    """What answers at addresses outside the routes: 404, as a problem."""
    (_, handler, _) = build_handlers(HubHost, "", ((".*", Missing),))[0]
    return handler  # type: ignore[return-value]


def _say_nothing(_: object) -> None:
    """Resources log their requests themselves, without texts of the request."""
