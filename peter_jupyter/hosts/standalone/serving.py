"""``peter serve``: what must be right before it starts, how it runs and how it ends."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import socket
import stat
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from peter_core.config.sources import FILE
from peter_core.engine.port import CancelToken
from peter_core.errors import ConfigError, PeterError
from peter_jupyter.hosts.standalone.addresses import is_loopback, public_address
from peter_jupyter.hosts.standalone.workers import ENDING, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tornado.httpserver import HTTPServer

    from peter_core.config import Reading, Settings
    from peter_jupyter.hosts.standalone.addresses import PublicAddress
    from peter_jupyter.hosts.standalone.app import Standalone
    from peter_jupyter.http.pool import PooledPeter

log = logging.getLogger("peter.serve")

GRACE_S = 7.5
"""Seconds that requests have to end after SIGTERM; all is over 11 seconds after it."""
_CLOSE_S = 0.5
_TELEMETRY_S = 0.5
_BACKLOG = 1024
_CHATTY = ("alembic", "httpx", "httpcore")
"""Libraries that log each of their steps."""
_SECRETS = ("session_secret_key", "google_oauth_client_secret", "database_url", "redis_url",
            "cache_key")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve, besides the settings."""

    workers: int = 1
    auth: bool = True


def serve(reading: Reading, options: Options, say: Callable[[str], None]) -> int:
    """Serve until SIGTERM or Ctrl-C, and end the process with 0.

    With several workers it gives the exit code: 0 when each ended as it was told to.

    Parameters
    ----------
    say
        Prints a line for whoever started it.

    Raises
    ------
    ConfigError
        A setting is missing or not safe to serve with, or the address is taken.
    """
    from peter_core.telemetry import configure_logs

    if sys.platform == "win32":
        raise ConfigError("peter serve needs Linux or macOS.", hint="Run it in WSL or a container.")
    settings = reading.require()
    if options.auth:
        require_login(settings, reading.sources)
    elif not is_loopback(settings.host):
        raise ConfigError(
            f"Without a login Peter listens on this machine only, and not at {settings.host}.",
            hint="Leave --host out, or set up the login.",
        )
    # Loaded before anybody is told the address, and once for all workers.
    importlib.import_module("peter_jupyter.hosts.standalone.app")
    listening = listen(settings.host, settings.port)
    logs = configure_logs(settings)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        port = listening[0].getsockname()[1]
        address = public_address(
            settings if options.auth else settings.model_copy(update={"public_url": None}),
            settings.host, port,
        )  # fmt: skip
        # Who reads the first line may end it at once: that is held back until it can be heard.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        for line in greeting(settings, address, options, port):
            say(line)

        def work(parent: int | None = None) -> NoReturn:
            asyncio.run(_run(settings, reading.sources, address, options, listening, parent))

        if options.workers == 1:
            work()
        return Workers(options.workers, work).run()
    finally:
        for each in listening:
            each.close()
        logs.close()


def require_login(settings: Settings, sources: Mapping[str, str]) -> None:
    """Refuse to serve people with what is not safe.

    Raises
    ------
    ConfigError
        There is no key or no client, or others may read a secret in ``peter.toml``.
    """
    if find_spec("authlib") is None or find_spec("httpx") is None:
        raise ConfigError(
            "The login needs packages that are not installed.",
            hint="Install them with: pip install 'peter[serve]'.",
        )
    if settings.session_secret_key is None:
        raise ConfigError(
            "SESSION_SECRET_KEY is not set, so nobody's login would be safe.",
            hint="Make one with `openssl rand -hex 32`; --no-auth serves this machine alone.",
        )
    if settings.google_oauth_client_id is None:
        raise ConfigError(
            "GOOGLE_OAUTH_CLIENT_ID and GOOGLE_OAUTH_CLIENT_SECRET are not set, so nobody could"
            " log in.",
            hint="Make an OAuth client in the Google Cloud console; --no-auth serves this machine"
            " alone.",
        )
    issuer = urlsplit(settings.openid_issuer)
    if issuer.scheme != "https" and not is_loopback(issuer.hostname or ""):
        raise ConfigError(
            "PETER_OPENID_ISSUER begins with http:, where anybody on the way could answer for it.",
            hint="Use its https address.",
        )
    if any(sources.get(name) == FILE for name in _SECRETS):
        mode = stat.S_IMODE(Path(FILE).stat().st_mode)
        if os.name == "posix" and mode & 0o077:
            raise ConfigError(
                f"{FILE} holds secrets, and others on this machine may read or change it"
                f" (mode {mode:04o}).",
                hint=f"Run: chmod 600 {FILE}.",
            )


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets at an address; raises ``ConfigError`` when it cannot be had."""
    from tornado.netutil import bind_sockets

    try:
        return bind_sockets(port, host.strip("[]"), backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"Peter cannot listen at {host}, port {port}: {error.strerror or 'no such address'}.",
            hint="Choose another one with --host and --port.",
        ) from None


def greeting(settings: Settings, address: PublicAddress, options: Options, port: int) -> list[str]:
    """What is printed at the start."""
    several = f" with {options.workers} workers" if options.workers > 1 else ""
    lines = [f"Peter serves {address.url('dashboards')}{several}. Ctrl-C ends it."]
    if address.proxied:
        lines.append(f"It listens at {settings.host}, port {port}.")
    if not options.auth:
        lines.append("There is no login: every program on this machine is an author here.")
    elif not settings.allowed_emails:
        lines.append("ALLOWED_EMAILS is empty: nobody may come in, and every login is denied.")
    return lines


async def _run(
    settings: Settings,
    sources: Mapping[str, str],
    address: PublicAddress,
    options: Options,
    listening: list[socket.socket],
    parent: int | None,
) -> NoReturn:
    """Serve in this process until it is told to stop, and end the process."""
    from tornado.httpserver import HTTPServer

    from peter_core.telemetry import configure
    from peter_jupyter.hosts.standalone.app import login_app, open_app
    from peter_jupyter.http.serving import server_limits

    telemetry = configure(settings)
    made = login_app(settings, address, sources) if options.auth else open_app(settings, address)
    server = HTTPServer(made.app, **server_limits(settings.max_body))
    server.add_sockets(listening)
    stop = _stop_event(parent)
    besides = [asyncio.ensure_future(work) for work in (_warm(made.pool), made.sweep())]
    await stop.wait()
    log.info("the server is told to end and finishes what runs")
    await made.pool.drain(GRACE_S)
    for work in besides:
        work.cancel()
    server.stop()
    await asyncio.wait({asyncio.ensure_future(_close(server, made))}, timeout=_CLOSE_S)
    if telemetry is not None:
        telemetry.close(_TELEMETRY_S)
    # Everything is closed that closes in time; a thread that does not must not keep the process.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def _close(server: HTTPServer, made: Standalone) -> None:
    """Connections first: a request that still came in must find what it needs."""
    await server.close_all_connections()
    await made.close()


async def _warm(pool: PooledPeter) -> None:
    """Open Peter before somebody waits for it, and tell at once what is wrong."""
    try:
        await pool.call(lambda _: None, CancelToken())
    except PeterError as error:
        if pool.draining:
            return
        log.error("Peter cannot open its workspace yet: %s", error)


def _stop_event(parent: int | None) -> asyncio.Event:
    """Set by SIGTERM, by Ctrl-C, and by the end of the process that watches over this one."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in ENDING:
        loop.add_signal_handler(number, stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    if parent is not None:
        loop.add_reader(parent, stop.set)
    return stop
