"""``jupyterhub-peter``: what the hub says in the environment, and what Peter's settings say."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from peter_core import __version__
from peter_core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peter_core.config import Settings

WRONG = 2
"""The exit code of a service that is not configured."""

_NEEDED = (
    "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL", "JUPYTERHUB_CLIENT_ID",
    "JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_SERVICE_URL",
)  # fmt: skip


def run(arguments: Sequence[str]) -> int:
    """Serve until the process is told to go; its exit code.

    0 after a graceful end, 2 when the environment or the settings cannot be used.
    """
    options = _parser().parse_args(arguments)
    try:
        host, port = listening(os.environ)
        settings = _settings()
        _start(settings, host, port, options)
    except ConfigError as error:
        sys.stderr.write(f"jupyterhub-peter: {error}\n")
        return WRONG
    return 0


def listening(environment: Mapping[str, str]) -> tuple[str, int]:
    """Where the hub's proxy expects the service.

    Raises
    ------
    ConfigError
        The hub did not start this process, or its address cannot be listened at.
    """
    missing = [name for name in _NEEDED if not environment.get(name)]
    if missing:
        raise ConfigError(
            f"The environment does not say {', '.join(missing)}.",
            hint="A JupyterHub starts this program as its managed service: "
            "deploy/jupyterhub_config.py shows how.",
        )
    address = environment["JUPYTERHUB_SERVICE_URL"]
    found = urlsplit(address)
    try:
        port = found.port
    except ValueError:
        port = None
    if found.scheme != "http" or not found.hostname or port is None:
        raise ConfigError(
            f"The service's url {address[:80]!r} cannot be listened at.",
            hint="Write it as http://127.0.0.1:10101 in the hub's configuration.",
        )
    return found.hostname, port


def _settings() -> Settings:
    from peter_core.config import load_settings

    return load_settings()


def _start(settings: Settings, host: str, port: int, options: argparse.Namespace) -> None:
    try:
        from peter_jupyter.hosts.hub.login import Hub
        from peter_jupyter.hosts.hub.serving import application, pooled, serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "jupyterhub":
            raise
        raise ConfigError(
            "JupyterHub is not installed beside Peter.", hint="Run: pip install 'peter[hub]'"
        ) from None
    from peter_core.telemetry import configure_logs

    logs = configure_logs(settings)
    # JupyterHub's library tells the id of a browser's session in its lesser messages.
    logging.getLogger("tornado.application").setLevel(logging.WARNING)
    public = os.environ.get("JUPYTERHUB_PUBLIC_URL") or settings.public_url or ""

    async def main() -> None:
        pool = pooled(settings)
        hub = Hub(
            public,
            fresh_s=options.identity_ttl,
            grace_s=options.identity_grace,
            session_s=settings.session_absolute,
            login_requests_per_minute=settings.login_requests_per_minute,
            proxies=settings.proxies,
        )
        app = application(hub, pool)
        await serve(app, pool, host, port)

    try:
        asyncio.run(main())
    except OSError as error:
        raise ConfigError(f"{host}:{port} cannot be listened at: {error.strerror}.") from None
    finally:
        logs.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jupyterhub-peter",
        description="Peter as a service of JupyterHub; the hub starts it and says where.",
    )
    parser.add_argument("--version", action="version", version=f"Peter {__version__}")
    parser.add_argument(
        "--identity-ttl", type=_seconds, default=60.0, metavar="SECONDS",
        help="how long the hub's word on a token is believed (60)",
    )  # fmt: skip
    parser.add_argument(
        "--identity-grace", type=_seconds, default=300.0, metavar="SECONDS",
        help="how long people go on while the hub is down (300)",
    )  # fmt: skip
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("it is 0 to 3600 seconds")
    return seconds
